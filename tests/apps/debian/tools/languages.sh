# perl, python3, lua, sqlite3: some of each.
perl -e 'my %h; $h{$_ % 7} += $_ for 1 .. 50000; print join(",", map {"$_=$h{$_}"} sort keys %h), "\n"'
perl -MList::Util=sum,shuffle,reduce -e 'print sum(1 .. 100), " ", (reduce { $a * $b } 1 .. 15), "\n"'
perl -MPOSIX -e 'printf "%.15g %.15g %s %s\n", floor(-3.7), fmod(10, 3), strftime("%F", gmtime(1e9)), ceil(2.1)'
perl -MMath::BigInt -e 'print Math::BigInt->new(2)->bpow(300), "\n"'
perl -MMath::BigFloat -e 'print Math::BigFloat->new(2)->bsqrt(60), "\n"'
perl -MMIME::Base64 -MDigest::SHA=sha512_hex -MDigest::MD5=md5_hex -e 'print encode_base64("some text"), sha512_hex("abc"), " ", md5_hex("abc"), "\n"'
perl -MData::Dumper -e '$Data::Dumper::Sortkeys = 1; print Dumper({a => [1, 2.5, undef], b => {c => "x"}, f => 1e100})'
perl -ne 'while (/(\w+)/g) { $c{lc $1}++ } END { print "$_ $c{$_}\n" for (sort { $c{$b} <=> $c{$a} || $a cmp $b } keys %c)[0 .. 4] }' /tests/tools/languages.sh
perl -e 'my $s = "abc" x 1000; $s =~ s/(b)(c)/$2$1/g; print length($s), " ", substr($s, 0, 12), " ", unpack("%32C*", $s), "\n"; print sprintf("%vd", "1.22.333"), " ", join("|", split /,/, "a,b,,c"), "\n"'
perl -e 'local $SIG{ALRM} = sub { print "alarm\n" }; alarm 1; select undef, undef, undef, 3; my $pid = fork; if (!$pid) { exit 5 } waitpid $pid, 0; print $? >> 8, "\n"; print `echo from a shell`; eval { die {code => 3} }; print $@->{code}, "\n"'
perl -e 'use strict; use warnings; package P { sub new { bless {v => $_[1]}, $_[0] } sub v { $_[0]{v} } DESTROY { print "destroyed\n" } } { my $p = P->new(4); print $p->v, "\n" } my @l = map { $_ ** 0.5 } 1 .. 5; printf "%.10f\n", $_ for @l; print pack("NnCd>", 1, 2, 3, 1.5) eq "\0\0\0\1\0\2\3\x3f\xf8\0\0\0\0\0\0" ? "packed\n" : "wrong\n"; print "\x{263a}" =~ /\p{So}/ ? "unicode\n" : "not\n"'
perl -Mthreads -e 'print join(",", map { $_->join } map { my $n = $_; threads->create(sub { $n * $n }) } 1 .. 4), "\n"'
cat >work.py <<'END'
import array, collections, dataclasses, datetime, decimal, fractions, functools, hashlib, heapq, itertools, json
import math, os, random, re, signal, statistics, struct, subprocess, sys, tempfile, threading, time, zlib, bz2, lzma
import asyncio, base64, binascii, concurrent.futures, csv, ctypes, io, multiprocessing, pickle, queue, socket, sqlite3, uuid

random.seed(42)
print([random.random() for _ in range(3)], random.gauss(0, 1), random.sample(range(1000), 5))
print(math.pi, math.e, [math.sin(x) for x in (0.1, 1, 10, 1e10)], math.gamma(5.5), math.erf(0.3), math.fsum([0.1] * 10), math.exp(700), math.log(1e-300))
print(2 ** 1000 % 997, pow(3, 10 ** 20, 10 ** 9 + 7), math.factorial(60), math.isqrt(10 ** 40), (10 ** 50) // 7, -7 // 2, -7 % 3, divmod(-7.5, 2))
print(0.1 + 0.2, 1e16 + 1, float("nan"), float("inf"), 5e-324, 1 / 3, round(2.5), round(2.675, 2), 1e22, 123456789.123456789, float.hex(0.1), float("1e-400"))
print(decimal.Decimal(2).sqrt(decimal.Context(prec=60)), fractions.Fraction(355, 113) + 1, statistics.stdev([1, 2, 3, 4.5]), complex(1, 2) ** 3, abs(-3 + 4j))
print(struct.pack(">hIqd", -2, 3, -4, 1.5).hex(), struct.unpack("<e", b"\x00\x3e"), array.array("d", [1, 2.5]).tobytes().hex(), int.from_bytes(b"\xff\xfe", "big", signed=True))
for h in ("md5", "sha1", "sha256", "sha512", "sha3_256", "blake2b", "sha224", "sha384"):
    print(h, hashlib.new(h, b"abc" * 1000).hexdigest())
data = bytes(random.getrandbits(8) & random.getrandbits(8) for _ in range(50000))
for m in (zlib, bz2, lzma):
    packed = m.compress(data)
    print(m.__name__, len(packed), m.decompress(packed) == data)
print(zlib.crc32(data), zlib.adler32(data), binascii.crc_hqx(data, 0), base64.b64encode(data[:20]))
print(json.dumps({"a": [1, 2.5, None, True], "é": "ü"}, sort_keys=True), json.loads("[1e3, -0.0, 12345678901234567890]"))
print(re.sub(r"(\w)(\w*)", lambda m: m[2] + m[1], "the quick brown fox"), re.findall(r"\b\d+(?:\.\d+)?\b", "1 2.5 x3 44"), re.match(r"(?P<y>\d{4})-(?P<m>\d\d)", "2024-05")["m"])
print(sorted("some words in no order".split(), key=len), collections.Counter("mississippi").most_common(2), list(itertools.islice(itertools.permutations("abc"), 3)))
print(datetime.datetime(2024, 2, 29, 12, tzinfo=datetime.timezone.utc).isoformat(), datetime.date(2024, 12, 30).isocalendar(), time.strftime("%F %T", time.gmtime(1e9)))
def sieve(n):
    s = bytearray([1]) * (n + 1)
    for i in range(2, int(n ** 0.5) + 1):
        if s[i]:
            s[i * i::i] = bytes(len(s[i * i::i]))
    return sum(s) - 2
print(sieve(200000))
@functools.lru_cache(None)
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
print(fib(200), heapq.nsmallest(3, [5, 1, 4, 2]), functools.reduce(lambda a, b: a * b, range(1, 20)))
@dataclasses.dataclass(order=True)
class P:
    x: int
    y: float = 0.5
print(sorted([P(2), P(1, 3.0)]), pickle.loads(pickle.dumps(P(7))), f"{math.pi:10.3f}|{255:#x}|{1234567:,}|{'x':^5}|{0.000123:.2e}")
try:
    [][1]
except IndexError as e:
    print(type(e).__name__, e)
total = []
def work(n):
    for i in range(1000): total.append(n)
ts = [threading.Thread(target=work, args=(k,)) for k in range(8)]
[t.start() for t in ts]; [t.join() for t in ts]; print(len(total), sum(total))
q = queue.Queue(); threading.Timer(0.05, q.put, (5,)).start(); print(q.get(timeout=5))
with concurrent.futures.ThreadPoolExecutor(4) as ex: print(list(ex.map(lambda x: x * x, range(8))))
async def ticker(n):
    await asyncio.sleep(0.01 * n); return n
async def main():
    print(await asyncio.gather(*(ticker(n) for n in (3, 1, 2))))
    p = await asyncio.create_subprocess_exec("echo", "from asyncio", stdout=asyncio.subprocess.PIPE)
    print((await p.communicate())[0])
    try: await asyncio.wait_for(asyncio.sleep(9), 0.05)
    except asyncio.TimeoutError: print("timeout")
asyncio.run(main())
print(subprocess.run(["sh", "-c", "cat; echo err >&2; exit 3"], input=b"piped", capture_output=True))
r, w = os.pipe(); pid = os.fork()
if pid == 0:
    os.write(w, b"child"); os._exit(4)
print(os.read(r, 9), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
hits = []
signal.signal(signal.SIGALRM, lambda s, f: hits.append(s)); signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
end = time.time() + 0.3
while time.time() < end and len(hits) < 5: pass
signal.setitimer(signal.ITIMER_REAL, 0); print("alarms", len(hits) >= 5)
a, b = socket.socketpair(); a.sendall(b"over a socket"); print(b.recv(100)); a.close(); b.close()
s = socket.create_server(("127.0.0.1", 0)); c = socket.create_connection(s.getsockname()); d, _ = s.accept(); c.send(b"tcp"); print(d.recv(9))
with multiprocessing.Pool(2) as pool: print(pool.map(abs, [-1, -2, 3]))
libc = ctypes.CDLL(None); print(libc.abs(-5), ctypes.c_double.in_dll(ctypes.CDLL("libm.so.6"), "signgam") is not None, ctypes.sizeof(ctypes.c_long))
callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))(lambda x, y: x[0] - y[0])
numbers = (ctypes.c_int * 5)(5, 3, 9, 1, 7); libc.qsort(numbers, 5, 4, callback); print(list(numbers))
db = sqlite3.connect(":memory:"); db.execute("create table t(a, b)"); db.executemany("insert into t values (?, ?)", [(i, i * 1.5) for i in range(100)])
print(db.execute("select count(*), sum(b), avg(a), group_concat(a) from t where a % 17 = 3").fetchall())
print(uuid.uuid5(uuid.NAMESPACE_DNS, "example.org"), list(csv.reader(io.StringIO('a,"b,c",d'))), sys.byteorder, sys.maxsize, sys.float_info.epsilon)
END
python3 work.py
lua5.4 -e 'local t = {} for i = 1, 200000 do t[i] = i * i % 1009 end table.sort(t) print(t[1], t[#t], #t, math.maxinteger, 7 // 2, -7 // 2, -7 % 3, 7 % -3.5, 1e15, 2^53, 10 / 2, 1 << 62, "x" .. 1.5)'
lua5.4 -e 'print(("%5.2f|%x|%q|%g"):format(3.14159, 255, "a\nb", 1e100), ("hello world"):gsub("o", "0"), string.rep("ab", 3, ","), utf8.char(228, 8364), select("#", 1, nil, 3), math.type(1), math.tointeger(3.0), string.pack(">I2d", 7, 1.5):byte(1, -1))'
lua5.4 -e 'local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) print(co(), co(), co()) print(select(2, pcall(error, {code = 2})).code) print(select(2, pcall(function() return nil + 1 end))) local m = setmetatable({}, {__index = function(_, k) return k * 2 end, __gc = function() print("gc") end}) print(m[21]) m = nil collectgarbage() print(os.date("!%F", 1e9), os.time({year = 2024, month = 1, day = 1, hour = 0}))'
sqlite3 :memory: 'with recursive c(x) as (select 1 union all select x + 1 from c where x < 10000) select sum(x), avg(x), max(x * x % 997), total(1.0 / x) from c' 'select round(2.5), 7 / 2, 7 % 3, 1e308 * 10, abs(-3), hex(65535), typeof(1.0), substr("hello", 2, 3), printf("%08.3f", 3.14159), json_array(1, 2.5)' 2>&1 | head -n 4
sqlite3 file.db 'create table t(k integer primary key, v text, n real); create index i on t(v); begin;' "$(seq 500 | sed "s/.*/insert into t values (&, 'row &', & * 0.5);/")" 'commit; select count(*), sum(n), min(v), max(v) from t; pragma integrity_check; explain query plan select * from t where v = "row 7"; delete from t where k % 3 = 0; vacuum; select count(*), total(n) from t' && sqlite3 file.db 'select k, v from t' .schema | md5sum

# coreutils, findutils, sed, grep, awk, diff, tar: what scripts do all day.
awk 'BEGIN { for (i = 1; i <= 400; i++) print i, i * 17 % 101, "word" i % 7 }' >table
seq 1 20000 >numbers
sort -k3,3 -k2,2nr table | head -n 5
sort -R --random-source=numbers numbers | cksum
sort -rn numbers | uniq | md5sum
cut -d' ' -f3 table | sort | uniq -c
join -j 1 <(sort table) <(sort numbers) 2>/dev/null || join -j 1 table table | head -n 3
paste -d, table table | tail -n 2
comm -12 table table | wc
tr a-z A-Z <table | tail -n 1
fold -w 10 table | head -n 3
fmt -w 60 table | head -n 3
pr -2 -l 20 table | sed 1,3d | head -n 4
expand -t 4 table | unexpand -a | cksum
nl table | sed -n '5,7p'
od -A x -t x2z -N 64 table
od -t f8 -N 32 table
base64 -w 60 table | head -n 2
base64 table | base64 -d | cmp - table && echo same
basenc --z85 -w 40 <<<'' 2>/dev/null || printf 'hello world!' | basenc --base32hex
for sum in md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum cksum sum; do
    $sum table
done
printf '%s %d %x %o %e %g %q\n' text 42 255 8 3.14159 1e10 'a b' 2>/dev/null
printf '%.15f\n' 0.1
numfmt --to=iec 1234567 89
factor 1234567890123456789 97 18446744073709551557
seq -f %.3f 0 0.25 2
date -u -d @1700000000 '+%F %T %A %j %V'
date -u -d '2024-02-29 + 1 year' +%F
expr 12 \* 12 - 5; expr match abcdef 'a.*d'
split -n 5 numbers part; wc -c part*; cat part* | cmp - numbers && echo joined
csplit -s -f section numbers '/^5000$/' '/^15000$/'; wc -l section*
head -c 100000 /dev/zero | tr '\0' x | wc -c
mkdir -p tree/a/b/c && touch -d @1000000000 tree/a/b/c/file && ln -s b tree/a/link
find tree | sort; find tree -type l -printf '%p -> %l\n'; find tree -name 'f*' -newermt 2001-01-01 -exec stat -c '%n %s %Y %A' {} +
find tree -depth -print0 | xargs -0 -n 2 echo
cp -a tree copy; diff -r tree copy && echo equal; rm -r tree; test -d tree || echo gone
stat -c '%a %F %h' copy; chmod 2750 copy; stat -c '%A' copy; realpath copy/a/link; readlink -f copy/a/link/c
du -b --apparent-size numbers; truncate -s 1M hole; stat -c '%s %b' hole
dd if=numbers of=piece bs=1000 skip=3 count=7 2>/dev/null; cksum piece
tac numbers | head -n 2; rev table | head -n 2 2>/dev/null; shuf -i 1-5 --random-source=numbers
tee copy1 copy2 <table >/dev/null; cmp copy1 copy2; ls -1 copy1 copy2
timeout 0.2 sleep 5; echo "timeout $?"; nice -n 3 true; env -i A=1 env; nohup true 2>/dev/null; echo $?
tsort <<'END'
a b
b c
a d
END
ptx -G -A table 2>/dev/null | head -n 1 | wc -l
grep -c -E '(5|7)$' table; grep -n -o -w 'word[35]' table | head -n 3; grep -P '^(\d+) \1' table
grep -rl 'word6' . 2>/dev/null | sort | head -n 3; printf 'a\0b\n' | grep -a -c b
sed -n -e '/word[12]$/s/\([0-9]*\) \([0-9]*\)/\2:\1/p' table | head -n 4
sed -E '1!G;h;$!d' table | head -n 2; sed 's/[aeiou]/\U&/g;y/0123/abcd/' table | tail -n 2; sed -s -n '$=' table numbers
gawk '{ s[$3] += $2; n[$3]++ } END { PROCINFO["sorted_in"] = "@ind_str_asc"; for (k in s) printf "%s %d %.6f\n", k, s[k], s[k] / n[k] }' table
gawk 'BEGIN { printf "%.15g %.15g %.15g %.15g\n", sin(1), exp(1), atan2(1, 2), log(10); print 2^53 + 1, int(-3.7), substr("hello", 2, 3), toupper("x") }'
gawk '{ $2 = gensub(/([0-9])/, "<\\1>", "g", $2) } NR % 97 == 0' table
gawk -M 'BEGIN { print 2^200 }' 2>/dev/null || echo no bignum
gawk 'BEGIN { while (("echo " 1 " | cat" | getline line) > 0) print "got " line; printf "b\na\n" | "sort"; close("sort") }'
diff -u table <(sed 5d table) 2>/dev/null | sed 1,2d; sed '5d;9s/word/WORD/' table >other; diff table other; diff3 table table other | head -n 3; sdiff -s -w 60 table other; cmp table other
tar cf all.tar --sort=name --mtime=@0 --owner=0 --group=0 copy table numbers && tar tvf all.tar && cksum all.tar
mkdir out && tar xf all.tar -C out && diff -r copy out/copy && cmp numbers out/numbers && echo unpacked
for z in gzip bzip2 xz zstd; do tar cf all.tar.$z --use-compress-program=$z --sort=name --mtime=@0 copy numbers; tar tf all.tar.$z 2>/dev/null | wc -l; done
echo 'scale=40; 4*a(1); e(1); 2^200; sqrt(2); l(10)' | bc -l; dc -e '20k 2 v p 10 16 o p' 2>/dev/null
printf '{"a": [1, 2.5, {"b": null}], "c": "\\u00e9x"}' | jq -c '.a[2], .c, (.a[:2] | add), keys, (.a | map(type))'
seq 1000 | jq -s 'add, length, (map(. * .) | add), (.[3:6])' -c

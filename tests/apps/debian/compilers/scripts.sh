# make, 7z, ruby, php, busybox.
. /tests/section.sh
section make 'printf "all: a b\n\tcat a b\na b:\n\techo \$@ >\$@\n" >Makefile; make -j2 -s; touch -d "1 hour ago" a; make -q && echo up to date'
section 7z 'seq 1 60000 >n; 7zz a -bso0 -bsp0 -mx=5 x.7z n && 7zz t x.7z | grep -c "Everything is Ok"; 7zz x -bso0 -bsp0 -oout x.7z && cksum <out/n; 7zz a -bso0 -bsp0 -tzip x.zip n && 7zz l x.zip | tail -n 1 | cut -c 27-'
section ruby 'ruby -e "puts (1..20).inject(:*), [3,1,2].sort.inspect, 2**100, 10.fdiv(3), %q(abc).gsub(/b/) { |m| m.upcase }, {a: 1}.to_a.inspect; h = Hash.new(0); %q(a b a).split.each { |w| h[w] += 1 }; p h; t = 4.times.map { |i| Thread.new { i * i } }; p t.map(&:value); f = Fiber.new { Fiber.yield 1; 2 }; p f.resume, f.resume; require %q(digest); puts Digest::SHA256.hexdigest(%q(abc)); def fib(n) n < 2 ? n : fib(n-1) + fib(n-2) end; p fib(20)"'
section php 'cat >x.php <<\END
<?php
$a = range(1, 1000);
sort($a);
echo array_sum($a), " ", md5("abc"), " ", hash("sha256", "abc"), PHP_EOL;
echo json_encode([1, 2.5, null, "x" => [true]]), " ", preg_replace("/(\w+) (\w+)/", "$2 $1", "hello world"), PHP_EOL;
printf("%05.2f %x %s\n", 3.14159, 255, str_pad("x", 5, "-", STR_PAD_BOTH));
function f($n) { return $n < 2 ? $n : f($n - 1) + f($n - 2); }
echo f(18), PHP_EOL;
END
php8.2 -n x.php'
section busybox 'busybox sh -c "busybox seq 5 | busybox awk \"{ s += \\\$1 } END { print s }\"; busybox echo abc | busybox sha256sum"'
section busybox-sh 'busybox sh -c "i=0; while [ \$i -lt 300 ]; do i=\$((i + 1)); echo \$((i * 7919 % 101)) \$i; done | busybox sort -n | busybox tail -n 3; trap \"echo usr1\" USR1; kill -USR1 \$\$; (exit 3); echo \$?; busybox sleep 5 & kill \$!; wait \$!; echo \$?; x=\$(echo \$(echo nested)); echo \${x#ne}; busybox tar cf - n | busybox gzip | busybox gunzip | busybox tar tf -"'

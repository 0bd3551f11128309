# The JVM compiles and runs: interpreter and compilers, collectors, threads, exceptions made of signals.
. /tests/section.sh
mkdir -p java && cat >java/Main.java <<'END'
import java.util.*;
import java.util.concurrent.*;
import java.util.stream.*;
public class Main {
    static int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
    record Point(int x, double y) {}
    public static void main(String[] args) throws Exception {
        System.out.println(fib(27) + " " + IntStream.range(0, 100000).mapToObj(Integer::toString).collect(Collectors.groupingBy(String::length, TreeMap::new, Collectors.counting())));
        List<byte[]> keep = new ArrayList<>();
        for (int i = 0; i < 20000; i++) { keep.add(new byte[5000]); if (keep.size() > 2000) keep.subList(0, 1000).clear(); }
        ExecutorService pool = Executors.newFixedThreadPool(4);
        List<Future<Long>> futures = new ArrayList<>();
        for (int t = 0; t < 4; t++) { final int k = t; futures.add(pool.submit(() -> LongStream.range(0, 200000).map(x -> x * k % 7).sum())); }
        for (var f : futures) System.out.print(f.get() + " ");
        pool.shutdown();
        try { int[] a = new int[1]; a[args.length + 1] = 0; } catch (ArrayIndexOutOfBoundsException e) { System.out.print(e.getMessage() + " "); }
        try { Object o = null; o.hashCode(); } catch (NullPointerException e) { System.out.print("null "); }
        try { System.out.print(1 / args.length); } catch (ArithmeticException e) { System.out.print(e.getMessage() + " "); }
        System.out.println(new Point(1, 2.5) + " " + Math.sqrt(2) + " " + (float) 1e10 + " " + String.format("%.3f", Math.PI) + " " + new java.math.BigInteger("2").pow(100));
        var md = java.security.MessageDigest.getInstance("SHA-256"); System.out.println(HexFormat.of().formatHex(md.digest("abc".getBytes())));
    }
}
END
section java 'export JAVA_HOME=$(echo /usr/lib/jvm/java-17-openjdk-*); PATH=$JAVA_HOME/bin:$PATH; javac -d out java/Main.java && java -Xmx256m -cp out Main; java -Xint -Xmx256m -cp out Main; java -Xmx64m -XX:+UseSerialGC -cp out Main | tail -n 1; jar --create --file main.jar --main-class Main -C out . && for gc in G1 Parallel Z Shenandoah; do echo $gc; java -Xmx128m -XX:+Use${gc}GC -jar main.jar 2>&1 | sed -n 2p; done'

# Go's compiler builds a program, which runs: goroutines, timers, a fault that is recovered.
. /tests/section.sh
mkdir -p go && cat >go/main.go <<'END'
package main
import ("crypto/sha256"; "fmt"; "math"; "sort"; "strings"; "sync"; "time")
func fib(n int) int { if n < 2 { return n }; return fib(n-1) + fib(n-2) }
func main() {
    var wg sync.WaitGroup; var mu sync.Mutex; total := 0
    for i := 0; i < 50; i++ { wg.Add(1); go func(k int) { defer wg.Done(); mu.Lock(); total += k; mu.Unlock() }(i) }
    wg.Wait()
    m := map[string]int{}; for _, w := range strings.Fields("a b a c b a") { m[w]++ }
    keys := []string{}; for k := range m { keys = append(keys, k) }; sort.Strings(keys)
    func() { defer func() { fmt.Println("recovered:", recover()) }(); var p *int; fmt.Println(*p) }()
    c := make(chan int); go func() { time.Sleep(time.Millisecond); c <- 7 }()
    select { case v := <-c: fmt.Println(v); case <-time.After(5 * time.Second): fmt.Println("late") }
    fmt.Printf("%d %d %v %v %.10f %x\n", total, fib(25), keys, m, math.Sqrt(2), sha256.Sum256([]byte("abc")))
}
END
section go 'cd go && export HOME=/tmp/home GOFLAGS=-mod=mod GOCACHE=/tmp/gocache GO111MODULE=off CGO_ENABLED=0; go version | cut -d" " -f 1-3; go build -o main main.go && ./main; go vet main.go && gofmt -l . | wc -l'

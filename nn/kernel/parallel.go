package kernel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// threadLimit is what SetThreads set; 0 means one thread per GOMAXPROCS.
var threadLimit atomic.Int32

// SetThreads sets how many goroutines one call may work on. 0 or less means
// as many as GOMAXPROCS. Results do not depend on it.
func SetThreads(n int) { threadLimit.Store(int32(max(n, 0))) }

// Threads is how many goroutines one call may work on, at least 1.
func Threads() int {
	if n := int(threadLimit.Load()); n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

// Parallel calls fn for the ranges [0, grain), [grain, 2*grain), ... of [0, n)
// and returns when all are done. The ranges are the same for any number of
// threads, so partial results per range can be combined in a fixed order. fn
// is called on the caller's goroutine and on others at once, and in no fixed
// order. It may call Parallel and every kernel. A panic in fn is raised again
// on the caller's goroutine. A grain should be worth tens of microseconds.
func Parallel(n, grain int, fn func(lo, hi int)) {
	grain = max(grain, 1)
	run(ceilDiv(max(n, 0), grain), Threads(), func(t int) { fn(t*grain, min(t*grain+grain, n)) })
}

// run calls fn for every task in [0, tasks) on up to threads goroutines, the
// caller's among them. Each takes the next task when it is free, so nobody
// waits for a thread that is busy elsewhere, nested calls included.
func run(tasks, threads int, fn func(task int)) {
	threads = min(threads, tasks)
	if threads <= 1 {
		for t := range tasks {
			fn(t)
		}
		return
	}
	c := crew{tasks: int64(tasks), fn: fn}
	c.wait.Add(threads - 1)
	for range threads - 1 {
		go func() {
			defer c.wait.Done()
			c.work()
		}()
	}
	c.work()
	c.wait.Wait()
	if p := c.panicked.Load(); p != nil {
		panic(*p)
	}
}

// crew is the goroutines of one call of run.
type crew struct {
	fn       func(task int)
	tasks    int64
	next     atomic.Int64
	wait     sync.WaitGroup
	panicked atomic.Pointer[any]
}

func (c *crew) work() {
	defer func() {
		if p := recover(); p != nil {
			c.panicked.CompareAndSwap(nil, &p)
			c.next.Store(c.tasks) // the others need not go on
		}
	}()
	for {
		t := c.next.Add(1) - 1
		if t >= c.tasks {
			return
		}
		c.fn(int(t))
	}
}

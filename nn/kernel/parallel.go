package kernel

import (
	"runtime"
	"sync/atomic"
)

// threadLimit is what SetThreads set; 0 means one thread per GOMAXPROCS.
var threadLimit atomic.Int32

// SetThreads sets how many goroutines may work on one call, its caller's among
// them, and so how many helpers all calls of the process share: one fewer. 0 or
// less means as many as GOMAXPROCS. Results do not depend on it.
func SetThreads(n int) { threadLimit.Store(int32(max(n, 0))) }

// Threads is how many goroutines may work on one call, at least 1.
func Threads() int {
	if n := int(threadLimit.Load()); n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

// Parallel calls fn for the ranges [0, grain), [grain, 2*grain), ... of [0, n)
// and returns when all are done. The ranges are the same for any number of
// threads, so partial results per range can be combined in a fixed order. fn
// is called on the caller's goroutine and on helpers at once, and in no fixed
// order; a range must not wait for another. It may call Parallel and every
// kernel: where no helper is free, a call does all its work itself. A panic in
// fn is raised again on the caller's goroutine. A grain should be worth tens of
// microseconds.
//
// Parallel allocates nothing, but a func literal that uses variables around it
// does each time it is evaluated. Who must not allocate makes fn once, as a
// field of what it works on, and passes it its operands there.
func Parallel(n, grain int, fn func(lo, hi int)) {
	grain = max(grain, 1)
	tasks := ceilDiv(max(n, 0), grain)
	threads := min(Threads(), tasks)
	if threads <= 1 {
		for lo := 0; lo < n; lo += grain {
			fn(lo, min(lo+grain, n))
		}
		return
	}
	c := crews.Get().(*crew)
	c.ranges, c.n, c.grain = fn, n, grain
	c.run(tasks, threads)
}

// run calls fn for every task in [0, tasks) on up to threads goroutines, as
// Parallel does for ranges.
func run(tasks, threads int, fn func(task int)) {
	c := crews.Get().(*crew)
	c.single = fn
	c.run(tasks, threads)
}

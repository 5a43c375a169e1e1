package kernel

import (
	"runtime"
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

// Parallel calls fn for ranges [lo, hi) that together cover [0, n) once, and
// returns when all are done. fn must be safe to call at once for disjoint
// ranges, and its result per index must not depend on where the ranges are cut.
func Parallel(n, grain int, fn func(lo, hi int)) {
	if n > 0 {
		fn(0, n)
	}
}

package nn

import "github.com/reelrank/reelrank/nn/kernel"

// job is work that threads share, for a tape to keep: what a closure made per
// call would allocate is made once. The zero value is ready; a job is always
// run with the same fn.
type job[T any] struct {
	args T
	run  func(lo, hi int)
}

// do calls fn with args for the ranges that kernel.Parallel makes of [0, n).
func (j *job[T]) do(n, grain int, args T, fn func(args *T, lo, hi int)) {
	if j.run == nil {
		j.run = func(lo, hi int) { fn(&j.args, lo, hi) }
	}
	j.args = args
	kernel.Parallel(n, grain, j.run)
	var none T
	j.args = none // what the arguments point to is not held
}

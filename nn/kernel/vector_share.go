package kernel

import "sync"

// sharer shares the work of one kind among threads and keeps what it needs for
// that: a func literal made per call would be allocated. The zero value is
// ready; it is always used with the same fn.
type sharer[T any] struct{ jobs sync.Pool }

type sharedJob[T any] struct {
	args T
	run  func(lo, hi int)
}

// do calls fn with args for the ranges that Parallel makes of [0, n).
func (s *sharer[T]) do(n, grain int, args T, fn func(args *T, lo, hi int)) {
	j, ok := s.jobs.Get().(*sharedJob[T])
	if !ok {
		j = new(sharedJob[T])
		j.run = func(lo, hi int) { fn(&j.args, lo, hi) }
	}
	j.args = args
	Parallel(n, grain, j.run)
	var none T
	j.args = none // what the arguments point to is not held
	s.jobs.Put(j)
}

package bench

import (
	"context"
	"runtime"
	"time"
)

// Swapping is what came of putting one model after another into service while
// requests were answered.
type Swapping struct {
	Swaps int       `json:"swaps"`
	Took  Latencies `json:"took"`         // of the swaps
	Half  uint64    `json:"heap_halfway"` // bytes of memory in use halfway through
	End   uint64    `json:"heap_end"`     // and at the end
}

// ServeSwapping is Serve while, every so often or as fast as that goes, swap is
// called with 0, 1, 2 and so on.
func ServeSwapping(ctx context.Context, load Load, every time.Duration, swap func(ctx context.Context, n int) error) (Result, Swapping, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var (
		s       Swapping
		took    []time.Duration
		sent    = make(chan struct{})
		stopped = make(chan struct{})
	)
	go func() {
		defer close(stopped)
		for start, next := time.Now(), time.Now(); ; {
			began := time.Now()
			if err := swap(ctx, len(took)); err != nil {
				stop(err)
				return
			}
			took = append(took, time.Since(began))
			if s.Half == 0 && time.Since(start) > load.Duration/2 {
				s.Half = inUse()
			}
			next = next.Add(every)
			select {
			case <-sent:
				return
			case <-time.After(time.Until(next)):
			}
		}
	}()
	r, err := Serve(ctx, load)
	close(sent)
	<-stopped
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	s.End, s.Swaps, s.Took = inUse(), len(took), latencies(took)
	return r, s, err
}

// inUse is the bytes of memory in use after a collection: the second, since
// the first may only have begun to free what has a finalizer.
func inUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

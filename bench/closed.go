package bench

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// closedLoop makes calls from some workers, each of which waits for its answer
// before the next: it finds how much goes through, and says nothing of how long
// somebody waits who does not adapt to that. It stops at the first error.
func closedLoop(ctx context.Context, workers, calls int, call func(ctx context.Context, worker, n int) error) ([]time.Duration, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	took := make([]time.Duration, calls)
	var next atomic.Int64
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			for ctx.Err() == nil {
				n := int(next.Add(1)) - 1
				if n >= calls {
					return
				}
				start := time.Now()
				if err := call(ctx, w, n); err != nil {
					stop(err)
					return
				}
				took[n] = time.Since(start)
			}
		})
	}
	wait.Wait()
	return took, context.Cause(ctx)
}

// Latencies are percentiles of how long somebody waited for an answer.
type Latencies struct {
	P50  time.Duration `json:"p50_ns"`
	P99  time.Duration `json:"p99_ns"`
	P999 time.Duration `json:"p999_ns"`
	Max  time.Duration `json:"max_ns"`
}

// latencies sorts what was measured; it is zero where that is nothing.
func latencies(took []time.Duration) Latencies {
	if len(took) == 0 {
		return Latencies{}
	}
	slices.Sort(took)
	at := func(share float64) time.Duration { return took[min(int(share*float64(len(took))), len(took)-1)] }
	return Latencies{P50: at(0.5), P99: at(0.99), P999: at(0.999), Max: took[len(took)-1]}
}

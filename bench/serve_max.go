package bench

import (
	"context"
	"time"
)

// Bounds of a search for the highest rate.
const (
	highestRate = 1 << 16
	closeEnough = 0.03 // of the highest rate that held
)

// ServeMax finds the highest rate at which there are no errors and the 99th
// percentile of the latencies keeps a limit, by doubling the load's rate and
// then halving the distance. It returns the result at that rate, with zero
// requests where not even the first one held. tried is told of every trial.
func ServeMax(ctx context.Context, load Load, p99 time.Duration, tried func(rate int, r Result, held bool)) (best Result, err error) {
	try := func(rate int) (bool, error) {
		load.Rate = rate
		r, err := Serve(ctx, load)
		if err != nil {
			return false, err
		}
		held := r.Errors == 0 && r.Latencies.P99 <= p99
		if held {
			best = r
		}
		tried(rate, r, held)
		return held, nil
	}
	low, high := 0, load.Rate
	for high <= highestRate {
		held, err := try(high)
		if err != nil {
			return best, err
		}
		if !held {
			break
		}
		low, high = high, 2*high
	}
	for float64(high-low) > closeEnough*float64(high) && high-low > 1 {
		middle := (low + high) / 2
		held, err := try(middle)
		switch {
		case err != nil:
			return best, err
		case held:
			low = middle
		default:
			high = middle
		}
	}
	return best, nil
}

package bench

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"time"

	"github.com/reelrank/reelrank/nn/kernel"
)

// side is one side of a comparison: work that is called again and again, with
// a set of kernels and on a number of threads.
type side struct {
	set     string // of kernels; "" for work that uses none of ours
	threads int
	work    func()
}

// contest lets the sides of a comparison take turns: what slows the machine
// down for a while slows all of them.
type contest struct {
	ctx      context.Context
	rounds   int
	turn     time.Duration // of one side in one round, at least one call
	warm     bool          // whether each side makes a call first that is not counted: it fills buffers and caches
	progress func(section string, done, total int)
}

// run returns what each side's rounds took.
func (c contest) run(section string, sides []side) ([]timing, error) {
	timings := make([]timing, len(sides))
	total := c.rounds * len(sides)
	for round := range c.rounds {
		for i, s := range sides {
			if err := c.ctx.Err(); err != nil {
				return nil, err
			}
			err := s.onItsMachine(func() {
				if round == 0 && c.warm {
					s.work()
				}
				timings[i].add(takeTurn(s.work, c.turn))
			})
			if err != nil {
				return nil, err
			}
			if c.progress != nil {
				c.progress(section, round*len(sides)+i+1, total)
			}
		}
	}
	return timings, nil
}

// onItsMachine calls fn with the side's kernels and threads.
func (s side) onItsMachine(fn func()) error {
	if s.set != "" {
		restore, err := kernel.Select(s.set)
		if err != nil {
			return err
		}
		defer restore()
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(s.threads))
	fn()
	return nil
}

// takeTurn calls work for at least the given time and returns what each call took.
func takeTurn(work func(), atLeast time.Duration) []time.Duration {
	var calls []time.Duration
	begin := time.Now()
	for from := begin; ; {
		work()
		to := time.Now()
		calls = append(calls, to.Sub(from))
		if from = to; to.Sub(begin) >= atLeast {
			return calls
		}
	}
}

// timing is what the rounds of one side took, per call.
type timing struct{ means, halves []time.Duration }

func (t *timing) add(calls []time.Duration) {
	var sum time.Duration
	for _, d := range calls {
		sum += d
	}
	t.means = append(t.means, max(sum/time.Duration(len(calls)), 1))
	t.halves = append(t.halves, max(median(calls), 1))
}

// perSecond is how many of n units each call are done in a second.
func (t timing) perSecond(n float64) float64 { return n / median(t.means).Seconds() }

// p50 is the duration within which half of the calls end.
func (t timing) p50() time.Duration { return median(t.halves) }

// spread is how far the rounds lie apart, as a share of their median.
func (t timing) spread() float64 {
	return float64(slices.Max(t.means)-slices.Min(t.means)) / float64(median(t.means))
}

// median of at least one figure; of an even number the lower one of the two in
// the middle.
func median[T cmp.Ordered](figures []T) T {
	sorted := slices.Sorted(slices.Values(figures))
	return sorted[(len(sorted)-1)/2]
}

// ratio is a over b, and 0 where there is no b.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

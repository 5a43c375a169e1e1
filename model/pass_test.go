package model

import (
	"math"
	"runtime/debug"
	"testing"

	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/nn/kernel"
)

// A pass keeps its buffers from batch to batch, of whatever shape they are.
func TestPassesAllocateNothing(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes the kernels' pools forget at random")
	}
	t.Cleanup(func() { kernel.SetThreads(0) })
	for _, shape := range shapes {
		m := newWorn(t, shape.cfg, 301)
		p, adam, obj := NewPass(m), nn.NewAdam(m.Params(), 0.01), training(1)
		batches := []*Batch{newBatch(t, m, []int{9, 9, 4, 4, 4, 1}, 302), newBatch(t, m, []int{3, 1}, 303)}
		step := func() {
			for _, b := range batches {
				p.Forward(b, obj)
				p.Backward()
				adam.Update(1e-6, 1)
			}
		}
		for _, threads := range []int{1, 2} {
			kernel.SetThreads(threads)
			if got := allocations(step); got != 0 {
				t.Errorf("%s, %d threads: %d steps allocate %g times, want never", shape.name, threads, len(batches), got)
			}
		}
	}
}

// allocations is how often run allocates, the least of some tries: until every
// buffer in the kernels' pools has met its largest product, and as many are
// there as ever work at once, a pool may still grow.
func allocations(run func()) float64 {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection empties the pools
	least := math.Inf(1)
	for try := 0; try < 10 && least > 0; try++ {
		least = min(least, testing.AllocsPerRun(5, run))
	}
	return least
}

// The reels must stand in the order of their upload times: the ages of a row's
// alternatives are found by halving.
func TestReelsOutOfOrderAreACallersBug(t *testing.T) {
	m := newWorn(t, withTower, 311)
	b := newBatch(t, m, []int{3, 2}, 312)
	b.Upload[3], b.Upload[4] = b.Upload[4], b.Upload[3]
	defer func() {
		if recover() == nil {
			t.Error("a batch whose reels are out of order is taken")
		}
	}()
	NewPass(m).Forward(b, balanced)
}

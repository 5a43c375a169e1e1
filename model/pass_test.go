package model

import (
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
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection empties the kernels' pools
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
			for range 10 { // until every buffer in the kernels' pools has met its largest product
				step()
			}
			if got := testing.AllocsPerRun(10, step); got != 0 {
				t.Errorf("%s, %d threads: %d steps allocate %g times, want never", shape.name, threads, len(batches), got)
			}
		}
	}
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

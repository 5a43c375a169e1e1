package nn

import (
	"math/rand/v2"

	"github.com/reelrank/reelrank/nn/kernel"
)

// DropoutTape drops values of any sign, as Dropout does, and keeps the mask.
// Threads share the values.
type DropoutTape struct {
	mask         []float32
	on           bool
	onward, back job[dropoutWalk]
}

type dropoutWalk struct {
	x, mask []float32
	rate    float64
	seed    uint64
}

// Forward zeroes values of x with the given probability and scales the rest.
// Without rng, or at rate 0, it does nothing.
func (t *DropoutTape) Forward(x []float32, rate float64, rng *rand.Rand) {
	t.on = rng != nil && rate > 0
	if !t.on {
		return
	}
	t.mask = Grow(t.mask, len(x))
	t.onward.do(len(x), pieceSize, dropoutWalk{x: x, mask: t.mask, rate: rate, seed: rng.Uint64()}, (*dropoutWalk).forward)
}

func (w *dropoutWalk) forward(lo, hi int) {
	x, mask := w.x[lo:hi], w.mask[lo:hi]
	for i := range mask {
		mask[i] = 1
	}
	kernel.ReLUDropout(mask, kernel.Dropout{Rate: w.rate, Seed: w.seed + uint64(lo)})
	DropoutBackward(x, mask)
}

// Backward turns the gradient of the output into that of the input, in place.
func (t *DropoutTape) Backward(dx []float32) {
	if t.on {
		t.back.do(len(dx), pieceSize, dropoutWalk{x: dx, mask: t.mask}, (*dropoutWalk).backward)
	}
}

func (w *dropoutWalk) backward(lo, hi int) { DropoutBackward(w.x[lo:hi], w.mask[lo:hi]) }

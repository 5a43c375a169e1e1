package nn

import (
	"math/rand/v2"

	"github.com/reelrank/reelrank/nn/kernel"
)

// ReLU sets y = max(x, 0); y may be x.
func ReLU(y, x []float32) { kernel.ReLU(y, x) }

// ReLUBackward zeroes dy where the output y was not positive, in place.
func ReLUBackward(dy, y []float32) { kernel.ReLUBackward(dy, y, 1) }

// ReLUDropout sets x = max(x, 0), zeroes values with the given probability, at
// least 0 and below 1 and rounded to 2^-16, and scales the rest by 1/(1-rate)
// (Srivastava et al. 2014). It draws one number from rng.
func ReLUDropout(x []float32, rate float64, rng *rand.Rand) {
	kernel.ReLUDropout(x, kernel.Dropout{Rate: rate, Seed: rng.Uint64()})
}

// ReLUDropoutBackward turns dy, the gradient of ReLUDropout's output y, into
// that of its input, in place. A value that is 0 has no gradient, whether it
// was dropped or negative, so that no mask need be kept.
func ReLUDropoutBackward(dy, y []float32, rate float64) {
	kernel.ReLUBackward(dy, y, kernel.Dropout{Rate: rate}.Scale())
}

// Dropout is ReLUDropout for values of any sign: it zeroes some of x, scales
// the rest and writes the factors to mask. Backward is dy *= mask.
func Dropout(x, mask []float32, rate float64, rng *rand.Rand) {
	mask = mask[:len(x)]
	for i := range mask {
		mask[i] = 1
	}
	ReLUDropout(mask, rate, rng)
	DropoutBackward(x, mask)
}

// DropoutBackward multiplies dy by the mask, in place.
func DropoutBackward(dy, mask []float32) {
	dy = dy[:len(mask)]
	for i, m := range mask {
		dy[i] *= m
	}
}

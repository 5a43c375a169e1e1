package nn

import (
	"math"
	"math/rand/v2"
)

// ReLU sets y = max(x, 0); y may be x.
func ReLU(y, x []float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] = max(v, 0)
	}
}

// ReLUBackward zeroes dy where the output y was not positive, in place.
func ReLUBackward(dy, y []float32) {
	dy = dy[:len(y)]
	for i, v := range y {
		bits := math.Float32bits(dy[i])
		if v <= 0 { // on bits a conditional move; on floats a branch, wrong half the time
			bits = 0
		}
		dy[i] = math.Float32frombits(bits)
	}
}

// Dropout zeroes values of x in place with the given probability, at least 0
// and below 1, scales the rest by 1/(1-rate) and writes the factors to mask
// (Srivastava et al. 2014). Backward is dy *= mask.
func Dropout(x, mask []float32, rate float64, rng *rand.Rand) {
	mask = mask[:len(x)]
	keep := math.Float32bits(float32(1 / (1 - rate)))
	limit := uint32(rate * (1 << 32))
	var draws uint64
	for i := range x {
		if i%2 == 0 {
			draws = rng.Uint64() // one draw serves two values
		} else {
			draws >>= 32
		}
		bits := keep
		if uint32(draws) < limit { // on bits, as in ReLUBackward
			bits = 0
		}
		mask[i] = math.Float32frombits(bits)
		x[i] *= mask[i]
	}
}

// DropoutBackward multiplies dy by the mask, in place.
func DropoutBackward(dy, mask []float32) {
	dy = dy[:len(mask)]
	for i, m := range mask {
		dy[i] *= m
	}
}

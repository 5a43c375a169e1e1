package nn

import "math/rand/v2"

// ReLU sets y = max(x, 0); y may be x.
func ReLU(y, x []float32) {
	for i, v := range x {
		y[i] = max(v, 0)
	}
}

// ReLUBackward zeroes dy where the output y was not positive, in place.
func ReLUBackward(dy, y []float32) {
	for i, v := range y {
		if v <= 0 {
			dy[i] = 0
		}
	}
}

// Dropout zeroes values of x in place with the given probability, scales the
// rest by 1/(1-rate) and writes the factors to mask (Srivastava et al. 2014).
// Backward is dy *= mask.
func Dropout(x, mask []float32, rate float64, rng *rand.Rand) {
	keep := float32(1 / (1 - rate))
	limit := uint32(rate * (1 << 32))
	for i := 0; i < len(x); i += 2 {
		bits := rng.Uint64() // one draw serves two values
		drop(x, mask, i, uint32(bits), limit, keep)
		if i+1 < len(x) {
			drop(x, mask, i+1, uint32(bits>>32), limit, keep)
		}
	}
}

func drop(x, mask []float32, i int, draw, limit uint32, keep float32) {
	if draw < limit {
		mask[i] = 0
	} else {
		mask[i] = keep
	}
	x[i] *= mask[i]
}

// DropoutBackward multiplies dy by the mask, in place.
func DropoutBackward(dy, mask []float32) {
	for i, m := range mask {
		dy[i] *= m
	}
}

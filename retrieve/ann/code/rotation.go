package code

import (
	"math"
	"math/rand/v2"
)

// wordDims is the number of dimensions in a word of a code; the width of
// turned vectors is a multiple of it.
const wordDims = 64

// Rotation is a random rotation of vectors of Dim numbers into Width numbers,
// Dim rounded up to whole words of code. It keeps dot products. It is two
// rounds of random signs and a Hadamard transform, or four overlapping ones
// where Width is no power of two: n log n operations instead of n^2.
type Rotation struct {
	dim, width int
	block      int         // the largest power of two up to width
	signs      [][]float32 // +1 or -1 over sqrt(block), per step [block]
}

// NewRotation returns the rotation of a seed.
func NewRotation(dim int, seed uint64) *Rotation {
	r := &Rotation{dim: dim, width: Width(dim), block: 1}
	for 2*r.block <= r.width {
		r.block *= 2
	}
	steps := 2
	if r.block != r.width {
		steps = 4
	}
	random := rand.New(rand.NewPCG(seed, 0x726f74617465))
	unit := float32(1 / math.Sqrt(float64(r.block)))
	for range steps {
		signs := make([]float32, r.block)
		for i := range signs {
			signs[i] = unit
			if random.Uint64()&1 == 1 {
				signs[i] = -unit
			}
		}
		r.signs = append(r.signs, signs)
	}
	return r
}

// Width is the number of dimensions that a vector of dim has once turned.
func Width(dim int) int { return (dim + wordDims - 1) / wordDims * wordDims }

// Apply sets dst[Width] to the rotated src[Dim].
func (r *Rotation) Apply(dst, src []float32) {
	clear(dst[copy(dst[:r.width], src[:r.dim]):r.width])
	for step, signs := range r.signs {
		x := dst[:r.block]
		if step%2 == 1 {
			x = dst[r.width-r.block : r.width]
		}
		x = x[:len(signs)]
		for i, s := range signs {
			x[i] *= s
		}
		hadamard(x)
	}
}

// hadamard is the transform without its factor, in place. The last two levels
// are taken together: they touch four neighbours.
func hadamard(x []float32) {
	for half := len(x) / 2; half >= 4; half /= 2 {
		for from := 0; from < len(x); from += 2 * half {
			a, b := x[from:][:half], x[from+half:][:half]
			for i, u := range a {
				v := b[i]
				a[i], b[i] = u+v, u-v
			}
		}
	}
	for ; len(x) >= 4; x = x[4:] {
		y := (*[4]float32)(x)
		a, b, c, d := y[0]+y[2], y[1]+y[3], y[0]-y[2], y[1]-y[3]
		y[0], y[1], y[2], y[3] = a+b, a-b, c+d, c-d
	}
}

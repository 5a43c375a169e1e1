package nn

import (
	"math"
	"math/rand/v2"
)

// Param is one learned tensor and its gradient, row-major.
type Param struct {
	Name  string
	Shape []int
	Value []float32
	Grad  []float32
	Decay bool // whether weight decay applies: true for matrices

	// Sparse parameters (embeddings) list the rows that got a gradient since
	// the last ZeroGrad; all other rows of Grad are zero.
	Sparse  bool
	Touched []int32
	mark    []bool
}

// NewParam returns a zero tensor of the given shape.
func NewParam(name string, shape ...int) *Param {
	size := 1
	for _, d := range shape {
		size *= d
	}
	return &Param{Name: name, Shape: shape, Value: make([]float32, size), Grad: make([]float32, size), Decay: len(shape) > 1}
}

// Count is the number of learned values.
func (p *Param) Count() int { return len(p.Value) }

// InitUniform draws every value from the uniform distribution over ±bound.
func (p *Param) InitUniform(rng *rand.Rand, bound float64) {
	for i := range p.Value {
		p.Value[i] = float32((2*rng.Float64() - 1) * bound)
	}
}

// ZeroGrad clears the gradient.
func (p *Param) ZeroGrad() {
	if !p.Sparse {
		clear(p.Grad)
		return
	}
	for _, r := range p.Touched {
		lo, hi := p.row(r)
		clear(p.Grad[lo:hi])
	}
	p.forget()
}

// forget empties the list of touched rows, whose gradients are zero again.
func (p *Param) forget() {
	for _, r := range p.Touched {
		p.mark[r] = false
	}
	p.Touched = p.Touched[:0]
}

// row is the range of row r of a sparse parameter within its values.
func (p *Param) row(r int32) (lo, hi int) {
	width := p.Shape[1]
	return int(r) * width, (int(r) + 1) * width
}

// touch records that row r of a sparse parameter has a gradient.
func (p *Param) touch(r int32) {
	if !p.mark[r] {
		p.mark[r] = true
		p.Touched = append(p.Touched, r)
	}
}

// Finite tells whether all values are neither NaN nor infinite.
func Finite(x []float32) bool {
	var acc float32
	for _, v := range x {
		acc += v * 0 // NaN and infinity times zero are NaN
	}
	return !math.IsNaN(float64(acc))
}

// Grow returns a slice of length n that reuses buf's memory where it can. Its
// content is undefined.
func Grow[T any](buf []T, n int) []T {
	if cap(buf) < n {
		return make([]T, n, n+n/4)
	}
	return buf[:n]
}

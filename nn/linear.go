package nn

import (
	"math"
	"math/rand/v2"

	"github.com/reelrank/reelrank/nn/kernel"
)

// Linear is y = x Wᵀ + b, with W [Out, In] and b [Out].
type Linear struct {
	In, Out int
	W, B    *Param
}

// NewLinear returns a layer with W uniform in ±sqrt(6/In) scaled for ReLU
// (He et al. 2015, "Delving Deep into Rectifiers") and a zero bias.
func NewLinear(name string, in, out int, rng *rand.Rand) *Linear {
	l := &Linear{In: in, Out: out, W: NewParam(name+".weight", out, in), B: NewParam(name+".bias", out)}
	l.W.InitUniform(rng, math.Sqrt(6/float64(in)))
	return l
}

// Params lists the layer's parameters.
func (l *Linear) Params() []*Param { return []*Param{l.W, l.B} }

// Forward sets y[rows, Out] from x[rows, In].
func (l *Linear) Forward(y, x []float32, rows int) {
	kernel.GemmEpilogue(false, true, rows, l.Out, l.In, x, l.In, l.W.Value, l.In, false, y, l.Out, kernel.Epilogue{Bias: l.B.Value})
}

// Backward adds the gradients of W and b for dy[rows, Out] and sets
// dx[rows, In]; a nil dx is not computed.
func (l *Linear) Backward(dx, dy, x []float32, rows int) {
	kernel.Gemm(true, false, l.Out, l.In, rows, dy, l.Out, x, l.In, true, l.W.Grad, l.In)
	kernel.AddColumnSums(l.B.Grad, dy, l.Out, rows)
	if dx != nil {
		kernel.Gemm(false, false, rows, l.In, l.Out, dy, l.Out, l.W.Value, l.In, false, dx, l.In)
	}
}

package nn

import (
	"math"
	"math/rand/v2"

	"github.com/reelrank/reelrank/nn/kernel"
)

// GRU is one layer of gated recurrent units (Cho et al. 2014), in the form
// with the reset gate behind the recurrent product:
//
//	r = σ(Wr x + br + Ur h + cr)
//	z = σ(Wz x + bz + Uz h + cz)
//	n = tanh(Wn x + bn + r∘(Un h + cn))
//	h' = (1-z)∘n + z∘h
//
// with h = 0 before the first step. The three gates are stacked in the order
// r, z, n: WX [3H, In], WH [3H, H], BX and BH [3H].
type GRU struct {
	In, Hidden     int
	WX, WH, BX, BH *Param
}

// GRUTape keeps what the backward pass needs, and the outputs.
type GRUTape struct {
	H     []float32 // outputs [rows, Hidden]
	gx    []float32 // projected inputs, then the gates r, z, n, then dLoss/d(W x + b) [rows, 3*Hidden]
	gh    []float32 // projected states U h + c, then their gradients [rows, 3*Hidden]
	hPrev []float32 // states before each step [rows, Hidden]
	carry []float32 // gradient handed to the step before [batch, Hidden]
}

// NewGRU returns a layer with uniform weights in ±1/sqrt(hidden).
func NewGRU(name string, in, hidden int, rng *rand.Rand) *GRU {
	g := &GRU{
		In: in, Hidden: hidden,
		WX: NewParam(name+".weight_input", 3*hidden, in), WH: NewParam(name+".weight_hidden", 3*hidden, hidden),
		BX: NewParam(name+".bias_input", 3*hidden), BH: NewParam(name+".bias_hidden", 3*hidden),
	}
	bound := 1 / math.Sqrt(float64(hidden))
	for _, p := range g.Params() {
		p.InitUniform(rng, bound)
	}
	return g
}

// Params lists the layer's parameters.
func (g *GRU) Params() []*Param { return []*Param{g.WX, g.WH, g.BX, g.BH} }

// Forward sets tape.H[rows, Hidden] from x[rows, In] laid out by seq.
func (g *GRU) Forward(tape *GRUTape, x []float32, seq Packed) {
	g.ProjectInput(g.InputGates(tape, seq.Rows()), x, seq.Rows())
	g.ForwardProjected(tape, seq)
}

// ProjectInput sets gx[rows, 3*Hidden] = x WXᵀ + BX, the part of the gates
// that does not depend on the state. Serving computes it once per reel.
func (g *GRU) ProjectInput(gx, x []float32, rows int) {
	fillRows(gx, g.BX.Value, rows)
	kernel.Gemm(false, true, rows, 3*g.Hidden, g.In, x, g.In, g.WX.Value, g.In, true, gx, 3*g.Hidden)
}

// InputGates returns the tape's buffer for projected inputs, for
// ForwardProjected to read: [rows, 3*Hidden].
func (g *GRU) InputGates(tape *GRUTape, rows int) []float32 {
	tape.gx = Grow(tape.gx, rows*3*g.Hidden)
	return tape.gx
}

// ForwardProjected runs the recurrence over the projected inputs in the tape,
// which the gates then replace.
func (g *GRU) ForwardProjected(tape *GRUTape, seq Packed) {
	h, rows := g.Hidden, seq.Rows()
	tape.gh, tape.hPrev, tape.H = Grow(tape.gh, rows*3*h), Grow(tape.hPrev, rows*h), Grow(tape.H, rows*h)
	for t := range seq.Steps() {
		lo, n := seq.Offsets[t], seq.Active(t)
		prev := tape.hPrev[lo*h : (lo+n)*h]
		if t == 0 {
			clear(prev)
		} else {
			copy(prev, tape.H[seq.Offsets[t-1]*h:])
		}
		gh := tape.gh[lo*3*h : (lo+n)*3*h]
		fillRows(gh, g.BH.Value, n)
		if t > 0 {
			kernel.Gemm(false, true, n, 3*h, h, prev, h, g.WH.Value, h, true, gh, 3*h)
		}
		kernel.Parallel(n, 1+4096/h, func(a, b int) { g.step(tape, lo+a, lo+b) })
	}
}

// step computes the gates and the new state of the rows lo..hi.
func (g *GRU) step(tape *GRUTape, lo, hi int) {
	h := g.Hidden
	for row := lo; row < hi; row++ {
		kernel.GRUStep(tape.gx[row*3*h:], tape.gh[row*3*h:], tape.hPrev[row*h:], tape.H[row*h:][:h])
	}
}

// Backward takes dh[rows, Hidden], the gradient of tape.H, adds the gradients
// of the parameters and sets dx[rows, In]; a nil dx is not computed. It
// overwrites the tape.
func (g *GRU) Backward(tape *GRUTape, dx, dh, x []float32, seq Packed) {
	h, rows := g.Hidden, seq.Rows()
	tape.carry = Grow(tape.carry, len(seq.Lengths)*h)
	clear(tape.carry)
	for t := seq.Steps() - 1; t >= 0; t-- {
		lo, n := seq.Offsets[t], seq.Active(t)
		kernel.Parallel(n, 1+4096/h, func(a, b int) { g.stepBackward(tape, dh, lo, a, b) })
		if t > 0 {
			kernel.Gemm(false, false, n, h, 3*h, tape.gh[lo*3*h:], 3*h, g.WH.Value, h, true, tape.carry, h)
		}
	}
	kernel.Gemm(true, false, 3*h, h, rows, tape.gh, 3*h, tape.hPrev, h, true, g.WH.Grad, h)
	kernel.Gemm(true, false, 3*h, g.In, rows, tape.gx, 3*h, x, g.In, true, g.WX.Grad, g.In)
	addColumnSums(g.BH.Grad, tape.gh, rows)
	addColumnSums(g.BX.Grad, tape.gx, rows)
	if dx != nil {
		kernel.Gemm(false, false, rows, g.In, 3*h, tape.gx, 3*h, g.WX.Value, g.In, false, dx, g.In)
	}
}

// stepBackward turns the gates of the sequences lo..hi at the step that starts
// at row base into the gradients of their inputs, and leaves in carry the part
// of the gradient that goes straight to the state before.
func (g *GRU) stepBackward(tape *GRUTape, dh []float32, base, lo, hi int) {
	h := g.Hidden
	for b := lo; b < hi; b++ {
		row := base + b
		kernel.GRUStepBackward(tape.gx[row*3*h:], tape.gh[row*3*h:], tape.hPrev[row*h:], dh[row*h:][:h], tape.carry[b*h:])
	}
}

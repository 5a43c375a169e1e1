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
//
// The products with the inputs take all steps at once. The recurrence is
// independent per sequence: threads share the batch, and each walks all steps
// of its own sequences, so that nobody waits at the end of a step.
type GRU struct {
	In, Hidden     int
	WX, WH, BX, BH *Param
}

// GRUTape keeps what the backward pass needs, and the outputs. Its buffers are
// reused from batch to batch.
type GRUTape struct {
	H     []float32 // outputs [rows, Hidden]
	gates []float32 // projected inputs, then the gates r, z, n, then dLoss/d(W x + b) [rows, 3*Hidden]
	inner []float32 // Un h + cn, then dLoss/d(Un h + cn) [rows, Hidden]

	projected []float32 // one step's U h + c, then its gradient [batch, 3*Hidden]
	carry     []float32 // gradient handed to the step before [batch, Hidden]
	sums      []float32 // gradients of W x + b and Un h + cn, over the steps [batch, 4*Hidden]
	before    []float32 // states before the steps from 1 on, where the tape's own do not lie so
	initial   []float32 // state before step 0: zeros [Hidden]

	inputs, recurrent         kernel.Weights // WXᵀ and WHᵀ
	backInputs, backRecurrent kernel.Weights // WX and WH
	onward, back              job[gruWalk]
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
	gates := g.InputGates(tape, seq.Rows())
	tape.inputs.Pack(true, g.In, 3*g.Hidden, g.WX.Value, g.In)
	tape.inputs.Gemm(seq.Rows(), x, g.In, false, gates, 3*g.Hidden, kernel.Epilogue{Bias: g.BX.Value})
	g.ForwardProjected(tape, seq)
}

// ProjectInput sets gx[rows, 3*Hidden] = x WXᵀ + BX, the part of the gates
// that does not depend on the state. Serving computes it once per reel.
func (g *GRU) ProjectInput(gx, x []float32, rows int) {
	kernel.GemmEpilogue(false, true, rows, 3*g.Hidden, g.In, x, g.In, g.WX.Value, g.In, false, gx, 3*g.Hidden, kernel.Epilogue{Bias: g.BX.Value})
}

// InputGates returns the tape's buffer for projected inputs, for
// ForwardProjected to read: [rows, 3*Hidden].
func (g *GRU) InputGates(tape *GRUTape, rows int) []float32 {
	tape.gates = Grow(tape.gates, rows*3*g.Hidden)
	return tape.gates
}

// fewSequences is up to how many sequences packing the recurrent weights costs
// more than it saves over the steps.
const fewSequences = 4

// ForwardProjected runs the recurrence over the projected inputs in the tape,
// which the gates then replace.
func (g *GRU) ForwardProjected(tape *GRUTape, seq Packed) {
	if len(seq.Lengths) <= fewSequences {
		g.Recur(tape, nil, seq)
		return
	}
	g.PackRecurrent(&tape.recurrent)
	g.Recur(tape, &tape.recurrent, seq)
}

// PackRecurrent packs WHᵀ for Recur. It holds until the weights change.
func (g *GRU) PackRecurrent(w *kernel.Weights) {
	w.Pack(true, g.Hidden, 3*g.Hidden, g.WH.Value, g.Hidden)
}

// Recur is ForwardProjected with recurrent weights that PackRecurrent packed
// before, or with nil for those of the layer as they lie, the same bits.
func (g *GRU) Recur(tape *GRUTape, recurrent *kernel.Weights, seq Packed) {
	h, rows, batch := g.Hidden, seq.Rows(), len(seq.Lengths)
	tape.H, tape.inner = Grow(tape.H, rows*h), Grow(tape.inner, rows*h)
	tape.projected, tape.initial = Grow(tape.projected, batch*3*h), Grow(tape.initial, h)
	clear(tape.initial)
	tape.onward.do(batch, sequenceGrain(batch), gruWalk{g: g, tape: tape, seq: seq, weights: recurrent}, (*gruWalk).forward)
}

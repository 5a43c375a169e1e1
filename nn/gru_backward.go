package nn

import "github.com/reelrank/reelrank/nn/kernel"

// Backward takes dh[rows, Hidden], the gradient of tape.H, adds the gradients
// of the parameters and sets dx[rows, In]; a nil dx is not computed. It
// overwrites the tape.
func (g *GRU) Backward(tape *GRUTape, dx, dh, x []float32, seq Packed) {
	h, rows, batch := g.Hidden, seq.Rows(), len(seq.Lengths)
	if batch == 0 {
		return
	}
	tape.projected, tape.carry, tape.sums = Grow(tape.projected, batch*3*h), Grow(tape.carry, batch*h), Grow(tape.sums, batch*4*h)
	weights := (*kernel.Weights)(nil)
	if batch > fewSequences {
		weights = &tape.backRecurrent
		weights.Pack(false, 3*h, h, g.WH.Value, h)
	}
	tape.back.do(batch, sequenceGrain(batch), gruWalk{g: g, tape: tape, seq: seq, weights: weights, up: dh}, (*gruWalk).backward)

	g.addBiasGradients(tape.sums, batch)
	g.addRecurrentGradient(tape, seq)
	kernel.Gemm(true, false, 3*h, g.In, rows, tape.gates, 3*h, x, g.In, true, g.WX.Grad, g.In)
	if dx != nil {
		tape.backInputs.Pack(false, 3*h, g.In, g.WX.Value, g.In)
		tape.backInputs.Gemm(rows, tape.gates, 3*h, false, dx, g.In, kernel.Epilogue{})
	}
}

// addBiasGradients adds up what the steps of each sequence came to.
func (g *GRU) addBiasGradients(sums []float32, batch int) {
	h := g.Hidden
	for b := range batch {
		s := sums[b*4*h:][:4*h]
		kernel.Axpy(1, s[:3*h], g.BX.Grad)
		kernel.Axpy(1, s[:2*h], g.BH.Grad[:2*h])
		kernel.Axpy(1, s[3*h:], g.BH.Grad[2*h:])
	}
}

// addRecurrentGradient multiplies the gradients of U h + c with the states h.
// In r and z they are those of W x + b; before step 0 the state is zero.
func (g *GRU) addRecurrentGradient(tape *GRUTape, seq Packed) {
	h, first := g.Hidden, seq.Offsets[1]
	rows := seq.Rows() - first
	before := g.statesBefore(tape, seq)
	kernel.Gemm(true, false, 2*h, h, rows, tape.gates[first*3*h:], 3*h, before, h, true, g.WH.Grad, h)
	kernel.Gemm(true, false, h, h, rows, tape.inner[first*h:], h, before, h, true, g.WH.Grad[2*h*h:], h)
}

// statesBefore returns the states before the steps from 1 on, row by row. Where
// all sequences are equally long those are the outputs, a step earlier.
func (g *GRU) statesBefore(tape *GRUTape, seq Packed) []float32 {
	h, batch := g.Hidden, len(seq.Lengths)
	if seq.Lengths[0] == seq.Lengths[batch-1] {
		return tape.H
	}
	first := seq.Offsets[1]
	tape.before = Grow(tape.before, (seq.Rows()-first)*h)
	for t := 1; t < seq.Steps(); t++ {
		copy(tape.before[(seq.Offsets[t]-first)*h:][:seq.Active(t)*h], tape.H[seq.Offsets[t-1]*h:])
	}
	return tape.before
}

package nn

import "github.com/reelrank/reelrank/nn/kernel"

// gruWalk is one walk along the steps of a batch, which threads share by
// sequences. Where the batch is cut has no influence on the result: a row of a
// product has the same bits in any batch, and what is summed over the batch is
// summed per sequence first.
type gruWalk struct {
	g       *GRU
	tape    *GRUTape
	seq     Packed
	weights *kernel.Weights // WHᵀ on the way forward, WH on the way back; nil: as they lie
	up      []float32       // on the way back: gradient of the outputs
}

// sequenceGrain is how many sequences make a piece of work. A piece streams
// all recurrent weights at every step, so it should hold many; but there
// should be several pieces per thread, since the first are the longest.
func sequenceGrain(batch int) int {
	const least, most, perThread = 8, 32, 4
	pieces := perThread * kernel.Threads()
	return min(max((batch/pieces)/least*least, least), most)
}

// forward runs the sequences lo..hi from their first to their last step.
func (w *gruWalk) forward(lo, hi int) {
	g, t, h := w.g, w.tape, w.g.Hidden
	projected := t.projected[lo*3*h : hi*3*h]
	for step := range w.seq.Lengths[lo] {
		row, n := w.rows(step, lo, hi)
		if step > 0 {
			before := t.H[w.seq.Row(step-1, lo)*h:]
			w.project(projected, before, n)
			for i := range n {
				g.step(t, row+i, projected[i*3*h:], before[i*h:])
			}
			continue
		}
		for i := range n {
			g.step(t, row+i, g.BH.Value, t.initial)
		}
	}
}

// rows finds the rows of one step of the sequences lo..hi: the first, and how
// many of the sequences are that long.
func (w *gruWalk) rows(step, lo, hi int) (row, n int) {
	return w.seq.Row(step, lo), min(hi, w.seq.Active(step)) - lo
}

// project sets projected[n, 3*Hidden] = states WHᵀ + BH.
func (w *gruWalk) project(projected, states []float32, n int) {
	g, h, bias := w.g, w.g.Hidden, kernel.Epilogue{Bias: w.g.BH.Value}
	if w.weights != nil {
		w.weights.Gemm(n, states, h, false, projected, 3*h, bias)
		return
	}
	kernel.GemmEpilogue(false, true, n, 3*h, h, states, h, g.WH.Value, h, false, projected, 3*h, bias)
}

// step computes the gates and the new state of a row.
func (g *GRU) step(t *GRUTape, row int, projected, before []float32) {
	h := g.Hidden
	kernel.GRUStep(t.gates[row*3*h:], projected, before, t.H[row*h:][:h])
	copy(t.inner[row*h:][:h], projected[2*h:])
}

// backward runs the sequences lo..hi from their last to their first step. It
// turns gates and inner into gradients and adds them up per sequence.
func (w *gruWalk) backward(lo, hi int) {
	t, h := w.tape, w.g.Hidden
	projected, carry := t.projected[lo*3*h:hi*3*h], t.carry[lo*h:hi*h]
	clear(carry)
	clear(t.sums[lo*4*h : hi*4*h])
	for step := w.seq.Lengths[lo] - 1; step >= 0; step-- {
		row, n := w.rows(step, lo, hi)
		for i := range n {
			before := t.initial
			if step > 0 {
				before = t.H[w.seq.Row(step-1, lo+i)*h:]
			}
			w.stepBackward(row+i, before, projected[i*3*h:][:3*h], carry[i*h:][:h], t.sums[(lo+i)*4*h:][:4*h])
		}
		if step > 0 {
			w.handBack(carry, projected, n)
		}
	}
}

// stepBackward turns a row's gates into the gradients of their inputs, and
// leaves in projected those of U h + c and in carry the part of the gradient
// that goes straight to the state before.
func (w *gruWalk) stepBackward(row int, before, projected, carry, sums []float32) {
	t, h := w.tape, w.g.Hidden
	gates, inner := t.gates[row*3*h:][:3*h], t.inner[row*h:][:h]
	copy(projected[2*h:], inner)
	kernel.GRUStepBackward(gates, projected, before, w.up[row*h:][:h], carry)
	copy(inner, projected[2*h:])
	kernel.Axpy(1, gates, sums[:3*h])
	kernel.Axpy(1, inner, sums[3*h:])
}

// handBack adds to carry[n, Hidden] the part of the gradient that reaches the
// states before through the gates.
func (w *gruWalk) handBack(carry, projected []float32, n int) {
	g, h := w.g, w.g.Hidden
	if w.weights != nil {
		w.weights.Gemm(n, projected, 3*h, true, carry, h, kernel.Epilogue{})
		return
	}
	kernel.Gemm(false, false, n, h, 3*h, projected, 3*h, g.WH.Value, h, true, carry, h)
}

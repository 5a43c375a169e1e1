package model

import (
	"math"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/nn/kernel"
)

// userTape keeps the user encoder's intermediate values.
type userTape struct {
	in       []float32 // [rows, EventWidth]
	sequence SequenceTape
	after    []float32 // the encoder's states after each exposure [rows, Hidden]
	state    []float32 // [rows, Hidden] state before each exposure

	dAfter []float32 // gradient of after [rows, Hidden]
	dIn    []float32
}

// forwardUser runs the user encoder and shifts its output by one step: row
// (t, b) of the state is that after the exposures 0..t-1, zero for t = 0.
func (p *Pass) forwardUser() {
	t, seq := &p.user, p.batch.Seq
	rows, h, w := seq.Rows(), p.m.Config.Hidden, p.m.Config.EventWidth()
	t.in = nn.Grow(t.in, rows*w)
	kernel.Parallel(rows, grain(w), p.work.events)
	t.after = t.sequence.Forward(t.in, seq, p.obj.Dropout)
	t.state = nn.Grow(t.state, rows*h)
	clear(t.state[:seq.Active(0)*h])
	for step := 1; step < seq.Steps(); step++ {
		lo := seq.Offsets[step] * h
		copy(t.state[lo:lo+seq.Active(step)*h], t.after[seq.Offsets[step-1]*h:])
	}
}

// eventInputs writes the history entries of the rows lo..hi.
func (p *Pass) eventInputs(lo, hi int) {
	w := p.m.Config.EventWidth()
	for row := lo; row < hi; row++ {
		event := p.batch.Event[row*feature.EventDim : (row+1)*feature.EventDim]
		joinEvent(p.user.in[row*w:(row+1)*w], p.reelVector(p.batch.Reel[row]), event)
	}
}

// joinEvent writes one history entry as the user encoder reads it: the event takes the
// last slots, which are empty in a raw vector and beyond it in a tower's.
func joinEvent(dst, reelVector, event []float32) {
	copy(dst, reelVector)
	copy(dst[len(dst)-len(event):], event)
}

// eventInput is joinEvent for a vector that is not stretched yet.
func (m *Model) eventInput(dst, reelVector, event []float32) {
	joinEvent(dst, reelVector, event)
	if m.Tower != nil {
		m.scaledUnit(dst[:m.Config.Tower], reelVector)
	}
}

// scaledUnit writes unit vectors stretched so that their values have a
// variance of about one, which is what the layers behind them expect.
func (m *Model) scaledUnit(dst, unit []float32) {
	kernel.Scale(dst, unit, m.unitScale())
}

func (m *Model) unitScale() float32 { return float32(math.Sqrt(float64(m.Config.Tower))) }

// backwardUser takes dUser back to the encoder's input.
func (p *Pass) backwardUser() {
	m, t, seq := p.m, &p.user, p.batch.Seq
	rows, h := seq.Rows(), m.Config.Hidden
	t.dAfter = nn.Grow(t.dAfter, rows*h)
	clear(t.dAfter)
	for step := 1; step < seq.Steps(); step++ {
		lo := seq.Offsets[step] * h
		copy(t.dAfter[seq.Offsets[step-1]*h:], p.dUser[lo:lo+seq.Active(step)*h])
	}
	if m.Tower == nil {
		t.sequence.Backward(nil, t.dAfter)
		return
	}
	t.dIn = nn.Grow(t.dIn, rows*m.Config.EventWidth())
	t.sequence.Backward(t.dIn, t.dAfter)
}

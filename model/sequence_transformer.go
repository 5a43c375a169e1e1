package model

import (
	"math/rand/v2"

	"github.com/reelrank/reelrank/nn"
)

// transformerSequence is a projection of the entries and causal blocks.
type transformerSequence struct {
	project *nn.Linear
	blocks  *nn.Transformer
	dropout float64
}

func newTransformerSequence(c SequenceConfig, rng *rand.Rand) *transformerSequence {
	return &transformerSequence{
		project: nn.NewLinear("project", c.In, c.Width, rng),
		blocks:  nn.NewTransformer("block", c.Layers, c.Width, c.Heads, c.Inner, c.Reach, rng),
		dropout: c.Dropout,
	}
}

// Params lists the parameters of all layers.
func (s *transformerSequence) Params() []*nn.Param {
	return append(s.project.Params(), s.blocks.Params()...)
}

// NewTape returns the buffers of a pass.
func (s *transformerSequence) NewTape() SequenceTape { return &transformerSequenceTape{s: s} }

type transformerSequenceTape struct {
	s         *transformerSequence
	in        []float32
	seq       nn.Packed
	projected []float32 // [rows, Width]
	tape      nn.TransformerTape
	d         []float32 // gradient of projected
}

// Forward projects the entries and runs the blocks.
func (t *transformerSequenceTape) Forward(in []float32, seq nn.Packed, dropout *rand.Rand) []float32 {
	t.in, t.seq = in, seq
	t.projected = nn.Grow(t.projected, seq.Rows()*t.s.project.Out)
	t.s.project.Forward(t.projected, in, seq.Rows())
	t.s.blocks.Forward(&t.tape, t.projected, seq, t.s.dropout, dropout)
	return t.tape.Y
}

// FirstNonFinite looks at the blocks from below.
func (t *transformerSequenceTape) FirstNonFinite() string {
	if !nn.Finite(t.projected) {
		return "project"
	}
	return t.tape.FirstNonFinite()
}

// Backward runs them back.
func (t *transformerSequenceTape) Backward(dIn, d []float32) {
	rows := t.seq.Rows()
	t.d = nn.Grow(t.d, rows*t.s.project.Out)
	t.s.blocks.Backward(&t.tape, t.d, d, t.projected, t.seq)
	t.s.project.Backward(dIn, t.d, t.in, rows)
}

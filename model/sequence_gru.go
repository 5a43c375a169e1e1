package model

import (
	"fmt"
	"math/rand/v2"

	"github.com/reelrank/reelrank/nn"
)

// gruSequence is a stack of GRUs whose states are pooled by attention.
type gruSequence struct {
	gru       []*nn.GRU
	attention *nn.Attention
	dropout   float64
}

func newGRUSequence(c SequenceConfig, rng *rand.Rand) *gruSequence {
	s := &gruSequence{dropout: c.Dropout}
	in := c.In
	for i := range c.Layers {
		s.gru = append(s.gru, nn.NewGRU(fmt.Sprintf("gru%d", i+1), in, c.Width, rng))
		in = c.Width
	}
	s.attention = nn.NewAttention("attention", c.Width, rng)
	return s
}

// Params lists the parameters of all layers.
func (s *gruSequence) Params() []*nn.Param {
	var all []*nn.Param
	for _, g := range s.gru {
		all = append(all, g.Params()...)
	}
	return append(all, s.attention.Params()...)
}

// NewTape returns the buffers of a pass.
func (s *gruSequence) NewTape() SequenceTape {
	return &gruSequenceTape{s: s, gru: make([]nn.GRUTape, len(s.gru)), drops: make([]nn.DropoutTape, len(s.gru))}
}

type gruSequenceTape struct {
	s         *gruSequence
	in        []float32
	seq       nn.Packed
	gru       []nn.GRUTape
	drops     []nn.DropoutTape // between the layers
	attention nn.AttentionTape

	d, below []float32 // gradients of the layers' outputs [rows, Width]
}

// Forward runs the layers and pools every prefix.
func (t *gruSequenceTape) Forward(in []float32, seq nn.Packed, dropout *rand.Rand) []float32 {
	t.in, t.seq = in, seq
	for i, g := range t.s.gru {
		g.Forward(&t.gru[i], in, seq)
		in = t.gru[i].H
		if i+1 < len(t.s.gru) {
			t.drops[i].Forward(in, t.s.dropout, dropout)
		}
	}
	t.s.attention.Forward(&t.attention, in, seq)
	return t.attention.Pooled
}

// FirstNonFinite looks at the layers from below.
func (t *gruSequenceTape) FirstNonFinite() string {
	for i := range t.gru {
		if !nn.Finite(t.gru[i].H) {
			return fmt.Sprintf("gru%d", i+1)
		}
	}
	if !nn.Finite(t.attention.Pooled) {
		return "attention"
	}
	return ""
}

// Backward runs them back.
func (t *gruSequenceTape) Backward(dIn, d []float32) {
	rows, width := t.seq.Rows(), t.s.attention.Width
	t.d, t.below = nn.Grow(t.d, rows*width), nn.Grow(t.below, rows*width)
	top := len(t.s.gru) - 1
	t.s.attention.Backward(&t.attention, t.d, d, t.gru[top].H, t.seq)
	for i := top; i > 0; i-- {
		t.s.gru[i].Backward(&t.gru[i], t.below, t.d, t.gru[i-1].H, t.seq)
		t.drops[i-1].Backward(t.below)
		t.d, t.below = t.below, t.d
	}
	t.s.gru[0].Backward(&t.gru[0], dIn, t.d, t.in, t.seq)
}

package model

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/reelrank/reelrank/nn"
)

// The sequence encoders to choose from.
const (
	EncoderGRU         = "gru"         // layers of gated recurrent units, then attention pooling
	EncoderTransformer = "transformer" // causal blocks of self-attention
)

// Encoders lists them.
func Encoders() []string { return []string{EncoderGRU, EncoderTransformer} }

// Sequence turns the entries of histories into a state after every step. What
// is after a step depends on the steps up to it and on nothing later.
type Sequence interface {
	Params() []*nn.Param
	// NewTape returns the buffers of one pass at a time.
	NewTape() SequenceTape

	roundRecurrent()
	serve(m *Model, reels *Reels) (servedSequence, error)
}

// SequenceTape is a pass of a Sequence over batches, one after the other.
type SequenceTape interface {
	// Forward returns the states [rows, Width] after the entries in[rows, In]
	// laid out by seq, which hold until the next call. With dropout some of what
	// passes between the layers is left out.
	Forward(in []float32, seq nn.Packed, dropout *rand.Rand) []float32
	// Backward takes d[rows, Width], the gradient of the states of the last
	// Forward, which it overwrites, adds the gradients of the parameters and
	// sets dIn[rows, In]; a nil dIn is not computed.
	Backward(dIn, d []float32)
	// FirstNonFinite names the first layer whose output in the last Forward is
	// not finite; "" if all are.
	FirstNonFinite() string
}

// SequenceConfig holds the sizes of a sequence encoder.
type SequenceConfig struct {
	Kind    string  // one of Encoders
	In      int     // width of an entry
	Width   int     // of the states
	Layers  int     // GRU layers or blocks
	Heads   int     // of self-attention
	Inner   int     // width of the blocks' dense parts
	Reach   int     // how many steps back self-attention reads
	Dropout float64 // share of what is dropped between the layers in training
}

// parameters is the number of learned values.
func (c SequenceConfig) parameters() int64 {
	in, w, inner := int64(c.In), int64(c.Width), int64(c.Inner)
	if c.Kind == EncoderTransformer {
		block := 2*w + 4*w*(w+1) + int64(c.Heads)*int64(c.Reach) + inner*(w+1) + w*(inner+1)
		return w*(in+1) + int64(c.Layers)*block + w
	}
	n := w + 1 // attention
	for range c.Layers {
		n += 3 * w * (in + w + 2)
		in = w
	}
	return n
}

// NewSequence returns an encoder with random weights.
func NewSequence(c SequenceConfig, rng *rand.Rand) (Sequence, error) {
	switch c.Kind {
	case EncoderGRU:
		return newGRUSequence(c, rng), nil
	case EncoderTransformer:
		return newTransformerSequence(c, rng), nil
	}
	return nil, fmt.Errorf("model: unknown encoder %q: choose one of %s", c.Kind, strings.Join(slices.Sorted(slices.Values(Encoders())), ", "))
}

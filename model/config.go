package model

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/reel"
)

// Config holds the sizes of a network.
type Config struct {
	Preset      string  `json:"preset"`
	Tower       int     `json:"tower"`             // width of the reel tower's output; 0 means no tower: layers read the raw reel vector
	IDBuckets   int     `json:"id_buckets"`        // rows of the hashed ID embedding; 0 means none
	IDDropout   float64 `json:"id_dropout"`        // share of reels whose ID embedding is hidden in a training step
	Creators    int     `json:"creators"`          // rows of the hashed creator embedding; 0 means none
	Encoder     string  `json:"encoder,omitempty"` // one of Encoders; empty means EncoderGRU, as in bundles from before there was a choice
	Hidden      int     `json:"hidden"`            // width of the user encoder and of the user vector
	Layers      int     `json:"layers"`            // of the user encoder: GRU layers, or blocks of the transformer
	Heads       int     `json:"heads,omitempty"`   // of the transformer
	Inner       int     `json:"inner,omitempty"`   // width of the dense parts of its blocks
	Dense       []int   `json:"dense"`             // widths of the ranker's dense layers
	Dropout     float64 `json:"dropout"`           // after each dense layer, in training
	Temperature float64 `json:"temperature"`
	Interests   bool    `json:"interests,omitempty"` // whether every enjoyed reel is a query of its own, see Reels.Similarities
}

// Presets are the published sizes. seed is the documented network of
// 2,480,517 parameters; default adds the tower and the ID embedding; compact
// is default at a quarter of the width, for small catalogues and quick runs.
var Presets = map[string]Config{
	"seed": {Preset: "seed", Hidden: 256, Layers: 2, Dense: []int{512, 256, 128}, Dropout: 0.1, Temperature: 0.1},
	"default": {Preset: "default", Tower: 256, IDBuckets: 16384, IDDropout: 0.3, Creators: 8192, Hidden: 256, Layers: 2,
		Dense: []int{512, 256, 128}, Dropout: 0.1, Temperature: 0.1, Interests: true},
	"compact": {Preset: "compact", Tower: 64, IDBuckets: 8192, IDDropout: 0.3, Creators: 2048, Hidden: 64, Layers: 2,
		Dense: []int{128, 64, 32}, Dropout: 0.1, Temperature: 0.1, Interests: true},
}

// PresetConfig looks a preset up by name.
func PresetConfig(name string) (Config, error) {
	cfg, ok := Presets[name]
	if !ok {
		return Config{}, fmt.Errorf("unknown model preset %q: choose one of %s", name, strings.Join(slices.Sorted(maps.Keys(Presets)), ", "))
	}
	cfg.Dense = slices.Clone(cfg.Dense)
	return cfg, nil
}

// headWidth is about how many numbers a head of self-attention has, and
// innerShare how many times as wide as the states its dense parts are: twice
// that, and a user vector of 256 numbers would miss its time.
const (
	headWidth  = 64
	innerShare = 2
)

// WithEncoder is the configuration with another user encoder of the same
// width and number of layers.
func (c Config) WithEncoder(kind string) (Config, error) {
	c.Encoder, c.Heads, c.Inner = kind, 0, 0
	switch kind {
	case EncoderGRU:
		c.Encoder = "" // as in bundles from before there was a choice
	case EncoderTransformer:
		c.Heads, c.Inner = max(1, c.Hidden/headWidth), innerShare*c.Hidden
	}
	return c, c.Validate()
}

// EncoderKind is the user encoder, one of Encoders.
func (c Config) EncoderKind() string { return cmp.Or(c.Encoder, EncoderGRU) }

// maxWidth bounds every size and maxParameters all of them together (1 GiB of
// weights, 25 times the largest preset), so that a damaged configuration cannot
// ask for absurd amounts of memory.
const (
	maxWidth      = 1 << 16
	maxParameters = 1 << 28
)

// Validate lists what is wrong with the sizes.
func (c Config) Validate() error {
	bad := func(ok bool) bool { return !ok }
	switch {
	case bad(c.Hidden >= 1 && c.Hidden <= maxWidth):
		return fmt.Errorf("model: hidden is %d, want 1..%d", c.Hidden, maxWidth)
	case bad(c.Layers >= 1 && c.Layers <= 8):
		return fmt.Errorf("model: layers is %d, want 1..8", c.Layers)
	case bad(c.Encoder == "" || slices.Contains(Encoders(), c.Encoder)):
		return fmt.Errorf("model: encoder is %q, want one of %s", c.Encoder, strings.Join(Encoders(), ", "))
	case c.Encoder == EncoderTransformer && bad(c.Heads >= 1 && c.Hidden%c.Heads == 0):
		return fmt.Errorf("model: heads is %d, want a divisor of hidden, %d", c.Heads, c.Hidden)
	case c.Encoder == EncoderTransformer && bad(c.Inner >= 1 && c.Inner <= maxWidth):
		return fmt.Errorf("model: inner is %d, want 1..%d", c.Inner, maxWidth)
	case bad(c.Tower >= 0 && c.Tower <= maxWidth):
		return fmt.Errorf("model: tower is %d, want 0..%d", c.Tower, maxWidth)
	case bad(c.IDBuckets >= 0 && c.IDBuckets <= 1<<24):
		return fmt.Errorf("model: id_buckets is %d, want 0..%d", c.IDBuckets, 1<<24)
	case bad(c.Creators >= 0 && c.Creators <= 1<<24):
		return fmt.Errorf("model: creators is %d, want 0..%d", c.Creators, 1<<24)
	case bad(c.Tower > 0 || c.IDBuckets == 0 && c.Creators == 0):
		return fmt.Errorf("model: embeddings need a tower")
	case bad(c.Tower > 0 || !c.Interests):
		return fmt.Errorf("model: interests need a tower")
	case bad(len(c.Dense) >= 1 && len(c.Dense) <= 8):
		return fmt.Errorf("model: %d dense layers, want 1..8", len(c.Dense))
	case bad(c.Dropout >= 0 && c.Dropout <= 0.9):
		return fmt.Errorf("model: dropout is %g, want 0..0.9", c.Dropout)
	case bad(c.IDDropout >= 0 && c.IDDropout <= 1):
		return fmt.Errorf("model: id_dropout is %g, want 0..1", c.IDDropout)
	case bad(c.Temperature >= 0.001 && c.Temperature <= 10):
		return fmt.Errorf("model: temperature is %g, want 0.001..10", c.Temperature)
	}
	for _, w := range c.Dense {
		if w < 1 || w > maxWidth {
			return fmt.Errorf("model: dense width is %d, want 1..%d", w, maxWidth)
		}
	}
	if n := c.parameters(); n > maxParameters {
		return fmt.Errorf("model: these sizes come to %d parameters, want at most %d", n, maxParameters)
	}
	return nil
}

// parameters is the number of learned values of a network of valid sizes.
func (c Config) parameters() int64 {
	t, h := int64(c.Tower), int64(c.Hidden)
	var n int64
	if t > 0 {
		n = t*(feature.ReelDim+1) + t*int64(c.IDBuckets+c.Creators) + t*(h+1) + t + int64(ageBuckets)
	}
	if c.Interests {
		n += interestValues
	}
	n += c.sequence().parameters()
	in := int64(c.RankWidth())
	for _, w := range c.Dense {
		n += int64(w) * (in + 3) // weights, bias, gamma and beta
		in = int64(w)
	}
	return n + reel.NumHeads*(in+1)
}

// sequence is the sizes of the user encoder.
func (c Config) sequence() SequenceConfig {
	s := SequenceConfig{Kind: c.EncoderKind(), In: c.EventWidth(), Width: c.Hidden, Layers: c.Layers}
	if s.Kind == EncoderTransformer {
		s.Heads, s.Inner, s.Reach, s.Dropout = c.Heads, c.Inner, reel.HistoryLen, c.Dropout
	}
	return s
}

// ReelWidth is the width of a reel as the ranker reads it.
func (c Config) ReelWidth() int {
	if c.Tower > 0 {
		return c.Tower
	}
	return feature.ReelDim
}

// EventWidth is the width of one history entry as the user encoder reads it: the
// tower's output beside the event slots, or the raw vector that holds them.
func (c Config) EventWidth() int {
	if c.Tower > 0 {
		return c.Tower + feature.EventDim
	}
	return feature.ReelDim
}

// RetrievalWidth is the width of the vectors that retrieval compares: the
// tower's output, or the content part of the raw vector.
func (c Config) RetrievalWidth() int {
	if c.Tower > 0 {
		return c.Tower
	}
	return feature.ReelDim - feature.MetaDim
}

// RankWidth is the width of the ranker's input: reel, user, context.
func (c Config) RankWidth() int { return c.ReelWidth() + c.Hidden + feature.ContextDim }

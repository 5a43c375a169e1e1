package rank

import (
	"fmt"

	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/nn"
)

// folded is a dense layer with its BatchNorm multiplied in.
type folded struct {
	in, out int
	w, b    []float32 // [out, in], [out]
}

// fold returns the layer W' = s∘W, b' = s∘b + t for BatchNorm's scale s and shift t.
func fold(b model.Block) folded {
	scale, shift := b.Norm.Affine()
	l := b.Linear
	f := folded{in: l.In, out: l.Out, w: make([]float32, len(l.W.Value)), b: make([]float32, l.Out)}
	for o := range l.Out {
		for i := range l.In {
			f.w[o*l.In+i] = scale[o] * l.W.Value[o*l.In+i]
		}
		f.b[o] = scale[o]*l.B.Value[o] + shift[o]
	}
	return f
}

// foldAll returns the model's dense layers and its heads. It refuses a model
// with values that are not finite, before or after folding: whatever it scores
// would not be a number.
func foldAll(m *model.Model) ([]folded, error) {
	for _, t := range m.Tensors() {
		if !nn.Finite(t.Data) {
			return nil, fmt.Errorf("rank: %s of the model holds values that are not finite: the bundle cannot serve", t.Name)
		}
	}
	var layers []folded
	for _, b := range m.Dense {
		layers = append(layers, fold(b))
	}
	layers = append(layers, folded{in: m.Heads.In, out: m.Heads.Out, w: m.Heads.W.Value, b: m.Heads.B.Value})
	for i, f := range layers {
		if !nn.Finite(f.w) || !nn.Finite(f.b) {
			return nil, fmt.Errorf("rank: layer %d of the model, folded, holds values that are not finite: the bundle cannot serve", i+1)
		}
	}
	return layers, nil
}

// columns copies ranges [lo, hi) of the columns of a layer's weights, side by side.
func (f folded) columns(ranges ...[2]int) []float32 {
	var w []float32
	for o := range f.out {
		for _, r := range ranges {
			w = append(w, f.w[o*f.in+r[0]:o*f.in+r[1]]...)
		}
	}
	return w
}

package model

import (
	"fmt"
	"slices"
	"strings"

	"github.com/reelrank/reelrank/model/bundle"
)

// Tensors lists everything that the model's answers depend on, by name:
// learned parameters and BatchNorm's running statistics. Their Data is the
// model's memory, not a copy.
func (m *Model) Tensors() []bundle.Tensor {
	var ts []bundle.Tensor
	for _, p := range m.Params() {
		ts = append(ts, bundle.Tensor{Name: p.Name, Shape: p.Shape, Data: p.Value})
	}
	for i, b := range m.Dense {
		shape := []int{b.Norm.Width}
		ts = append(ts, bundle.Tensor{Name: fmt.Sprintf("dense%d.norm.running_mean", i+1), Shape: shape, Data: b.Norm.Mean})
		ts = append(ts, bundle.Tensor{Name: fmt.Sprintf("dense%d.norm.running_var", i+1), Shape: shape, Data: b.Norm.Var})
	}
	return ts
}

// FromTensors builds the model of cfg with the tensors of a bundle, which must
// be exactly those that the sizes call for.
func FromTensors(cfg Config, tensors []bundle.Tensor) (*Model, error) {
	m, err := New(cfg, 0)
	if err != nil {
		return nil, err
	}
	byName := map[string]bundle.Tensor{}
	var extra []string
	for _, t := range tensors {
		if _, twice := byName[t.Name]; twice {
			extra = append(extra, t.Name)
		}
		byName[t.Name] = t
	}
	for _, w := range m.Tensors() {
		t, ok := byName[w.Name]
		if !ok {
			return nil, fmt.Errorf("model: tensor %s is missing", w.Name)
		}
		if !slices.Equal(t.Shape, w.Shape) || len(t.Data) != len(w.Data) {
			return nil, fmt.Errorf("model: tensor %s has shape %v and %d values, want %v", w.Name, t.Shape, len(t.Data), w.Shape)
		}
		copy(w.Data, t.Data)
		delete(byName, w.Name)
	}
	for name := range byName {
		extra = append(extra, name)
	}
	if len(extra) > 0 {
		slices.Sort(extra)
		return nil, fmt.Errorf("model: tensors that these sizes do not have, or have once: %s", strings.Join(extra, ", "))
	}
	return m, nil
}

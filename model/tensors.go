package model

import (
	"fmt"

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
	for _, t := range tensors {
		byName[t.Name] = t
	}
	wanted := m.Tensors()
	for _, w := range wanted {
		t, ok := byName[w.Name]
		if !ok {
			return nil, fmt.Errorf("model: tensor %s is missing", w.Name)
		}
		if fmt.Sprint(t.Shape) != fmt.Sprint(w.Shape) {
			return nil, fmt.Errorf("model: tensor %s has shape %v, want %v", w.Name, t.Shape, w.Shape)
		}
		copy(w.Data, t.Data)
	}
	if len(tensors) != len(wanted) {
		return nil, fmt.Errorf("model: %d tensors, want %d", len(tensors), len(wanted))
	}
	return m, nil
}

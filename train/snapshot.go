package train

import (
	"slices"

	"github.com/reelrank/reelrank/model"
)

// snapshot is a copy of everything that a model's answers depend on.
type snapshot map[string][]float32

func takeSnapshot(m *model.Model) snapshot {
	s := snapshot{}
	for _, t := range m.Tensors() {
		s[t.Name] = slices.Clone(t.Data)
	}
	return s
}

// restore puts the copy back.
func (s snapshot) restore(m *model.Model) {
	for _, t := range m.Tensors() {
		copy(t.Data, s[t.Name])
	}
}

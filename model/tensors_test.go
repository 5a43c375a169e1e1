package model

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/model/bundle"
)

type tensor = bundle.Tensor

// copied are a model's tensors in memory of their own.
func copied(m *Model) []tensor {
	ts := m.Tensors()
	for i := range ts {
		ts[i].Data, ts[i].Shape = slices.Clone(ts[i].Data), slices.Clone(ts[i].Shape)
	}
	return ts
}

func TestAModelComesBackBitIdentical(t *testing.T) {
	for _, shape := range shapes {
		m := newWorn(t, shape.cfg, 201)
		dir := filepath.Join(t.TempDir(), "bundle")
		w, err := bundle.Create(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		if err := w.AddTensors(m.Tensors(), nil); err != nil {
			t.Fatal(err)
		}
		manifest := bundle.Manifest{Kind: bundle.KindBundle, Preset: "tiny", Config: []byte("{}"), Pipeline: []byte("{}"), Vocabulary: []byte("{}")}
		if _, err := w.Commit(manifest); err != nil {
			t.Fatal(err)
		}
		opened, err := bundle.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		back, err := FromTensors(shape.cfg, opened.Tensors)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range m.Tensors() {
			if got := back.Tensors()[i]; got.Name != want.Name || !sameBits(got.Data, want.Data) {
				t.Errorf("%s: tensor %s came back as another", shape.name, want.Name)
			}
		}
		b := newBatch(t, m, []int{4, 2}, 202)
		before, _ := predictions(m, b)
		if after, _ := predictions(back, b); !sameBits(before, after) {
			t.Errorf("%s: the model that came back predicts otherwise", shape.name)
		}
	}
}

func TestTensorsHoldEverythingAndShareTheModelsMemory(t *testing.T) {
	m := newWorn(t, withTower, 211)
	size := 0
	for _, x := range m.Tensors() {
		n := 1
		for _, d := range x.Shape {
			n *= d
		}
		if n != len(x.Data) {
			t.Errorf("tensor %s has shape %v and %d values", x.Name, x.Shape, len(x.Data))
		}
		size += n
	}
	statistics := 0
	for _, w := range withTower.Dense {
		statistics += 2 * w
	}
	if want := m.ParameterCount() + statistics; size != want {
		t.Errorf("the tensors hold %d values, want %d", size, want)
	}
	m.Tensors()[0].Data[0] = 42
	if m.Tower.W.Value[0] != 42 {
		t.Error("a tensor is a copy")
	}
}

func TestOnlyTheTensorsOfTheSizesAreTaken(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func([]tensor) []tensor
		want   []string
	}{
		{"missing", func(ts []tensor) []tensor { return ts[1:] }, []string{"tower.weight", "missing"}},
		{"missing statistics", func(ts []tensor) []tensor { return ts[:len(ts)-1] }, []string{"dense2.norm.running_var", "missing"}},
		{"extra", func(ts []tensor) []tensor {
			return append(ts, tensor{Name: "gru9.weight_input", Shape: []int{1}, Data: []float32{1}})
		}, []string{"gru9.weight_input"}},
		{"twice", func(ts []tensor) []tensor { return append(ts, ts[2]) }, []string{"reel_id.table"}},
		{"transposed", func(ts []tensor) []tensor {
			slices.Reverse(ts[0].Shape)
			return ts
		}, []string{"tower.weight", "[1216 6]", "[6 1216]"}},
		{"too short for its shape", func(ts []tensor) []tensor {
			ts[0].Data = ts[0].Data[:5]
			return ts
		}, []string{"tower.weight"}},
	} {
		_, err := FromTensors(withTower, c.change(copied(newWorn(t, withTower, 221))))
		if err == nil {
			t.Errorf("%s: it is taken", c.name)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %q does not say %q", c.name, err, want)
			}
		}
	}
	if _, err := FromTensors(Config{}, nil); err == nil {
		t.Error("sizes of nothing are taken")
	}
}

// poison is where a NaN goes, and the layer that is to be named.
type poison struct {
	tensor string
	at     int
	layer  string
}

func TestTheFirstBrokenLayerIsNamed(t *testing.T) {
	common := []poison{
		{"gru1.weight_input", 0, "gru1"}, {"gru1.weight_hidden", 2, "gru1"}, {"gru1.bias_input", 14, "gru1"}, {"gru2.bias_hidden", 1, "gru2"},
		{"gru2.weight_input", 7, "gru2"}, {"attention.weight", 3, "attention"}, {"attention.bias", 0, "attention"},
		{"dense1.weight", 0, "dense1"}, {"dense1.bias", 2, "dense1"}, {"dense1.norm.gamma", 1, "dense1"}, {"dense2.weight", 5, "dense2"},
		{"dense2.norm.beta", 3, "dense2"}, {"heads.weight", 0, "heads"}, {"heads.bias", 3, "heads"},
	}
	tower := []poison{
		{"tower.weight", 17, "tower"}, {"tower.bias", 5, "tower"}, {"query.weight", 0, "query"}, {"query.bias", 1, "query"},
		{"query.enjoyed", 0, "query"}, {"query.age", 0, "retrieval"},
	}
	checkPoisoned(t, seedLike, common)
	checkPoisoned(t, withTower, append(common, tower...))
}

func checkPoisoned(t *testing.T, cfg Config, poisons []poison) {
	t.Helper()
	for _, x := range poisons {
		for _, obj := range []Objective{balanced, training(1)} {
			m := newWorn(t, cfg, 231)
			b := newBatch(t, m, []int{6, 5, 5}, 232)
			b.Upload[futureReel-1], b.Upload[futureReel-2] = start, start // some reels of the first age bucket
			pass := NewPass(m)
			pass.Forward(b, obj)
			if got := pass.FirstNonFinite(); got != "" {
				t.Fatalf("a sound pass names %q", got)
			}
			i := slices.IndexFunc(m.Tensors(), func(y tensor) bool { return y.Name == x.tensor })
			m.Tensors()[i].Data[x.at] = float32(math.NaN())
			pass.Forward(b, obj)
			if got := pass.FirstNonFinite(); got != x.layer {
				t.Errorf("with a NaN in %s the layer %q is named, want %q", x.tensor, got, x.layer)
			}
		}
	}
}

func TestBrokenEmbeddingsAreTheTowers(t *testing.T) {
	for _, name := range []string{"reel_id.table", "creator_id.table"} {
		m := newWorn(t, withTower, 241)
		b := newBatch(t, m, []int{3}, 242)
		i := slices.IndexFunc(m.Tensors(), func(y tensor) bool { return y.Name == name })
		row := map[string]int32{"reel_id.table": b.IDs[0], "creator_id.table": b.Makers[0]}[name]
		m.Tensors()[i].Data[int(row)*withTower.Tower] = float32(math.Inf(1))
		pass := NewPass(m)
		pass.Forward(b, balanced)
		if got := pass.FirstNonFinite(); got != "tower" {
			t.Errorf("with an infinity in %s the layer %q is named, want tower", name, got)
		}
	}
}

func TestBrokenInputsAreNamed(t *testing.T) {
	nan := float32(math.NaN())
	for name, spoil := range map[string]func(b *Batch){
		"content": func(b *Batch) { b.Content[5] = nan },
		"context": func(b *Batch) { b.Context[6] = nan },
		"event":   func(b *Batch) { b.Event[7] = float32(math.Inf(-1)) },
	} {
		m := newWorn(t, withTower, 251)
		b := newBatch(t, m, []int{3, 3}, 252)
		spoil(b)
		pass := NewPass(m)
		pass.Forward(b, balanced)
		if got := pass.FirstNonFinite(); got != "input features" {
			t.Errorf("with a NaN in the %s %q is named, want the input features", name, got)
		}
	}
	m := newWorn(t, withTower, 253)
	b := newBatch(t, m, []int{3, 3}, 254)
	b.Targets[2][4], b.Weights[2][4] = nan, 1
	pass := NewPass(m)
	pass.Forward(b, balanced)
	if got := pass.FirstNonFinite(); got != "targets" {
		t.Errorf("with a NaN in the targets %q is named, want the targets", got)
	}
}

package bundle

import (
	"path/filepath"
	"testing"
)

func TestModelVersionIsThatOfTheBundleToBe(t *testing.T) {
	tensors, _ := goldenTensors()
	version, err := ModelVersion("seed", tensors)
	if err != nil {
		t.Fatal(err)
	}
	w, err := Create(filepath.Join(t.TempDir(), "feed"))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.AddTensors(tensors, nil); err != nil {
		t.Fatal(err)
	}
	m, err := w.Commit(Manifest{Kind: KindBundle, Preset: "seed"})
	if err != nil || m.ModelVersion != version {
		t.Errorf("the bundle has version %q, foretold was %q (%v)", m.ModelVersion, version, err)
	}
	if _, err := ModelVersion("seed", []Tensor{{Name: "a", Shape: []int{2}}}); err == nil {
		t.Error("a tensor without its values has a version")
	}
}

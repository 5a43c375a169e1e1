package benchmark

import (
	"os"
	"strings"
	"testing"
)

func TestAFinishedPartIsFoundUnderItsOwnSettingsAlone(t *testing.T) {
	dir := t.TempDir()
	open := func(epochs int) *Kept {
		k, err := NewKept(dir, map[string]int{"epochs": epochs})
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	var got []float64
	if found, err := open(3).Load("seed-1", &got); found || err != nil {
		t.Fatalf("an empty folder has a part (%v, error %v)", found, err)
	}
	if err := open(3).Store("seed-1", []float64{0.5, 0.25}); err != nil {
		t.Fatal(err)
	}
	if found, err := open(3).Load("seed-1", &got); !found || err != nil || len(got) != 2 || got[1] != 0.25 {
		t.Errorf("read back %v (%v, error %v)", got, found, err)
	}
	for _, other := range []struct {
		epochs int
		part   string
	}{{4, "seed-1"}, {3, "seed-2"}} {
		if found, err := open(other.epochs).Load(other.part, &got); found || err != nil {
			t.Errorf("%+v finds the part of other settings (error %v)", other, err)
		}
	}
}

func TestADamagedPartIsNamedAndNotMeasuredAsIfAbsent(t *testing.T) {
	k, err := NewKept(t.TempDir(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(k.path("seed-1"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	var v any
	if _, err := k.Load("seed-1", &v); err == nil || !strings.Contains(err.Error(), k.path("seed-1")) {
		t.Errorf("error %v, want one that names the file", err)
	}
}

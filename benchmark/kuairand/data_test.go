package kuairand

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/reelrank/reelrank/benchmark"
	"github.com/reelrank/reelrank/evaluate"
)

// data loads the real log; a test that needs it skips where it is not there.
func data(t *testing.T) *Log {
	t.Helper()
	dir, err := benchmark.Folder(filepath.Join("..", "..", "..", "shared", "data"), "kuairand_pure")
	if err != nil {
		dir, err = benchmark.Folder(filepath.Join("..", "..", "..", "..", "shared", "data"), "kuairand_pure")
	}
	if err != nil {
		t.Skip("needs the files of KuaiRand-Pure:", err)
	}
	l, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// The protocol is the one that others measured on: summed rates reach what an
// independent program found with its own smoothing.
func TestFloorsAgreeWithAnIndependentProgram(t *testing.T) {
	l := data(t)
	p := Cut(l)
	if got := [3]int{len(p.Train) + 56, len(p.Valid), len(p.Test)}; got != [3]int{154071, 30990, 43268} {
		t.Errorf("%d rows to train on, to validate on and to test on", got)
	}
	for s, want := range [numSignals]float64{.715, .712, .777, .717, .680, .611} {
		labels := labelsOf(l, p.Test, Signal(s))
		near := 0.003
		if positives := count(labels); positives < 100 {
			near = 0.01
		}
		if got := evaluate.AUC(floorScores(l, p, Signal(s), false), labels); math.Abs(got-want) > near {
			t.Errorf("%v: AUC %.4f, an independent program found %.3f", Signal(s), got, want)
		}
	}
}

func count(labels []bool) int {
	n := 0
	for _, positive := range labels {
		n += int(flag(positive))
	}
	return n
}

// Nothing that is called past is later than the log, but for rows that are not learned from.
func TestThePastIsBeforeWhatIsLearned(t *testing.T) {
	l := data(t)
	p := Cut(l)
	first := l.Rows[p.Train[0]].Time
	for user, past := range l.Past {
		if past.Last >= first {
			t.Fatalf("user %d has a past that ends at %d, after the first row that is learned from, at %d", user, past.Last, first)
		}
	}
}

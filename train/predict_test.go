package train

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/reel"
)

func mustPredict(t testing.TB, m *model.Model, ex *Examples, lo, hi int) []reel.Predictions {
	t.Helper()
	p, err := Predict(context.Background(), m, ex, lo, hi)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Each row is predicted once, from a window that holds all that came before
// it, or the last forty exposures and more: the same bits as that window alone.
func TestPredictAnswersEveryRowFromItsHistory(t *testing.T) {
	w := newWorld(51, 4, 24, 500) // 125 exposures each
	ex := w.prepare(t)
	m := newModel(t, tinyModel, 1)
	for _, part := range [][2]int{{0, 500}, {450, 500}, {37, 38}, {200, 200}} {
		lo, hi := part[0], part[1]
		got := mustPredict(t, m, ex, lo, hi)
		if len(got) != hi-lo {
			t.Fatalf("rows %d..%d have %d predictions", lo, hi, len(got))
		}
		for i, p := range got {
			if p == (reel.Predictions{}) { // a sigmoid is never 0
				t.Fatalf("row %d has no prediction", lo+i)
			}
		}
		for row := lo; row < hi; row += 29 {
			if !slices.Contains(fromHistories(t, m, ex, int32(row)), got[row-lo]) {
				t.Errorf("row %d of %d..%d is not predicted from a history of %d or more", row, lo, hi, evaluationBurnIn)
			}
		}
	}
}

// fromHistories predicts a row from each history that is long enough: all
// rows before it, or at least evaluationBurnIn and at most reel.HistoryLen.
func fromHistories(t *testing.T, m *model.Model, ex *Examples, row int32) []reel.Predictions {
	t.Helper()
	var rows []int32 // of the user, up to the row
	for _, r := range ex.ByUser[slices.Index(ex.Users, ex.Interactions[row].User)] {
		if r <= row {
			rows = append(rows, r)
		}
	}
	before := len(rows) - 1
	var ps []reel.Predictions
	for n := min(before, evaluationBurnIn); n <= min(before, reel.HistoryLen); n++ {
		pass, b := model.NewPass(m), newBatcher(ex, m, 0)
		pass.Forward(b.build([]window{{rows: rows[before-n:], learn: n}}, 0, nil), model.Objective{})
		ps = append(ps, probabilities(pass.Logits[n*reel.NumHeads:]))
	}
	return ps
}

// A prediction knows neither its own outcome nor anything later, in its
// history, its features or its counters: other outcomes from some row on leave
// all predictions up to that row bit-equal.
func TestPredictionsDoNotKnowTheirOutcome(t *testing.T) {
	before := newWorld(52, 4, 24, 300)
	after := newWorld(52, 4, 24, 300)
	const change = 170
	rng := seeded(1)
	for i := change; i < len(after.log); i++ {
		it := &after.log[i]
		it.Watch, it.Signals = 1-it.Watch, it.Signals^reel.Liked^reel.Followed^reel.Shared
		if i > change { // and later another exposure altogether
			*it = after.expose(rng, reel.UserID(rng.IntN(4)), it.Time)
		}
	}
	m := newModel(t, tinyModel, 1)
	was, is := mustPredict(t, m, before.prepare(t), 0, 300), mustPredict(t, m, after.prepare(t), 0, 300)
	if !slices.Equal(was[:change+1], is[:change+1]) {
		t.Errorf("predictions up to row %d changed with outcomes from it on", change)
	}
	if slices.Equal(was[change+1:], is[change+1:]) {
		t.Error("another past changes no prediction")
	}
}

func TestPredictEndsWithItsContext(t *testing.T) {
	w := newWorld(53, 4, 24, 100)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Predict(ctx, newModel(t, tinyModel, 1), w.prepare(t), 0, 100); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

func TestPredictOfNothingIsNothing(t *testing.T) {
	w := newWorld(54, 4, 24, 0)
	if got := mustPredict(t, newModel(t, tinyModel, 1), w.prepare(t), 0, 0); len(got) != 0 {
		t.Errorf("an empty log has %d predictions", len(got))
	}
}

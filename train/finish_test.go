package train

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
)

// finished trains an epoch and then finishes at the given rate.
func finished(t *testing.T, rate float64) (before, after snapshot) {
	t.Helper()
	w := newWorld(51, 12, 40, 600)
	cfg := tinyTrain()
	cfg.Epochs, cfg.FinishRate = 1, rate
	trainer := mustTrainer(t, newModel(t, tinyModel, 1), w.prepare(t), cfg, w.parts())
	if _, err := trainer.Run(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	before = takeSnapshot(trainer.m)
	if err := trainer.Finish(context.Background()); err != nil {
		t.Fatal(err)
	}
	return before, takeSnapshot(trainer.m)
}

func TestFinishLearnsFromTheValidationPart(t *testing.T) {
	before, after := finished(t, 0.5)
	if maps.EqualFunc(before, after, slices.Equal[[]float32]) {
		t.Error("the last pass changed no weight")
	}
	_, again := finished(t, 0.5)
	if !maps.EqualFunc(after, again, slices.Equal[[]float32]) {
		t.Error("the same run finishes with other weights")
	}
}

func TestFinishAtRateZeroChangesNothing(t *testing.T) {
	before, after := finished(t, 0)
	if !maps.EqualFunc(before, after, slices.Equal[[]float32]) {
		t.Error("weights changed")
	}
}

func TestFinishLearnsFromNoRowOfTheTestPart(t *testing.T) {
	w := newWorld(52, 12, 40, 600)
	parts := w.parts()
	ex := w.prepare(t)
	covered := map[int32]int{}
	for _, win := range ex.newestWindows(parts.Train, parts.Validation, trainingBurnIn) {
		for i, row := range win.rows {
			if i >= win.learn {
				covered[row]++
			}
		}
	}
	if len(covered) != parts.Validation-parts.Train {
		t.Errorf("%d rows are learned, want the %d of the validation part", len(covered), parts.Validation-parts.Train)
	}
	for row, n := range covered {
		if int(row) < parts.Train || int(row) >= parts.Validation || n != 1 {
			t.Errorf("row %d is learned %d times, want once and only from %d to %d", row, n, parts.Train, parts.Validation)
		}
	}
}

func TestFinishStopsWithItsContext(t *testing.T) {
	w := newWorld(53, 12, 40, 600)
	cfg := tinyTrain()
	cfg.FinishRate = 0.5
	trainer := mustTrainer(t, newModel(t, tinyModel, 1), w.prepare(t), cfg, w.parts())
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := trainer.Finish(ctx); !errors.Is(err, ErrInterrupted) {
		t.Errorf("error %v, want ErrInterrupted", err)
	}
}

package recommend

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/model/bundle"
	"github.com/reelrank/reelrank/train"
)

// interrupt fits until the given step of the given epoch (both from 1) and
// then ends the context, as Ctrl-C does.
func interrupt(t *testing.T, r *Recommender, epoch, step int) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := r.Fit(ctx, tiny(), FitOptions{Trained: func(p train.Progress) {
		if p.Epoch == epoch && p.Step >= step && p.Finished == nil {
			cancel()
		}
	}})
	return err
}

func withCheckpoints(t *testing.T) config.Config {
	cfg := brief()
	cfg.Train.CheckpointDir = t.TempDir()
	return cfg
}

func TestAnInterruptedFitResumesToTheSameModel(t *testing.T) {
	if testing.Short() {
		t.Skip("it trains three times, which the race detector makes long")
	}
	whole := fitted(t)
	for _, at := range []struct{ epoch, step int }{{1, 1}, {2, 2}} {
		cfg := withCheckpoints(t)
		r := New(cfg)
		if err := interrupt(t, r, at.epoch, at.step); !errors.Is(err, train.ErrInterrupted) || !strings.Contains(err.Error(), cfg.Train.CheckpointDir) {
			t.Fatalf("epoch %d: got %v, want ErrInterrupted with the checkpoint's place", at.epoch, err)
		}
		if _, err := r.Recommend(t.Context(), Request{User: 1, K: 1}); !errors.Is(err, ErrNotFitted) {
			t.Errorf("epoch %d: half a model is in service: %v", at.epoch, err)
		}
		resumed := New(cfg)
		if _, err := resumed.Fit(t.Context(), tiny(), FitOptions{Resume: true}); err != nil {
			t.Fatal(err)
		}
		if got, want := resumed.Facts().ModelVersion, whole.Facts().ModelVersion; got != want {
			t.Errorf("interrupted in epoch %d: model %s, want %s", at.epoch, got, want)
		}
		for n, it := range tiny().Interactions {
			if n%50 != 0 {
				continue
			}
			a, b := prediction(t, whole, it.User, it.Reel), prediction(t, resumed, it.User, it.Reel)
			if a.Predictions != b.Predictions || a.Score != b.Score {
				t.Fatalf("user %d, reel %d: %v, without the interruption %v", it.User, it.Reel, b.Predictions, a.Predictions)
			}
		}
	}
}

func TestAnInterruptedFitKeepsTheOldModelInService(t *testing.T) {
	cfg := withCheckpoints(t)
	cfg.Train.Epochs = 1
	r := fit(t, cfg, part(len(tiny().Interactions)/2))
	before := r.Facts().ModelVersion
	if err := interrupt(t, r, 1, 1); !errors.Is(err, train.ErrInterrupted) {
		t.Fatalf("got %v", err)
	}
	if got := r.Facts().ModelVersion; got != before {
		t.Errorf("model %s is in service, want still %s", got, before)
	}
}

func TestResumeRefusesAnotherRun(t *testing.T) {
	cfg := withCheckpoints(t)
	if err := interrupt(t, New(cfg), 1, 1); !errors.Is(err, train.ErrInterrupted) {
		t.Fatalf("got %v", err)
	}
	cfg.Train.LearningRate *= 2
	if _, err := New(cfg).Fit(t.Context(), tiny(), FitOptions{Resume: true}); !errors.Is(err, train.ErrOtherRun) {
		t.Errorf("other settings: %v", err)
	}
	cfg.Train.LearningRate /= 2
	if _, err := New(cfg).Fit(t.Context(), part(len(tiny().Interactions)-1), FitOptions{Resume: true}); !errors.Is(err, train.ErrOtherRun) {
		t.Errorf("other data: %v", err)
	}
}

func TestResumeWithoutACheckpointSaysWhatIsMissing(t *testing.T) {
	cfg := withCheckpoints(t)
	_, err := New(cfg).Fit(t.Context(), tiny(), FitOptions{Resume: true})
	if !errors.Is(err, bundle.ErrMissing) || !strings.Contains(err.Error(), cfg.Train.CheckpointDir) {
		t.Errorf("an empty directory: %v", err)
	}
	cfg.Train.CheckpointDir = ""
	_, err = New(cfg).Fit(t.Context(), tiny(), FitOptions{Resume: true})
	if err == nil || !strings.Contains(err.Error(), "train.checkpoint_dir") {
		t.Errorf("no directory: %v, want a word of train.checkpoint_dir", err)
	}
}

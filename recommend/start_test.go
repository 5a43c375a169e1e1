package recommend

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/model/bundle"
	"github.com/reelrank/reelrank/train"
)

// modelOnly saves the shared model without its data.
func modelOnly(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "bundle")
	if err := fitted(t).SaveModel(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// firstLoss is that of the first step of a training.
func firstLoss(t *testing.T, opts FitOptions) (loss float64) {
	t.Helper()
	cfg := brief()
	cfg.Train.Epochs, cfg.Train.LearningRate = 1, 1e-4
	opts.Trained = func(p train.Progress) {
		if p.Step == 1 && p.Finished == nil {
			loss = p.Loss
		}
	}
	if _, err := New(cfg).Fit(t.Context(), tiny(), opts); err != nil {
		t.Fatal(err)
	}
	return loss
}

func TestAWarmStartGoesOnFromTheWeights(t *testing.T) {
	dir := modelOnly(t)
	cold, warm := firstLoss(t, FitOptions{}), firstLoss(t, FitOptions{Warm: dir})
	if !(warm < cold) || warm == 0 {
		t.Errorf("the first step has a loss of %g, from the beginning %g", warm, cold)
	}
}

func TestAWarmStartThatLearnsNothingIsTheModel(t *testing.T) {
	cfg := brief()
	cfg.Train.Epochs, cfg.Train.LearningRate, cfg.Train.WeightDecay, cfg.Train.FinishRate = 1, 1e-30, 0, 0
	r := New(cfg)
	if _, err := r.Fit(t.Context(), tiny(), FitOptions{Warm: modelOnly(t)}); err != nil {
		t.Fatal(err)
	}
	from, to := fitted(t).engine.Load(), r.engine.Load()
	for k, w := range from.model.Params() {
		if !slices.Equal(w.Value, to.model.Params()[k].Value) {
			t.Errorf("%s has changed", w.Name)
		}
	}
	if a, b := encoderJSON(t, from), encoderJSON(t, to); a != b {
		t.Errorf("the reel features were fitted anew: %s, not %s", b, a)
	}
}

func encoderJSON(t *testing.T, e *engine) string {
	t.Helper()
	m, err := e.manifest()
	if err != nil {
		t.Fatal(err)
	}
	return string(m.Pipeline)
}

func TestAWarmStartFromAnotherPresetIsRefused(t *testing.T) {
	cfg := brief()
	cfg.Model.Preset = "default"
	_, err := New(cfg).Fit(t.Context(), tiny(), FitOptions{Warm: modelOnly(t)})
	var other *PresetError
	if !errors.As(err, &other) || other.Preset != "compact" || other.Wanted != "default" || !strings.Contains(err.Error(), "set model.preset=compact and model.encoder=gru") {
		t.Errorf("got %v", err)
	}
	if _, err := New(brief()).Fit(t.Context(), tiny(), FitOptions{Warm: filepath.Join(t.TempDir(), "nowhere")}); !errors.Is(err, bundle.ErrMissing) {
		t.Errorf("a bundle that is not there: %v", err)
	}
}

func TestNothingIsLearnedFromTestFromOn(t *testing.T) {
	log := tiny().Interactions
	from := log[len(log)/2].Time
	r := New(brief())
	result, err := r.Fit(t.Context(), tiny(), FitOptions{TestFrom: from})
	if err != nil {
		t.Fatal(err)
	}
	before := trainingRows(log, from)
	if result.Train+result.Validation != before || result.Test != len(log)-before || r.Facts().LearnedTo != from {
		t.Errorf("%+v, learned to %d; want %d rows before %d", result, r.Facts().LearnedTo, before, from)
	}
	if _, err := New(brief()).Fit(t.Context(), tiny(), FitOptions{TestFrom: log[0].Time}); err == nil || !strings.Contains(err.Error(), "too few to learn from") {
		t.Errorf("everything held out: %v", err)
	}
}

func TestAModelWithoutDataServesOverAWorldAlone(t *testing.T) {
	dir := modelOnly(t)
	if _, err := Load(t.Context(), dir); !errors.Is(err, ErrNoData) {
		t.Errorf("loaded by itself: %v", err)
	}
	full, copied := filepath.Join(t.TempDir(), "full"), filepath.Join(t.TempDir(), "copy")
	if err := fitted(t).Save(t.Context(), full); err != nil {
		t.Fatal(err)
	}
	if err := CopyModel(full, copied); err != nil {
		t.Fatal(err)
	}
	e := fitted(t).engine.Load()
	for _, d := range []string{dir, copied} {
		r, err := LoadOnto(t.Context(), d, e.world, nil)
		if err != nil {
			t.Fatal(err)
		}
		one := Request{User: tiny().Interactions[0].User, K: 5}
		if got, want := reelIDs(slate(t, r, one)), reelIDs(slate(t, fitted(t), one)); !slices.Equal(got, want) {
			t.Errorf("%s answers %v, want %v", filepath.Base(d), got, want)
		}
		facts, err := BundleFacts(d)
		if err != nil || facts.ModelVersion != r.Facts().ModelVersion || facts.LearnedTo != r.Facts().LearnedTo || facts.LearnedTo == 0 {
			t.Errorf("the manifest says %+v, %v; the model %+v", facts, err, r.Facts())
		}
	}
}

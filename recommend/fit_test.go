package recommend

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/dataset"
	"github.com/reelrank/reelrank/train"
)

func TestFitSaysWhatItDid(t *testing.T) {
	cfg := brief()
	cfg.Train.Epochs = 1
	var prepared, steps, epochs int
	r := New(cfg)
	result, err := r.Fit(t.Context(), tiny(), FitOptions{
		Created:  1234,
		Prepared: func(done, total int) { prepared = done },
		Trained: func(p train.Progress) {
			steps++
			if p.Finished != nil {
				epochs++
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	rows := len(tiny().Interactions)
	if sum := result.Train + result.Validation + result.Test; sum != rows {
		t.Errorf("%d training, %d validation and %d test rows of %d", result.Train, result.Validation, result.Test, rows)
	}
	if prepared != rows || steps < 2 || epochs != 1 || len(result.Training.Epochs) != 1 || result.Training.BestEpoch != 1 {
		t.Errorf("told of %d rows, %d steps and %d epochs; the result is %+v", prepared, steps, epochs, result.Training)
	}
	f := r.Facts()
	from, to := tiny().Window()
	want := Facts{
		ModelVersion: result.ModelVersion, Preset: "compact", Parameters: result.Parameters,
		Reels: len(tiny().Reels), Users: len(users(tiny().Interactions)), TrainedOn: result.Train, DataFrom: from, DataTo: to,
	}
	for name := range f.Metrics {
		if !strings.HasPrefix(name, "validation_") {
			t.Errorf("metric %s before any evaluation", name)
		}
	}
	if f.Metrics["validation_loss"] != result.Training.Epochs[0].Validation {
		t.Errorf("metrics %v, want the validation loss of %+v", f.Metrics, result.Training.Epochs[0])
	}
	if !slices.Contains(similarityWeights, result.SimilarityWeight) {
		t.Errorf("similarity weight %g, want one of %v", result.SimilarityWeight, similarityWeights)
	}
	f.Metrics = nil
	if f.ModelVersion != want.ModelVersion || f.Preset != want.Preset || f.Parameters != want.Parameters || f.Reels != want.Reels ||
		f.Users != want.Users || f.TrainedOn != want.TrainedOn || f.DataFrom != want.DataFrom || f.DataTo != want.DataTo {
		t.Errorf("facts %+v, want %+v", f, want)
	}
}

func TestTheSameSeedGivesTheSameModel(t *testing.T) {
	cfg := brief()
	cfg.Train.Epochs = 1
	ds := part(len(tiny().Interactions) / 3)
	one, two := fit(t, cfg, ds), fit(t, cfg, ds)
	cfg.Seed = 2
	other := fit(t, cfg, ds)
	if one.Facts().ModelVersion != two.Facts().ModelVersion {
		t.Errorf("two runs gave %s and %s", one.Facts().ModelVersion, two.Facts().ModelVersion)
	}
	if one.Facts().ModelVersion == other.Facts().ModelVersion {
		t.Errorf("another seed gave %s too", other.Facts().ModelVersion)
	}
}

func TestFitRefusesWhatItCannotTrainOn(t *testing.T) {
	for _, c := range []struct {
		name, says string
		ds         *dataset.Dataset
		adjust     func(*config.Config)
	}{
		{"no interactions", "0 interactions", &dataset.Dataset{Reels: tiny().Reels}, func(*config.Config) {}},
		{"shares without room for training", "add up to less than 1", tiny(), func(c *config.Config) { c.Train.ValidationShare, c.Train.TestShare = 0.5, 0.5 }},
		{"an unknown preset", `"big"`, tiny(), func(c *config.Config) { c.Model.Preset = "big" }},
		{"a reel outside the catalogue", "not in the catalogue", &dataset.Dataset{Interactions: tiny().Interactions, Reels: tiny().Reels[:1]}, func(*config.Config) {}},
		{"the same reel twice", "reel", &dataset.Dataset{Interactions: tiny().Interactions, Reels: append(tiny().Reels[:1:1], tiny().Reels...)}, func(*config.Config) {}},
	} {
		cfg := brief()
		c.adjust(&cfg)
		r := New(cfg)
		_, err := r.Fit(t.Context(), c.ds, FitOptions{})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want a word of %q", c.name, err, c.says)
		}
		if _, err := r.current(); !errors.Is(err, ErrNotFitted) {
			t.Errorf("%s: a model is in service", c.name)
		}
	}
}

func TestTheReelFeaturesAreFittedOnTrainingReelsAlone(t *testing.T) {
	split, err := tiny().Split(0.1, 0.1)
	if err != nil {
		t.Fatal(err)
	}
	late := *tiny()
	late.Reels = slices.Clone(late.Reels)
	changed := 0
	for i := range late.Reels {
		if r := &late.Reels[i]; r.Uploaded >= split.ValidationFrom {
			r.Duration, r.Category, r.Language = 3600, "opera", "la"
			changed++
		}
	}
	if changed == 0 {
		t.Fatal("no reel is that new")
	}
	if got, want := encoderState(t, &late, split.ValidationFrom), encoderState(t, tiny(), split.ValidationFrom); got != want {
		t.Errorf("%d later reels change what was learned to\n%s\nfrom\n%s", changed, got, want)
	}
}

func encoderState(t *testing.T, ds *dataset.Dataset, before int64) string {
	t.Helper()
	encoder, err := fitEncoder(ds, before)
	if err != nil {
		t.Fatal(err)
	}
	state, err := json.Marshal(encoder)
	if err != nil {
		t.Fatal(err)
	}
	return string(state)
}

func TestTheModelHasTheConfiguredTrainingSettings(t *testing.T) {
	cfg := brief()
	cfg.Model.Dropout, cfg.Train.Temperature = 0.25, 0.5
	sizes, err := modelConfig(cfg)
	if err != nil || sizes.Dropout != 0.25 || sizes.Temperature != 0.5 || sizes.Preset != "compact" {
		t.Errorf("%+v, %v", sizes, err)
	}
}

func TestFitStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := New(brief()).Fit(ctx, tiny(), FitOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

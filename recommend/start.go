package recommend

import (
	"fmt"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/dataset"
	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/reel"
)

// start is where a training begins: a network and the reel features that it
// reads.
type start struct {
	model   *model.Model
	encoder *feature.Encoder
	warm    bool // both are of a model that has learned before
}

// PresetError says that a training cannot go on from a bundle, because the
// network to train has other sizes, or another user encoder.
type PresetError struct {
	Bundle                 string
	Preset, Wanted         string // of the bundle, and in model.preset
	Encoder, WantedEncoder string // of the bundle, and in model.encoder
}

func (e *PresetError) Error() string {
	return fmt.Sprintf("warm start: bundle %s has the preset %q with the encoder %q, model.preset is %q and model.encoder %q: the weights do not fit; "+
		"set model.preset=%s and model.encoder=%s, or train from the beginning",
		e.Bundle, e.Preset, e.Encoder, e.Wanted, e.WantedEncoder, e.Preset, e.Encoder)
}

// start begins by chance, or with what a bundle knows. The features of a warm
// start are the bundle's own: the weights mean nothing for others.
func (r *Recommender) start(ds *dataset.Dataset, split dataset.Split, bundle string) (start, error) {
	sizes, err := modelConfig(r.cfg)
	if err != nil {
		return start{}, err
	}
	if bundle != "" {
		return warmStart(bundle, sizes)
	}
	s := start{}
	if s.encoder, err = fitEncoder(ds, split.ValidationFrom); err != nil {
		return start{}, fmt.Errorf("fit the reel features: %w", err)
	}
	s.model, err = model.New(sizes, r.cfg.Seed)
	return s, err
}

func warmStart(bundle string, sizes model.Config) (start, error) {
	t, _, err := loadModel(bundle, nil)
	if err != nil {
		return start{}, loadError(bundle, err)
	}
	own := t.model.Config
	if own.Preset != sizes.Preset || own.EncoderKind() != sizes.EncoderKind() {
		return start{}, &PresetError{bundle, own.Preset, sizes.Preset, own.EncoderKind(), sizes.EncoderKind()}
	}
	t.model.Config.Dropout, t.model.Config.Temperature = sizes.Dropout, sizes.Temperature
	return start{model: t.model, encoder: t.encoder, warm: true}, nil
}

// modelConfig is the preset's sizes with the configured training settings.
func modelConfig(cfg config.Config) (model.Config, error) {
	sizes, err := model.PresetConfig(cfg.Model.Preset)
	if err != nil {
		return model.Config{}, err
	}
	sizes.Dropout, sizes.Temperature = cfg.Model.Dropout, cfg.Train.Temperature
	return sizes.WithEncoder(cfg.Model.Encoder)
}

// fitEncoder learns the reel features from the reels that existed when the
// training part ended.
func fitEncoder(ds *dataset.Dataset, validationFrom int64) (*feature.Encoder, error) {
	var known []reel.Reel
	for _, r := range ds.Reels {
		if r.Uploaded < validationFrom {
			known = append(known, r)
		}
	}
	return feature.Fit(known)
}

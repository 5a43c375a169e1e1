package recommend

import (
	"context"
	"errors"
	"fmt"
	"sort"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/dataset"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/train"
)

// FitOptions are how Fit reports and starts.
type FitOptions struct {
	// Resume continues from the checkpoint in train.checkpoint_dir.
	Resume bool
	// Prepared, when not nil, is told how many interactions were read.
	Prepared func(done, total int)
	// Trained, when not nil, is told after every step of training.
	Trained func(train.Progress)
	// Created is the time that the bundle will bear, in unix seconds; 0 takes
	// the time of the newest interaction, so that equal runs give equal bundles.
	Created int64
	// Warm, when not empty, is the bundle from whose model the training goes on,
	// with its weights and its reel features, instead of beginning by chance.
	Warm string
	// TestFrom, when not 0, is the time in unix seconds from which on nothing is
	// learned, instead of the newest train.test_share.
	TestFrom int64
}

// FitResult says what Fit did.
type FitResult struct {
	Training     train.Result
	Parameters   int
	Train        int // interactions of each part
	Validation   int
	Test         int
	ModelVersion string

	// SimilarityWeight is that of the score: the configured one, or the one
	// chosen on the validation part. Corrected tells whether the context of a
	// candidate corrects the similarity, which the validation part decides too.
	SimilarityWeight float64
	Corrected        bool
}

// Fit trains a model on the dataset and puts it into service over the whole
// of it. The newest train.test_share of the interactions is kept out of the
// training for Evaluate; the train.validation_share before it chooses the
// best epoch. The dataset must not change afterwards.
//
// Where ctx ends during the training, the error wraps train.ErrInterrupted
// and a checkpoint lies in train.checkpoint_dir.
func (r *Recommender) Fit(ctx context.Context, ds *dataset.Dataset, opts FitOptions) (FitResult, error) {
	split, err := opts.split(ds, r.cfg.Train)
	if err != nil {
		return FitResult{}, err
	}
	cat, err := catalog.New(ds.Reels)
	if err != nil {
		return FitResult{}, err
	}
	start, err := r.start(ds, split, opts.Warm)
	if err != nil {
		return FitResult{}, err
	}
	examples, err := train.Prepare(ctx, cat, newCounters(r.cfg, cat), start.encoder, ds.Interactions, opts.Prepared)
	if err != nil {
		return FitResult{}, err
	}
	parts := train.Parts{Train: len(split.Train), Validation: len(split.Train) + len(split.Validation)}
	trainer, err := r.trainer(start, examples, parts, opts)
	if err != nil {
		return FitResult{}, err
	}
	m := start.model
	result, err := trainer.Run(ctx, opts.Trained)
	if err != nil {
		return FitResult{Training: result}, err
	}
	m.RoundRecurrent() // the network that chooses is one that can serve
	t := trained{
		cfg: r.cfg, model: m, encoder: start.encoder, data: ds, epochs: result.Epochs, created: created(opts, ds),
		cuts: cuts{ValidationFrom: split.ValidationFrom, TestFrom: split.TestFrom}, metrics: validationMetrics(result),
	}
	if err := t.choose(ctx, cat, parts); err != nil {
		return FitResult{Training: result}, err
	}
	if err := trainer.Finish(ctx); err != nil {
		return FitResult{Training: result}, err
	}
	m.RoundRecurrent()
	t.past = pastOf(ds, t.cuts)
	together := newTogether(r.cfg, cat)
	together.Replay(ds.Interactions)
	w := worldOf(cat, examples.Counters, together, kept(examples.Profiles))
	w.Advance(t.past.To)
	w.CountUsers(len(examples.Profiles))
	e, err := join(ctx, t, w)
	if err != nil {
		return FitResult{Training: result}, err
	}
	e.examples = examples
	r.engine.Store(e)
	return FitResult{
		Training: result, Parameters: m.ParameterCount(), ModelVersion: e.version,
		SimilarityWeight: e.cfg.Rank.SimilarityWeight, Corrected: e.correction != nil,
		Train: len(split.Train), Validation: len(split.Validation), Test: len(split.Test),
	}, nil
}

// split cuts the data where the options say.
func (o FitOptions) split(ds *dataset.Dataset, cfg config.Train) (dataset.Split, error) {
	if o.TestFrom != 0 {
		return ds.SplitAt(o.TestFrom, cfg.ValidationShare)
	}
	return ds.Split(cfg.ValidationShare, cfg.TestShare)
}

// trainer is that of the model, at its start or where the checkpoint stands.
func (r *Recommender) trainer(from start, ex *train.Examples, parts train.Parts, opts FitOptions) (*train.Trainer, error) {
	if !from.warm {
		from.model.InitHeadBias(ex.BaseRates(parts.Train))
	}
	t, err := train.New(from.model, ex, r.cfg.Train, r.cfg.Seed, parts)
	if err != nil {
		return nil, err
	}
	if opts.Resume {
		if r.cfg.Train.CheckpointDir == "" {
			return nil, errors.New("resume: train.checkpoint_dir is not set: name the directory that the interrupted run wrote to")
		}
		if err := t.Resume(); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// validationMetrics are the losses of the epoch whose weights were kept.
func validationMetrics(result train.Result) map[string]float64 {
	if result.BestEpoch == 0 {
		return map[string]float64{}
	}
	best := result.Epochs[result.BestEpoch-1]
	metrics := map[string]float64{"validation_loss": best.Validation, "validation_retrieval_loss": best.Retrieval}
	for h := range reel.Head(reel.NumHeads) {
		metrics[fmt.Sprintf("validation_%s_loss", h)] = best.Heads[h]
	}
	return metrics
}

func created(opts FitOptions, ds *dataset.Dataset) int64 {
	if opts.Created != 0 {
		return opts.Created
	}
	_, newest := ds.Window()
	return newest
}

// pastOf is the log of a dataset as facts tell of it.
func pastOf(ds *dataset.Dataset, c cuts) past {
	from, to := ds.Window()
	return past{From: from, To: to, Interactions: trainingRows(ds.Interactions, c.ValidationFrom)}
}

// trainingRows counts the interactions before a time.
func trainingRows(log []reel.Interaction, before int64) int {
	return sort.Search(len(log), func(i int) bool { return log[i].Time >= before })
}

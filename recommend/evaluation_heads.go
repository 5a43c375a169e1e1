package recommend

import (
	"context"

	"github.com/reelrank/reelrank/evaluate"
	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/rank"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/train"
)

// headSamples are the ranker's predictions for the exposures from row cut on.
func (e *engine) headSamples(ctx context.Context, cut int) ([]evaluate.HeadSample, error) {
	examples := e.examples
	if examples == nil { // a loaded bundle: replay its log
		var err error
		examples, err = train.Prepare(ctx, e.catalog, newCounters(e.cfg, e.catalog), e.encoder, e.data.Interactions, nil)
		if err != nil {
			return nil, err
		}
	}
	predictions, err := e.predictions(ctx, examples, cut)
	if err != nil {
		return nil, err
	}
	samples := make([]evaluate.HeadSample, len(predictions))
	for i, p := range predictions {
		it := &examples.Interactions[cut+i]
		samples[i] = evaluate.HeadSample{User: it.User, Predicted: p, Actual: evaluate.OutcomeOf(it)}
	}
	return samples, nil
}

// predictions are what the model expects of the exposures from row cut on. In
// float32 the trained network says the same as the one that serves, many
// times as fast, since it walks through each user's exposures once.
func (e *engine) predictions(ctx context.Context, examples *train.Examples, cut int) ([]reel.Predictions, error) {
	if rank.Precision(e.cfg.Rank.Precision) == rank.Float32 {
		return train.Predict(ctx, e.model, examples, cut, len(examples.Interactions))
	}
	return e.servedPredictions(ctx, examples, cut)
}

// exposure is a row of the log with the user's history before it.
type exposure struct {
	row     int
	history model.History
}

// servedBlock is how many exposures servedPredictions holds in memory.
const servedBlock = 1024

// servedPredictions scores each exposure as a request of its own.
func (e *engine) servedPredictions(ctx context.Context, examples *train.Examples, cut int) ([]reel.Predictions, error) {
	predictions := make([]reel.Predictions, len(examples.Interactions)-cut)
	block, recent := make([]exposure, 0, servedBlock), make([]reel.Interaction, 0, reel.HistoryLen)
	flush := func() {
		e.scoreExposures(examples, block, predictions, cut)
		block = block[:0]
	}
	for _, rows := range examples.ByUser {
		for n, row := range rows {
			if int(row) < cut {
				continue
			}
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			recent = recent[:0]
			for _, before := range rows[max(0, n-reel.HistoryLen):n] {
				recent = append(recent, examples.Interactions[before])
			}
			block = append(block, exposure{int(row), e.history(recent)})
			if len(block) == servedBlock {
				flush()
			}
		}
	}
	flush()
	return predictions, nil
}

func (e *engine) scoreExposures(examples *train.Examples, block []exposure, predictions []reel.Predictions, cut int) {
	histories := make([]model.History, len(block))
	for i := range block {
		histories[i] = block[i].history
	}
	for i, user := range e.users.EncodeBatch(histories) {
		row := block[i].row
		one := [1]reel.Candidate{{Index: examples.Reel[row]}}
		e.scorer.Score(user, examples.Context[row*feature.ContextDim:(row+1)*feature.ContextDim], one[:], rank.Blend{})
		predictions[row-cut] = one[0].Predictions
	}
}

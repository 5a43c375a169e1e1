package train

import (
	"context"

	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/nn/kernel"
	"github.com/reelrank/reelrank/reel"
)

// predictBatch is how many exposures Predict runs at a time.
const predictBatch = 1600

// Predict returns what the model expects of the rows lo..hi of the examples,
// each from the history and features before it: element i is row lo+i.
func Predict(ctx context.Context, m *model.Model, ex *Examples, lo, hi int) ([]reel.Predictions, error) {
	out := make([]reel.Predictions, hi-lo)
	first := newBatcher(ex, m, lo)
	pass := model.NewPass(m)
	groups := group(ex.evaluationWindows(lo, hi), predictBatch)
	ahead := startFeed([]*batcher{first, first.population.batcher()}, 0, len(groups), func(b *batcher, i int) {
		b.build(groups[i], 0, nil)
	})
	defer ahead.close()
	for range groups {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		b := ahead.next()
		pass.Forward(&b.batch, model.Objective{})
		for at, row := range b.rows {
			if !b.learned[at] { // it only builds the state here; another window predicts it
				continue
			}
			out[int(row)-lo] = probabilities(pass.Logits[at*reel.NumHeads:])
		}
	}
	return out, nil
}

// probabilities are what the first logits stand for.
func probabilities(logits []float32) (p reel.Predictions) {
	kernel.Sigmoid(p[:], logits[:reel.NumHeads])
	return p
}

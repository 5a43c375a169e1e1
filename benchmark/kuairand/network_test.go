package kuairand

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/reelrank/reelrank/evaluate"
)

// What only the video's label tells is learned where there are embeddings, and
// cannot be where there are none.
func TestEmbeddingsLearnWhatLabelsTell(t *testing.T) {
	const rows = 4000
	rng := rand.New(rand.NewPCG(41, 1))
	in := &Inputs{Width: 1}
	var all []int32
	var labels []bool
	for f := range in.Labels {
		in.Labels[f] = make([]int32, rows)
	}
	for h := range in.Targets {
		in.Targets[h] = make([]float32, rows)
	}
	for r := range rows {
		video := rng.Int32N(40)
		all, labels = append(all, int32(r)), append(labels, video%2 == 0)
		in.Dense = append(in.Dense, rng.Float32())
		in.Labels[0][r], in.Targets[LongView][r] = video, flag(video%2 == 0)
	}
	for _, ids := range []bool{true, false} {
		o := usualFitting(1)
		o.Shape.IDs, o.Batch, o.Rate = ids, 64, 1e-2
		n, _, err := fit(context.Background(), in, all[:3000], nil, o, func(int, int) {})
		if err != nil {
			t.Fatal(err)
		}
		auc := evaluate.AUC(n.logits(in, all[3000:])[LongView], labels[3000:])
		if ids && auc < 0.95 || !ids && auc > 0.6 {
			t.Errorf("embeddings %v: AUC %.3f", ids, auc)
		}
	}
}

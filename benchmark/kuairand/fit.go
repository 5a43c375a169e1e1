package kuairand

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/reelrank/reelrank/nn"
)

// fitting is how a network is trained.
type fitting struct {
	Shape       shape
	HeadWeights []float64 // of the losses, one per head
	Epochs      int
	Batch       int
	Rate        float64 // the highest learning rate: a warm-up leads to it, half a cosine away
	Decay       float64
	Seed        uint64
}

// usualFitting is chosen on validation; docs/benchmarks.md has the alternatives.
func usualFitting(seed uint64) fitting {
	return fitting{
		Shape: shape{Wide: true}, HeadWeights: slices.Repeat([]float64{1}, numHeads),
		Epochs: 5, Batch: 512, Rate: 1e-3, Decay: 0.01, Seed: seed,
	}
}

const (
	warmUpSteps = 200
	finalRate   = 0.02 // share of the highest learning rate at the end
	leastBatch  = 32   // rows that BatchNorm can learn from
	scoreBatch  = 1024
)

func (o *fitting) rate(step, steps int) float64 {
	turn := (1 + math.Cos(math.Pi*float64(step)/float64(steps))) / 2
	return o.Rate * min(1, float64(step+1)/warmUpSteps) * (finalRate + (1-finalRate)*turn)
}

// fit trains a network on rows and returns it as it was after the epoch with
// the lowest loss on valid, or after the last where there is none.
func fit(ctx context.Context, in *Inputs, rows, valid []int32, o fitting, report func(done, total int)) (n *network, best int, err error) {
	n = newNetwork(o.Shape, in.Width, o.Seed)
	n.startAt(in, rows)
	adam := nn.NewAdam(n.params(), o.Decay)
	rng := rand.New(rand.NewPCG(o.Seed, 0x71a1))
	order := slices.Clone(rows)
	steps, step := (len(order)+o.Batch-1)/o.Batch*o.Epochs, 0
	lowest, weights := math.Inf(1), [][]float32(nil)
	for epoch := range o.Epochs {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for batch := range slices.Chunk(order, o.Batch) {
			if err := ctx.Err(); err != nil {
				return nil, 0, err
			}
			if len(batch) >= leastBatch {
				n.forward(in, batch, rng)
				n.losses(in, batch)
				n.backward(in, len(batch), o.HeadWeights)
				adam.Update(o.rate(step, steps), 1)
			}
			step++
			report(step, steps)
		}
		if len(valid) == 0 {
			continue
		}
		loss := n.lossOn(in, valid, o.HeadWeights)
		if math.IsNaN(loss) {
			return nil, 0, fmt.Errorf("kuairand: seed %d, epoch %d: the loss is not a number", o.Seed, epoch+1)
		}
		if loss < lowest {
			lowest, best, weights = loss, epoch+1, n.weightsNow()
		}
	}
	if weights != nil {
		n.restore(weights)
	}
	return n, best, nil
}

// lossOn is the mean weighted loss of rows.
func (n *network) lossOn(in *Inputs, rows []int32, headWeights []float64) float64 {
	var sum float64
	for batch := range slices.Chunk(rows, scoreBatch) {
		n.forward(in, batch, nil)
		for h, l := range n.losses(in, batch) {
			sum += headWeights[h] * l * float64(len(batch))
		}
	}
	return sum / float64(len(rows))
}

// logits are the heads' logits of rows, by head.
func (n *network) logits(in *Inputs, rows []int32) (out [numHeads][]float64) {
	for batch := range slices.Chunk(rows, scoreBatch) {
		x := n.forward(in, batch, nil)
		for h := range out {
			for i := range batch {
				out[h] = append(out[h], float64(x[i*numHeads+h]))
			}
		}
	}
	return out
}

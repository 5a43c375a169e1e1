package ml1m

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/nn/kernel"
)

// trainer fits a network to sequences. One goroutine uses it.
type trainer struct {
	s    Settings
	seed uint64
	n    *network
	p    *pass
	adam *nn.Adam
	b    batch

	mean  [][]float32 // running mean of the weights, per parameter
	best  [][]float32 // that of the best epoch so far
	state state
	all   int // steps of the schedule, about
}

// state is where a run stands.
type state struct {
	Steps   int     `json:"steps"` // done
	Best    int     `json:"best"`  // epoch, from 1
	History []Epoch `json:"history"`
}

// Epoch is what a walk over the sequences gave.
type Epoch struct {
	Loss    float64 `json:"loss"` // nats, of the training
	HR      float64 `json:"hr"`   // of validation
	NDCG    float64 `json:"ndcg"`
	Seconds float64 `json:"seconds"`
}

// took is how long the epochs took so far.
func (t *trainer) took() (d time.Duration) {
	for _, e := range t.state.History {
		d += time.Duration(e.Seconds * float64(time.Second))
	}
	return d
}

// done tells whether the epochs are over, or validation no longer improves.
func (t *trainer) done() bool {
	n := len(t.state.History)
	return n >= t.s.Epochs || n-t.state.Best >= t.s.Patience
}

func newTrainer(s Settings, items int, seed uint64) (*trainer, error) {
	n, err := newNetwork(s, items, seed)
	if err != nil {
		return nil, err
	}
	t := &trainer{s: s, seed: seed, n: n, p: newPass(n), adam: nn.NewAdam(n.params(), s.WeightDecay)}
	t.adam.Beta2 = 0.98 // as SASRec: the runs are short
	for _, p := range n.params() {
		t.mean = append(t.mean, slices.Clone(p.Value))
		t.best = append(t.best, slices.Clone(p.Value))
	}
	return t, nil
}

// run learns until it is done or, after whole epochs, over the limit, keeping in dir where it stands after every epoch;
// from there it goes on where dir holds an earlier run of the same kind.
func (t *trainer) run(ctx context.Context, d *Data, dir string, limit time.Duration, progress func(format string, args ...any)) error {
	if err := t.resume(dir, d); err != nil {
		return err
	}
	for !t.done() && (limit == 0 || t.took() < limit) {
		start := time.Now()
		loss, err := t.epoch(ctx, d.Training())
		if err != nil {
			return err
		}
		verdicts, err := t.judge(d.Validation())
		if err != nil {
			return err
		}
		v := mean(verdicts)
		h := append(t.state.History, Epoch{Loss: loss, HR: v.HR, NDCG: v.NDCG, Seconds: time.Since(start).Seconds()})
		t.state.History = h
		if t.state.Best == 0 || v.NDCG > h[t.state.Best-1].NDCG {
			t.state.Best = len(h)
			for i, m := range t.mean {
				copy(t.best[i], m)
			}
		}
		if err := t.checkpoint(dir, d); err != nil {
			return err
		}
		progress("%s, seed %d, epoch %d of %d: loss %.4f, validation HR@10 %.4f, NDCG@10 %.4f, %.0f s",
			t.s.Encoder, t.seed, len(h), t.s.Epochs, loss, v.HR, v.NDCG, h[len(h)-1].Seconds)
	}
	return nil
}

// test answers the test's cases with the weights of the best epoch.
func (t *trainer) test(d *Data) ([]Verdict, error) {
	for i, b := range t.best {
		copy(t.mean[i], b)
	}
	return t.judge(d.Test())
}

// mean is the mean of verdicts.
func mean(verdicts []Verdict) (m Verdict) {
	for _, v := range verdicts {
		m.HR += v.HR / float64(len(verdicts))
		m.NDCG += v.NDCG / float64(len(verdicts))
	}
	return m
}

// epoch learns from all sequences once and returns the mean loss in nats.
func (t *trainer) epoch(ctx context.Context, sequences [][]int32) (float64, error) {
	number := len(t.state.History)
	rng := rand.New(rand.NewPCG(t.seed, uint64(number)))
	groups := group(windows(sequences, t.s.Length, rng), t.s.BatchRows)
	t.all = len(groups) * t.s.Epochs
	var sum float64
	for i, g := range groups {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if err := t.b.lay(g); err != nil {
			return 0, err
		}
		loss := t.p.learn(&t.b, t.s.Smoothing, rng)
		norm, broken := t.adam.GradNorm()
		if broken != nil {
			return 0, fmt.Errorf("ml1m: epoch %d, step %d: the gradient of %s is not finite", number+1, i+1, broken.Name)
		}
		t.adam.Update(t.learningRate(), min(1, clipNorm/norm))
		t.average()
		sum += loss
	}
	return sum / float64(len(groups)), nil
}

// clipNorm is what longer gradients are scaled down to.
const clipNorm = 1.0

// finalRate is the share of the peak learning rate that the schedule ends at.
const finalRate = 0.02

// learningRate rises linearly over the warm-up and then falls along a half cosine.
func (t *trainer) learningRate() float64 {
	done := float64(t.state.Steps+1) / float64(t.all)
	if done < t.s.WarmUp {
		return t.s.LearningRate * done / t.s.WarmUp
	}
	progress := min(1, (done-t.s.WarmUp)/(1-t.s.WarmUp))
	return t.s.LearningRate * (finalRate + (1-finalRate)*(1+math.Cos(math.Pi*progress))/2)
}

// average moves the running mean of the weights towards them; at first, while
// there are few to be averaged, faster.
func (t *trainer) average() {
	t.state.Steps++
	decay := float32(min(t.s.Averaging, float64(t.state.Steps)/float64(t.state.Steps+9)))
	for i, p := range t.n.params() {
		kernel.Blend(t.mean[i], decay, t.mean[i], 1-decay, p.Value)
	}
}

// swap exchanges the weights with their running mean.
func (t *trainer) swap() {
	for i, p := range t.n.params() {
		t.mean[i], p.Value = p.Value, t.mean[i]
	}
}

package kuairand

import (
	"context"
	"fmt"

	"github.com/reelrank/reelrank/benchmark"
)

// scores are the logits of one network, or the means of several.
type scores struct {
	Epoch       int                 // the best one
	Valid, Test [numHeads][]float64 // by head
}

// member trains the network of a seed, unless a run that was interrupted has
// finished it.
func member(ctx context.Context, in *Inputs, train, valid, test []int32, o fitting, name string, kept *benchmark.Kept, report Report) (*scores, error) {
	s := &scores{}
	if found, err := kept.Load(name, s); found || err != nil {
		return s, err
	}
	n, best, err := fit(ctx, in, train, valid, o, func(done, total int) { report(name, done, total) })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	s.Epoch, s.Valid, s.Test = best, n.logits(in, valid), n.logits(in, test)
	return s, kept.Store(name, s)
}

// meanOf is the mean of the members' logits.
func meanOf(members []*scores) *scores {
	m := &scores{}
	for h := range numHeads {
		for _, s := range members {
			m.Valid[h] = addScaled(m.Valid[h], s.Valid[h], 1/float64(len(members)))
			m.Test[h] = addScaled(m.Test[h], s.Test[h], 1/float64(len(members)))
		}
	}
	return m
}

func addScaled(sum, x []float64, scale float64) []float64 {
	if sum == nil {
		sum = make([]float64, len(x))
	}
	for i, v := range x {
		sum[i] += scale * v
	}
	return sum
}

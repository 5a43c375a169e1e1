package evaluate

import (
	"context"
	"slices"
	"sync"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/reel"
)

// MarkovOptions tune Markov.
type MarkovOptions struct {
	Backoff float64 // popularity's weight, in transitions
	History int     // newest positives of the user that vote
	Decay   float64 // weight of a vote relative to the next newer one, 0..1
}

// DefaultMarkov is a good start for short videos.
var DefaultMarkov = MarkovOptions{Backoff: 100, History: 10, Decay: 0.8}

// Markov is a first-order chain over what people enjoyed one after another.
// With c_ij transitions from reel i to j, c_i from i to anything and p_j the
// share of all positives that fell on j, the chance of j after i is
// (c_ij + Backoff p_j) / (c_i + Backoff). The score of j is the sum of
// Decay^age times that chance over the user's newest positives i, the newest
// with age 0; Decay 0 is the strict chain from the last reel alone.
type Markov struct {
	baseline
	popularity
	histories
	opts    MarkovOptions
	next    [][]transition // by dense index
	leaving []float64      // c_i
	buffers *sync.Pool     // of *scores
}

type transition struct {
	to    int32
	count float64
}

// NewMarkov counts the transitions of train.
func NewMarkov(train []reel.Interaction, cat *catalog.Catalog, opts MarkovOptions) *Markov {
	m := &Markov{
		baseline: baseline{"markov"}, popularity: countPositives(train, cat),
		histories: newHistories(train, cat), opts: opts,
		next: make([][]transition, cat.Len()), leaving: make([]float64, cat.Len()),
	}
	m.buffers = &sync.Pool{New: func() any { return newScores(cat.Len()) }}
	after := make([][]int32, cat.Len())
	last := make(map[reel.UserID]int32)
	for _, it := range train {
		i, ok := cat.Index(it.Reel)
		if !ok || !it.Positive() {
			continue
		}
		if from, started := last[it.User]; started && from != i {
			after[from] = append(after[from], i)
		}
		last[it.User] = i
	}
	for from, to := range after {
		m.next[from], m.leaving[from] = countRuns(to), float64(len(to))
	}
	return m
}

// with returns the same counts under other options.
func (m *Markov) with(opts MarkovOptions) *Markov {
	other := *m
	other.opts = opts
	return &other
}

// countRuns counts equal entries; the result ascends by entry.
func countRuns(to []int32) []transition {
	slices.Sort(to)
	var runs []transition
	for _, i := range to {
		if n := len(runs); n > 0 && runs[n-1].to == i {
			runs[n-1].count++
			continue
		}
		runs = append(runs, transition{i, 1})
	}
	return slices.Clip(runs)
}

// Recommend scores what followed the user's newest positives.
func (m *Markov) Recommend(_ context.Context, q Query, n int) ([]reel.ReelID, error) {
	chances := m.buffers.Get().(*scores)
	defer m.buffers.Put(chances)
	chances.reset()
	weight, backoff := 1.0, 0.0
	for _, i := range m.newest(&q, m.cat, m.opts.History) {
		mass := m.leaving[i] + m.opts.Backoff
		if mass == 0 {
			continue // nothing ever followed, and no backoff
		}
		scale := weight / mass
		for _, t := range m.next[i] {
			chances.add(t.to, scale*t.count)
		}
		backoff += scale * m.opts.Backoff
		if weight *= m.opts.Decay; weight == 0 {
			break
		}
	}
	return m.top(chances, backoff, &q, n), nil
}

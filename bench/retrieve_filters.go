package bench

import (
	"context"

	"github.com/reelrank/reelrank/retrieve/ann"
)

// FilterPoint is the speed of a filter at a recall of at least filterRecall.
type FilterPoint struct {
	Passes float64 `json:"passes"` // share of the reels
	K      int     `json:"k"`
	Recall float64 `json:"recall"`
	Effort float32 `json:"effort"`
	Speed
	Slower float64 `json:"slower"` // times the time without a filter at the same recall
}

const (
	filterK      = 100
	filterRecall = 0.95
)

// filters measures how much longer filtered queries take.
func (m *retrieval) filters(context.Context) error {
	if !m.Filters {
		return nil
	}
	m.say("measuring filters")
	open := m.fastest(m.kinds[0], ann.Request{K: filterK})
	m.result.Filters = append(m.result.Filters, FilterPoint{Passes: 1, K: filterK, Recall: open.recall, Effort: open.effort, Speed: open.Speed, Slower: 1})
	for b, share := range attributeShares {
		p := m.fastest(m.filtered[b], ann.Request{K: filterK, Require: 1 << b})
		m.result.Filters = append(m.result.Filters, FilterPoint{
			Passes: 1 / float64(share), K: filterK, Recall: p.recall, Effort: p.effort, Speed: p.Speed,
			Slower: open.QPS / p.QPS,
		})
	}
	return nil
}

// timed is an effort that reaches filterRecall, and its speed.
type timed struct {
	reached
	Speed
}

// fastest times the least effort that finds filterRecall, or else the largest.
func (m *retrieval) fastest(kind asked, r ann.Request) (t timed) {
	const first, step, last = 1.5, 0.25, 8
	for r.Effort = first; r.Effort <= last; r.Effort += step {
		t.reached = reached{r.Effort, m.recall(kind, r)}
		if t.recall >= filterRecall {
			break
		}
	}
	for range rounds {
		t.Speed.better(timeQueries(kind.queries, m.Dim, func(q []float32) { m.find(q, r) }))
	}
	return t
}

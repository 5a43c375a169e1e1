package coldstart

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/evaluate"
	"github.com/reelrank/reelrank/reel"
)

// simple ranks a moment's shelf by a score that takes no learning.
type simple struct {
	name    string
	catalog *catalog.Catalog
	at      *moment
	score   func(q *evaluate.Query, i int32) float32
}

// Name implements evaluate.Recommender.
func (s simple) Name() string { return s.name }

// Recommend scores the shelf.
func (s simple) Recommend(_ context.Context, q evaluate.Query, k int) ([]reel.ReelID, error) {
	open := s.at.answers(s.catalog, &q)
	scores := make([]float32, len(open))
	for n, i := range open {
		scores[n] = s.score(&q, i)
	}
	return best(s.catalog, open, scores, k), nil
}

// best lists the k reels of the highest scores, best first, ties newest first.
func best(cat *catalog.Catalog, reels []int32, scores []float32, k int) []reel.ReelID {
	order := make([]int32, len(reels))
	for n := range order {
		order[n] = int32(n)
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(-cmp.Compare(scores[a], scores[b]), -cmp.Compare(cat.Uploaded(reels[a]), cat.Uploaded(reels[b])), cmp.Compare(reels[a], reels[b]))
	})
	ids := make([]reel.ReelID, min(k, len(order)))
	for n := range ids {
		ids[n] = cat.ID(reels[order[n]])
	}
	return ids
}

// popularities are what a reel can be judged by without its own history: how
// often its creator, or its category, was enjoyed.
type popularities struct {
	reels, creators, categories []float32
}

func count(cat *catalog.Catalog, log []reel.Interaction) popularities {
	p := popularities{make([]float32, cat.Len()), make([]float32, cat.NumCreators()), make([]float32, cat.NumCategories())}
	for i := range log {
		if r, known := cat.Index(log[i].Reel); known && log[i].Positive() {
			p.reels[r]++
			p.creators[cat.CreatorOf(r)]++
			if c := cat.CategoryOf(r); c >= 0 {
				p.categories[c]++
			}
		}
	}
	return p
}

// popular is the row that has counts of the reels alone. New ones have none,
// and what is left of it is the newest first.
const popular = "popular"

// simples are the rows that a model has to beat on new reels.
func simples(h *holdout, seed uint64) []evaluate.Recommender {
	p := count(h.catalog, h.log)
	rows := []simple{
		{name: "random", score: func(q *evaluate.Query, i int32) float32 {
			return rand.New(rand.NewPCG(seed^uint64(q.User), uint64(i))).Float32()
		}},
		{name: popular, score: func(_ *evaluate.Query, i int32) float32 { return p.reels[i] }},
		{name: "popular creators", score: func(_ *evaluate.Query, i int32) float32 { return p.creators[h.catalog.CreatorOf(i)] }},
		{name: "popular categories", score: func(_ *evaluate.Query, i int32) float32 {
			if c := h.catalog.CategoryOf(i); c >= 0 {
				return p.categories[c]
			}
			return 0
		}},
	}
	recommenders := make([]evaluate.Recommender, len(rows))
	for n, row := range rows {
		row.catalog, row.at = h.catalog, &h.reels
		recommenders[n] = row
	}
	return recommenders
}

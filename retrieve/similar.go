package retrieve

import (
	"cmp"
	"context"
	"slices"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/retrieve/ann"
)

// similar finds the reels whose vectors have the largest dot product with the
// user's, the query's prior added. It finds nothing for a user without a
// vector.
type similar struct {
	index      Index
	attributes *Attributes // of the index's items; nil where they have none
}

var _ Source = (*similar)(nil)

// overfetch is how many times more reels are taken from the index, which knows
// nothing but products of vectors, than are wanted by what they are judged by.
const overfetch = 2

// compare sets the scores to the similarities.
func compare(hits []ann.Hit, similarity func(dst []float32, reels []int32)) {
	scores, reels := make([]float32, len(hits)), make([]int32, len(hits))
	for n := range hits {
		reels[n] = hits[n].Index
	}
	similarity(scores, reels)
	for n := range hits {
		hits[n].Score = scores[n]
	}
}

// addPrior adds the prior to the scores.
func addPrior(hits []ann.Hit, prior func(i int32) float32) {
	for n := range hits {
		hits[n].Score += prior(hits[n].Index)
	}
}

// best puts hits in the order of their scores, ties by index; those that are not
// a number come last.
func best(hits []ann.Hit) {
	slices.SortFunc(hits, func(a, b ann.Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Index, b.Index))
	})
}

func (s *similar) Name() reel.Source { return reel.SourceSimilar }

func (s *similar) Retrieve(ctx context.Context, q *Query, k int, dst []reel.Candidate) ([]reel.Candidate, error) {
	if q.Vector == nil {
		return dst, nil
	}
	hits, err := s.search(ctx, q, k)
	if err != nil {
		return dst, err
	}
	if q.Similarity != nil {
		compare(hits, q.Similarity)
	}
	if q.Prior != nil {
		addPrior(hits, q.Prior)
	}
	if q.Similarity != nil || q.Prior != nil {
		best(hits)
	}
	for _, h := range hits[:min(k, len(hits))] {
		dst = append(dst, reel.Candidate{Index: h.Index, Similarity: h.Score})
	}
	return dst, nil
}

// search asks the index for what is near the user's vector, or their interests,
// which share what is fetched. Nothing is found twice.
func (s *similar) search(ctx context.Context, q *Query, k int) (hits []ann.Hit, err error) {
	if q.Prior != nil || q.Similarity != nil {
		k *= overfetch
	}
	if len(q.Interests) == 0 {
		return s.index.Find(ctx, make([]ann.Hit, 0, k), q.Vector, s.request(q, k))
	}
	each := (k + len(q.Interests) - 1) / len(q.Interests)
	hits = make([]ann.Hit, 0, each*len(q.Interests))
	for _, v := range q.Interests {
		if hits, err = s.index.Find(ctx, hits, v, s.request(q, each)); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(hits, func(a, b ann.Hit) int { return cmp.Compare(a.Index, b.Index) })
	return slices.CompactFunc(hits, func(a, b ann.Hit) bool { return a.Index == b.Index }), nil
}

// request is what the index is asked for. It rules out what it can by itself;
// Accept holds what is left against the whole query.
func (s *similar) request(q *Query, k int) ann.Request {
	r := ann.Request{K: k, Accept: q.Eligible}
	if s.attributes != nil {
		s.attributes.Narrow(&r, &q.Filter)
	}
	r.Seen = q.away
	return r
}

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

// priorOverfetch is how many times more reels are taken from the index, which
// knows no prior, than are wanted after it.
const priorOverfetch = 2

// addPrior adds the prior to the scores and restores their order.
func addPrior(hits []ann.Hit, prior func(i int32) float32) []ann.Hit {
	for n := range hits {
		hits[n].Score += prior(hits[n].Index)
	}
	slices.SortFunc(hits, func(a, b ann.Hit) int {
		switch {
		case a.Score > b.Score:
			return -1
		case a.Score < b.Score:
			return 1
		}
		return cmp.Compare(a.Index, b.Index)
	})
	return hits
}

func (s *similar) Name() reel.Source { return reel.SourceSimilar }

func (s *similar) Retrieve(ctx context.Context, q *Query, k int, dst []reel.Candidate) ([]reel.Candidate, error) {
	if q.Vector == nil {
		return dst, nil
	}
	fetch := k
	if q.Prior != nil {
		fetch *= priorOverfetch
	}
	hits, err := s.index.Find(ctx, make([]ann.Hit, 0, fetch), q.Vector, s.request(q, fetch))
	if err != nil {
		return dst, err
	}
	if q.Prior != nil {
		hits = addPrior(hits, q.Prior)
	}
	for _, h := range hits[:min(k, len(hits))] {
		dst = append(dst, reel.Candidate{Index: h.Index, Similarity: h.Score})
	}
	return dst, nil
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

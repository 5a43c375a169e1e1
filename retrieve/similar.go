package retrieve

import (
	"context"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/retrieve/ann"
)

// similar finds the reels whose vectors have the largest dot product with the
// user's. It finds nothing for a user without a vector.
type similar struct{ index *ann.Index }

var _ Source = (*similar)(nil)

func (s *similar) Name() reel.Source { return reel.SourceSimilar }

func (s *similar) Retrieve(_ context.Context, q *Query, k int, dst []reel.Candidate) ([]reel.Candidate, error) {
	if q.Vector == nil {
		return dst, nil
	}
	hits, err := s.index.Search(make([]ann.Hit, 0, k), q.Vector, k, q.Eligible)
	if err != nil {
		return dst, err
	}
	for _, h := range hits {
		dst = append(dst, reel.Candidate{Index: h.Index, Similarity: h.Score})
	}
	return dst, nil
}

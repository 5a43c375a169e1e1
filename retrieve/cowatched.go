package retrieve

import (
	"cmp"
	"context"
	"slices"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/catalog/cowatch"
	"github.com/reelrank/reelrank/reel"
)

// cowatchedFade is the weight of a reel's vote relative to the one that the
// user enjoyed after it.
const cowatchedFade = 0.95

// cowatched finds what was enjoyed by the people who enjoyed the same reels as
// the user: the neighbours of the user's last positive reels.
type cowatched struct {
	catalog  *catalog.Catalog
	together *cowatch.Neighbours
}

var _ Source = (*cowatched)(nil)

func (s *cowatched) Name() reel.Source { return reel.SourceCowatched }

// voted is a reel with the similarities of its neighbours that the user enjoyed.
type voted struct {
	reel  int32
	votes float64
}

func (s *cowatched) Retrieve(ctx context.Context, q *Query, k int, dst []reel.Candidate) ([]reel.Candidate, error) {
	votes, err := s.votes(ctx, q)
	if err != nil {
		return dst, err
	}
	list := make([]voted, 0, len(votes))
	for i, v := range votes {
		if q.Eligible(i) {
			list = append(list, voted{i, v})
		}
	}
	slices.SortFunc(list, func(a, b voted) int {
		return cmp.Or(-cmp.Compare(a.votes, b.votes), cmp.Compare(a.reel, b.reel))
	})
	for _, v := range list[:min(k, len(list))] {
		dst = append(dst, reel.Candidate{Index: v.reel})
	}
	return dst, nil
}

// votes sums the similarities of each neighbour to the reels that the user
// enjoyed lately, newest first. A reel enjoyed twice votes once.
func (s *cowatched) votes(ctx context.Context, q *Query) (map[int32]float64, error) {
	votes := map[int32]float64{}
	asked := make(map[int32]struct{}, reel.HistoryLen)
	near := make([]cowatch.Similar, 0, cowatch.Room)
	weight := 1.0
	for k := len(q.Profile.Recent) - 1; k >= 0; k-- {
		it := &q.Profile.Recent[k]
		i, ok := s.catalog.Index(it.Reel)
		if _, again := asked[i]; !ok || again || !it.Positive() {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		asked[i] = struct{}{}
		near = s.together.Similar(near[:0], i, q.Now)
		for _, n := range near {
			votes[n.Reel] += weight * float64(n.Similarity)
		}
		weight *= cowatchedFade
	}
	return votes, nil
}

package retrieve

import (
	"context"
	"slices"
	"sync"

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
	ballots  sync.Pool // of *ballot
}

var _ Source = (*cowatched)(nil)

func newCowatched(c *catalog.Catalog, together *cowatch.Neighbours) *cowatched {
	return &cowatched{catalog: c, together: together, ballots: sync.Pool{New: func() any { return new(ballot) }}}
}

func (s *cowatched) Name() reel.Source { return reel.SourceCowatched }

func (s *cowatched) Retrieve(ctx context.Context, q *Query, k int, dst []reel.Candidate) ([]reel.Candidate, error) {
	b := s.ballots.Get().(*ballot)
	defer s.ballots.Put(b)
	b.reset()
	s.vote(b, q)
	if err := ctx.Err(); err != nil {
		return dst, err
	}
	want := len(dst) + k
	for i := range b.ranked {
		if len(dst) >= want {
			break
		}
		if q.Eligible(i) {
			dst = append(dst, reel.Candidate{Index: i})
		}
	}
	return dst, nil
}

// vote sums the similarities of each neighbour to the reels that the user
// enjoyed lately, newest first. A reel enjoyed twice votes once.
func (s *cowatched) vote(b *ballot, q *Query) {
	var near [cowatch.Room]cowatch.Similar
	asked := make([]int32, 0, reel.HistoryLen)
	weight := float32(1)
	recent := q.Profile.Recent
	for _, it := range slices.Backward(recent[max(0, len(recent)-reel.HistoryLen):]) {
		if !it.Positive() {
			continue
		}
		i, ok := s.catalog.Index(it.Reel)
		if !ok || slices.Contains(asked, i) {
			continue
		}
		asked = append(asked, i)
		for _, n := range s.together.Similar(near[:0], i, q.Now) {
			b.add(n.Reel, weight*n.Similarity)
		}
		weight *= cowatchedFade
	}
}

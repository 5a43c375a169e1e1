package retrieve

import (
	"cmp"
	"context"
	"slices"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/reel"
)

// Shares of the lists in what trending finds. A list that has nothing leaves
// its share to the others.
const (
	trendingOverall    = 1
	trendingAtPlace    = 1
	trendingCategories = 2 // of all the user's categories together
)

// trendingMost is how many of the user's categories take part: of two, four and
// eight, two found most and left the sources together most.
const trendingMost = 2

// trending finds what is much engaged with lately: everywhere, at the
// request's place, and in the categories that the user enjoys.
type trending struct {
	catalog  *catalog.Catalog
	counters *catalog.Counters
}

var _ Source = (*trending)(nil)

func (s *trending) Name() reel.Source { return reel.SourceTrending }

// Retrieve deals from the lists by their shares.
func (s *trending) Retrieve(ctx context.Context, q *Query, k int, dst []reel.Candidate) ([]reel.Candidate, error) {
	want := len(dst) + k
	lists := s.lists(q, k)
	taken := make(map[int32]struct{}, k)
	for len(dst) < want {
		if err := ctx.Err(); err != nil {
			return dst, err
		}
		l := mostDue(lists)
		if l == nil {
			break
		}
		i, ok := l.next(func(i int32) bool {
			_, dup := taken[i]
			return !dup && q.Eligible(i)
		})
		if ok {
			taken[i] = struct{}{}
			dst = append(dst, reel.Candidate{Index: i})
		}
	}
	return dst, nil
}

// lists are those of one query. Ties of their turns go in this order.
func (s *trending) lists(q *Query, k int) []*trendList {
	var lists []*trendList
	for _, c := range s.enjoyedCategories(q.Profile) {
		lists = append(lists, &trendList{share: trendingCategories * c.share, depth: k, top: func(depth int) []int32 {
			return s.counters.TrendingIn(q.Now, c.category, depth)
		}})
	}
	return append(lists,
		&trendList{share: trendingAtPlace, depth: k, top: func(depth int) []int32 {
			return s.counters.TrendingAt(q.Now, q.Context.Place, depth)
		}},
		&trendList{share: trendingOverall, depth: k, top: func(depth int) []int32 {
			return s.counters.Trending(q.Now, depth)
		}})
}

// categoryShare is how much of a user's recent enjoyment fell on a category.
type categoryShare struct {
	category int32
	share    float64 // all together 1
}

// enjoyedCategories lists the known categories that the user enjoyed most
// lately, largest share first, ties by index.
func (s *trending) enjoyedCategories(p *reel.Profile) []categoryShare {
	enjoyed := map[int32]float64{}
	fade := 1.0
	for _, it := range slices.Backward(p.Recent) {
		i, ok := s.catalog.Index(it.Reel)
		if ok && it.Positive() {
			if category := s.catalog.CategoryOf(i); category != catalog.UnknownLabel {
				enjoyed[category] += fade
			}
		}
		fade *= affinityFade
	}
	shares := make([]categoryShare, 0, len(enjoyed))
	for c, e := range enjoyed {
		shares = append(shares, categoryShare{c, e})
	}
	slices.SortFunc(shares, func(a, b categoryShare) int {
		return cmp.Or(-cmp.Compare(a.share, b.share), cmp.Compare(a.category, b.category))
	})
	shares = shares[:min(len(shares), trendingMost)]
	var sum float64
	for _, c := range shares {
		sum += c.share
	}
	for n := range shares {
		shares[n].share /= sum
	}
	return shares
}

// trendList walks down one list of the counters. Most users have seen little
// of it, so it asks for the top first, and for twice as much where that was
// not enough.
type trendList struct {
	share float64
	dealt int
	top   func(depth int) []int32 // the list down to a depth
	depth int                     // to ask for next
	list  []int32
	at    int
	ended bool
}

// mostDue is the list that has had the smallest part of its share so far, nil
// when all have ended.
func mostDue(lists []*trendList) *trendList {
	var due *trendList
	for _, l := range lists {
		if !l.ended && (due == nil || float64(l.dealt)*due.share < float64(due.dealt)*l.share) {
			due = l
		}
	}
	return due
}

// next returns the next reel that is ok; false, once, at the end of the list.
func (l *trendList) next(ok func(i int32) bool) (int32, bool) {
	for {
		for l.at < len(l.list) {
			i := l.list[l.at]
			l.at++
			if ok(i) {
				l.dealt++
				return i, true
			}
		}
		asked := l.depth
		l.list, l.depth = l.top(asked), 2*asked
		if l.at >= len(l.list) {
			l.ended = true
			return 0, false
		}
	}
}

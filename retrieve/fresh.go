package retrieve

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/reel"
)

// fresh finds new reels that few people were shown yet: how a reel without a
// past gets its first impressions.
type fresh struct {
	catalog  *catalog.Catalog
	counters *catalog.Counters
	maxAge   int64 // seconds
}

var _ Source = (*fresh)(nil)

func newFresh(c *catalog.Catalog, counters *catalog.Counters, hours float64) *fresh {
	return &fresh{catalog: c, counters: counters, maxAge: int64(hours * 3600)}
}

func (s *fresh) Name() reel.Source { return reel.SourceFresh }

// shown is a fresh reel with how often it was shown.
type shown struct {
	reel        int32
	impressions float32
	uploaded    int64
}

// compareShown orders by fewest impressions, then newest, then index.
func compareShown(a, b shown) int {
	return cmp.Or(cmp.Compare(a.impressions, b.impressions),
		cmp.Compare(b.uploaded, a.uploaded), cmp.Compare(a.reel, b.reel))
}

func (s *fresh) Retrieve(ctx context.Context, q *Query, k int, dst []reel.Candidate) ([]reel.Candidate, error) {
	if k <= 0 {
		return dst, nil
	}
	list := make([]shown, 0, 4*k)
	bar := shown{impressions: math.MaxFloat32} // k reels are known to be before what comes after it
	for i := range s.catalog.Newest(q.Now) {
		uploaded := s.catalog.Uploaded(i)
		if uploaded < q.Now-s.maxAge || uploaded == 0 { // 0 is an unknown time
			break
		}
		candidate := shown{i, s.counters.ReelTotals(i).Impressions, uploaded}
		if compareShown(candidate, bar) > 0 || !q.Eligible(i) {
			continue
		}
		if len(list) == cap(list) { // keep the best k so far, which bounds the memory
			slices.SortFunc(list, compareShown)
			list = list[:k]
			bar = list[k-1]
			if err := ctx.Err(); err != nil {
				return dst, err
			}
		}
		list = append(list, candidate)
	}
	slices.SortFunc(list, compareShown)
	for _, f := range list[:min(k, len(list))] {
		dst = append(dst, reel.Candidate{Index: f.reel})
	}
	return dst, nil
}

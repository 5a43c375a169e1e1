package retrieve

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/reel"
)

const (
	// freshScan is how many of the newest reels fresh looks at, which bounds
	// its time where thousands are uploaded every hour.
	freshScan = 16384

	// freshBatch is how many of them it looks at between two glances at the
	// context.
	freshBatch = 512
)

// fresh finds new reels that few people were shown yet: how a reel without a
// past gets its first impressions.
type fresh struct {
	catalog  *catalog.Catalog
	counters *catalog.Counters
	maxAge   int64     // seconds
	enough   float32   // impressions from which a reel has had its chance
	lists    sync.Pool // of *young
}

var _ Source = (*fresh)(nil)

func newFresh(c *catalog.Catalog, counters *catalog.Counters, hours float64, impressions int) *fresh {
	return &fresh{catalog: c, counters: counters, maxAge: int64(hours * 3600), enough: float32(impressions),
		lists: sync.Pool{New: func() any { return new(young) }}}
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
	switch {
	case a.impressions != b.impressions:
		return cmp.Compare(a.impressions, b.impressions)
	case a.uploaded != b.uploaded:
		return cmp.Compare(b.uploaded, a.uploaded)
	}
	return cmp.Compare(a.reel, b.reel)
}

// Retrieve takes the least shown of the fresh reels.
func (s *fresh) Retrieve(ctx context.Context, q *Query, k int, dst []reel.Candidate) ([]reel.Candidate, error) {
	if k <= 0 {
		return dst, nil
	}
	y := s.lists.Get().(*young)
	defer s.lists.Put(y)
	s.fill(y, q.Now)
	least := leastShown{k: k, list: make([]shown, 0, 4*k), bar: shown{impressions: math.MaxFloat32}}
	var impressions [freshBatch]float32
	for from := 0; from < len(y.reels); from += freshBatch {
		if err := ctx.Err(); err != nil {
			return dst, err
		}
		to := min(from+freshBatch, len(y.reels))
		for n, times := range s.counters.Impressions(impressions[:0], y.reels[from:to]) {
			f := shown{y.reels[from+n], times, y.uploaded[from+n]}
			if times < s.enough && least.wants(f) && q.Eligible(f.reel) {
				least.add(f)
			}
		}
	}
	for _, f := range least.sorted() {
		dst = append(dst, reel.Candidate{Index: f.reel})
	}
	return dst, nil
}

// young are the reels young enough to be fresh, newest first.
type young struct {
	reels    []int32
	uploaded []int64
}

// fill lists the young reels as of now. An unknown upload time, 0, is no age.
func (s *fresh) fill(y *young, now int64) {
	y.reels, y.uploaded = y.reels[:0], y.uploaded[:0]
	oldest := max(now-s.maxAge, 1)
	for i, uploaded := range s.catalog.Newest(now) {
		if uploaded < oldest || len(y.reels) == freshScan {
			return
		}
		y.reels, y.uploaded = append(y.reels, i), append(y.uploaded, uploaded)
	}
}

// leastShown keeps the k least shown reels of many, in memory for 4k.
type leastShown struct {
	k    int
	list []shown
	bar  shown // k reels are known to be before what comes after it
}

// wants tells whether f may be among the k least shown.
func (l *leastShown) wants(f shown) bool {
	if f.impressions != l.bar.impressions { // nearly always
		return f.impressions < l.bar.impressions
	}
	return compareShown(f, l.bar) <= 0
}

func (l *leastShown) add(f shown) {
	if len(l.list) == cap(l.list) {
		l.list = l.sorted()
		l.bar = l.list[l.k-1]
	}
	l.list = append(l.list, f)
}

// sorted returns the k least shown, in order.
func (l *leastShown) sorted() []shown {
	slices.SortFunc(l.list, compareShown)
	return l.list[:min(l.k, len(l.list))]
}

package retrieve

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sort"

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
	maxAge   int64   // seconds
	enough   float32 // impressions from which a reel has had its chance
}

var _ Source = (*fresh)(nil)

func newFresh(c *catalog.Catalog, counters *catalog.Counters, hours float64, impressions int) *fresh {
	return &fresh{catalog: c, counters: counters, maxAge: int64(hours * 3600), enough: float32(impressions)}
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

// Retrieve takes the least shown of the fresh reels.
func (s *fresh) Retrieve(ctx context.Context, q *Query, k int, dst []reel.Candidate) ([]reel.Candidate, error) {
	if k <= 0 {
		return dst, nil
	}
	least := leastShown{k: k, list: make([]shown, 0, 4*k), bar: shown{impressions: math.MaxFloat32}}
	var impressions [freshBatch]float32
	for batch := range slices.Chunk(s.newest(q.Now), freshBatch) {
		if err := ctx.Err(); err != nil {
			return dst, err
		}
		for n, times := range s.counters.Impressions(impressions[:0], batch) {
			f := shown{batch[n], times, s.catalog.Uploaded(batch[n])}
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

// newest lists the reels young enough as of now, newest first. An unknown
// upload time, 0, is no age.
func (s *fresh) newest(now int64) []int32 {
	list := s.catalog.Newest(now)
	list = list[:min(len(list), freshScan)]
	oldest := max(now-s.maxAge, 1)
	young := sort.Search(len(list), func(n int) bool { return s.catalog.Uploaded(list[n]) < oldest })
	return list[:young]
}

// leastShown keeps the k least shown reels of many, in memory for 4k.
type leastShown struct {
	k    int
	list []shown
	bar  shown // k reels are known to be before what comes after it
}

func (l *leastShown) wants(f shown) bool { return compareShown(f, l.bar) <= 0 }

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

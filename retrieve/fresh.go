package retrieve

import (
	"cmp"
	"context"
	"iter"
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
	for batch := range s.young(q.Now) {
		if err := ctx.Err(); err != nil {
			return dst, err
		}
		for _, f := range batch {
			if f.impressions < s.enough && least.wants(f) && q.Eligible(f.reel) {
				least.add(f)
			}
		}
	}
	for _, f := range least.sorted() {
		dst = append(dst, reel.Candidate{Index: f.reel})
	}
	return dst, nil
}

// young yields the reels young enough as of now, newest first, in batches. An
// unknown upload time, 0, is no age.
func (s *fresh) young(now int64) iter.Seq[[]shown] {
	oldest := max(now-s.maxAge, 1)
	return func(yield func([]shown) bool) {
		b := freshBatches.Get().(*batch)
		defer freshBatches.Put(b)
		n := 0
		for i, uploaded := range s.catalog.Newest(now) {
			if uploaded < oldest || n == freshScan {
				break
			}
			at := n % freshBatch
			b.reels[at], b.shown[at] = i, shown{reel: i, uploaded: uploaded}
			n++
			if at == freshBatch-1 && !yield(b.counted(s.counters, freshBatch)) {
				return
			}
		}
		if rest := n % freshBatch; rest > 0 {
			yield(b.counted(s.counters, rest))
		}
	}
}

// batch is some young reels on their way to being counted.
type batch struct {
	reels       [freshBatch]int32
	impressions [freshBatch]float32
	shown       [freshBatch]shown
}

var freshBatches = sync.Pool{New: func() any { return new(batch) }}

// counted fills in how often the first n were shown.
func (b *batch) counted(counters *catalog.Counters, n int) []shown {
	for k, times := range counters.Impressions(b.impressions[:0], b.reels[:n]) {
		b.shown[k].impressions = times
	}
	return b.shown[:n]
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

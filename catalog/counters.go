package catalog

import (
	"sync"
	"time"

	"github.com/reelrank/reelrank/reel"
)

// Totals are plain sums over interactions, without decay.
type Totals struct {
	Impressions float32 // interactions
	Positives   float32 // interactions that were Positive
	Watched     float32 // interactions whose watch time was observed
	Watch       float32 // sum of the observed watch times, each 0..1; the mean is Watch/Watched
	Likes       float32
	Shares      float32
	Follows     float32
}

// Counters count what people did with the reels of one catalogue. Reading is
// safe from many goroutines at once and while the owner writes; Observe is
// called by one owner, in the order of time.
type Counters struct {
	catalog *Catalog

	mu       sync.RWMutex
	reels    []tally // [Len]
	creators []tally // [NumCreators]
	all      tally
	trends   trends
}

// NewCounters returns counters at zero. The half-life is that of the trends:
// how long until an engagement counts half. One that is not positive counts as
// a day.
func NewCounters(c *Catalog, halfLife time.Duration) *Counters {
	if halfLife <= 0 {
		halfLife = 24 * time.Hour
	}
	return &Counters{
		catalog:  c,
		reels:    make([]tally, c.Len()),
		creators: make([]tally, c.NumCreators()),
		trends:   newTrends(c, halfLife),
	}
}

// Observe counts one interaction, in O(1) amortised. A reel that the catalogue
// does not hold counts for its creator and in All only. The owner keeps out
// interactions from the future: one dated years ahead would make all trends
// before it fade to nothing.
func (c *Counters) Observe(it *reel.Interaction) {
	i, known := c.catalog.Index(it.Reel)
	creator, hasCreator := c.catalog.CreatorIndex(it.Creator)
	if known { // the catalogue is right where the log disagrees
		creator, hasCreator = c.catalog.CreatorOf(i), true
	}

	c.mu.Lock()
	defer c.mu.Unlock()
	c.all.add(it)
	if hasCreator {
		c.creators[creator].add(it)
	}
	if !known {
		return
	}
	c.reels[i].add(it)
	if it.Positive() {
		c.trends.add(i, it.Time, it.Context.Place)
	}
}

// ReelTotals returns the totals of the reel at a dense index.
func (c *Counters) ReelTotals(i int32) Totals {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.reels[i].totals()
}

// Impressions appends to dst how often each of the reels was shown, with one
// look at the counters.
func (c *Counters) Impressions(dst []float32, reels []int32) []float32 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, i := range reels {
		dst = append(dst, float32(c.reels[i].impressions))
	}
	return dst
}

// CreatorTotals returns the totals of the creator at a dense index.
func (c *Counters) CreatorTotals(creator int32) Totals {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.creators[creator].totals()
}

// All returns the totals over every interaction observed.
func (c *Counters) All() Totals {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.all.totals()
}

// tally is Totals in float64: a float32 stops counting at 16.7 million.
type tally struct {
	impressions, positives, watched, watch, likes, shares, follows float64
}

func (t *tally) add(it *reel.Interaction) {
	t.impressions++
	if it.Positive() {
		t.positives++
	}
	if it.Observed.Has(reel.Watched) {
		t.watched++
		t.watch += float64(it.Watch)
	}
	if it.Signals.Has(reel.Liked) {
		t.likes++
	}
	if it.Signals.Has(reel.Shared) {
		t.shares++
	}
	if it.Signals.Has(reel.Followed) {
		t.follows++
	}
}

func (t *tally) totals() Totals {
	return Totals{
		Impressions: float32(t.impressions), Positives: float32(t.positives),
		Watched: float32(t.watched), Watch: float32(t.watch),
		Likes: float32(t.likes), Shares: float32(t.shares), Follows: float32(t.follows),
	}
}

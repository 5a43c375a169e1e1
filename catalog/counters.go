package catalog

import (
	"sync"
	"time"

	"github.com/reelrank/reelrank/catalog/column"
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

// Counters count what people did with the reels of one catalogue, and grow with
// it. Reading is safe from many goroutines at once and while the owner writes;
// Observe is called by one owner, in the order in which interactions arrive.
type Counters struct {
	catalog *Catalog

	mu       sync.RWMutex
	reels    column.Column[tally]
	creators column.Column[tally]
	all      tally
	trends   trends
}

// NewCounters returns counters at zero. The half-life is that of the trends:
// how long until an engagement counts half. One that is not positive counts as
// a day, one below a second, the unit of time, as a second.
func NewCounters(c *Catalog, halfLife time.Duration) *Counters {
	if halfLife <= 0 {
		halfLife = 24 * time.Hour
	}
	return &Counters{catalog: c, trends: newTrends(c, max(halfLife, time.Second))}
}

// Observe counts one interaction, in O(1) amortised. A reel that the catalogue
// does not hold, or holds no more, counts for its creator and in All only.
// Times may go back a little: each engagement weighs what its own time says.
// The owner keeps out interactions from the future: one dated years ahead
// would make all trends before it fade to nothing.
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
		c.creators.Grow(int(creator) + 1)
		c.creators.At(creator).add(it)
	}
	if !known {
		return
	}
	c.reels.Grow(int(i) + 1)
	c.reels.At(i).add(it)
	if it.Positive() {
		c.trends.add(i, it.Time, it.Context.Place)
	}
}

// ReelTotals returns the totals of the reel at a dense index.
func (c *Counters) ReelTotals(i int32) Totals {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.reels.Find(i).totals()
}

// Impressions appends to dst how often each of the reels was shown, with one
// look at the counters.
func (c *Counters) Impressions(dst []float32, reels []int32) []float32 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, i := range reels {
		var n float64
		if t := c.reels.Find(i); t != nil {
			n = t.impressions
		}
		dst = append(dst, float32(n))
	}
	return dst
}

// CreatorTotals returns the totals of the creator at a dense index.
func (c *Counters) CreatorTotals(creator int32) Totals {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.creators.Find(creator).totals()
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

// totals are the sums; nil, for what was not counted yet, sums to zero.
func (t *tally) totals() Totals {
	if t == nil {
		return Totals{}
	}
	return Totals{
		Impressions: float32(t.impressions), Positives: float32(t.positives),
		Watched: float32(t.watched), Watch: float32(t.watch),
		Likes: float32(t.likes), Shares: float32(t.shares), Follows: float32(t.follows),
	}
}

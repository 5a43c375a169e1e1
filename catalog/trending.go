package catalog

import (
	"math"
	"time"
)

// TrendingDepth is the longest list that Trending and TrendingIn return.
const TrendingDepth = 4096

// maxHalfLives is how far the weights may run ahead of the landmark before
// they are scaled back. float64 holds 2^1023, which leaves room for the sums.
const maxHalfLives = 512

// trends holds exponentially decayed counts by forward decay (Cormode,
// Shkapenyuk, Srivastava, Xu, "Forward Decay: A Practical Time Decay Model for
// Streaming Systems", ICDE 2009). An engagement at time t adds
//
//	w(t) = 2^((t - landmark) / halfLife)
//
// once and for all, and the decayed count as of now is sum / w(now). All
// counts fade by the same factor, so time alone never changes their order:
// the boards are kept in order when an engagement is added and need no timer.
type trends struct {
	catalog  *Catalog
	halfLife float64 // seconds
	landmark float64 // unix seconds
	last     int64   // time of the newest engagement
	started  bool

	weights    []float64 // [Len]
	overall    board
	categories []board // [NumCategories]
	places     places
}

func newTrends(c *Catalog, halfLife time.Duration) trends {
	t := trends{
		catalog:    c,
		halfLife:   halfLife.Seconds(),
		weights:    make([]float64, c.Len()),
		overall:    board{depth: TrendingDepth},
		categories: make([]board, c.NumCategories()),
		places:     places{},
	}
	for k := range t.categories {
		t.categories[k].depth = TrendingDepth
	}
	return t
}

func (t *trends) add(i int32, time int64, place string) {
	w := t.weightAt(time)
	old := t.weights[i]
	t.weights[i] = old + w
	t.overall.raise(i, old, old+w)
	t.categories[t.catalog.CategoryOf(i)].raise(i, old, old+w)
	if place != "" {
		t.places.add(place, i, w)
	}
}

// weightAt returns w(time), moving the landmark where it lies too far back.
func (t *trends) weightAt(time int64) float64 {
	if !t.started {
		t.started, t.landmark, t.last = true, float64(time), time
	}
	t.last = max(t.last, time)
	ahead := (float64(time) - t.landmark) / t.halfLife
	if ahead > maxHalfLives {
		t.moveLandmark(math.Floor(ahead))
		ahead -= math.Floor(ahead)
	}
	return math.Exp2(ahead)
}

// moveLandmark moves the landmark by a whole number of half-lives. Scaling by
// a power of two is exact, save that what is 2^-1074 and less becomes zero.
// The boards are rebuilt since such reels may now tie.
func (t *trends) moveLandmark(halfLives float64) {
	t.landmark += halfLives * t.halfLife
	scale := math.Exp2(-halfLives)
	t.overall.clear()
	for c := range t.categories {
		t.categories[c].clear()
	}
	for i, w := range t.weights {
		t.weights[i] = w * scale
		t.overall.raise(int32(i), 0, w*scale)
		t.categories[t.catalog.CategoryOf(int32(i))].raise(int32(i), 0, w*scale)
	}
	t.places.scale(scale)
}

// Trend is the exponentially decayed count of the reel's positive engagements,
// in engagements as of now: one that happened a half-life ago counts 0.5. A
// now before the newest engagement counts as that engagement's time.
func (c *Counters) Trend(i int32, now int64) float32 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return float32(c.trends.weights[i] * c.trends.fade(now))
}

// fade is what a sum of weights is multiplied by to be a count as of now.
func (t *trends) fade(now int64) float64 {
	return math.Exp2((t.landmark - float64(max(now, t.last))) / t.halfLife)
}

// Trending returns up to k reels (at most TrendingDepth) that were uploaded by
// now and have been positively engaged with, most decayed engagement first,
// ties by index.
func (c *Counters) Trending(now int64, k int) []int32 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.topOf(&c.trends.overall, now, k)
}

// TrendingIn is Trending within one category.
func (c *Counters) TrendingIn(now int64, category int32, k int) []int32 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.topOf(&c.trends.categories[category], now, k)
}

// TrendingAt is Trending within one place, with at most PlaceDepth reels. It
// is empty for the empty place, and for one with too few engagements to speak
// of a trend.
func (c *Counters) TrendingAt(now int64, place string, k int) []int32 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	p := c.trends.places[place]
	if p == nil || p.engagements < trustedPlace {
		return nil
	}
	return c.topOf(&p.board, now, k)
}

func (c *Counters) topOf(b *board, now int64, k int) []int32 {
	list := make([]int32, 0, max(0, min(k, len(b.entries))))
	return b.appendTo(list, c.uploadedBy(now))
}

func (c *Counters) uploadedBy(now int64) func(int32) bool {
	return func(i int32) bool { return c.catalog.Uploaded(i) <= now }
}

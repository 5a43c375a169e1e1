package catalog

import (
	"math"
	"time"

	"github.com/reelrank/reelrank/catalog/column"
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
// Readers leave out deleted reels; the boards drop them by and by.
type trends struct {
	catalog  *Catalog
	halfLife float64 // seconds
	landmark float64 // unix seconds
	last     int64   // time of the newest engagement
	started  bool

	weights    column.Column[float64] // by reel
	filed      column.Column[int32]   // category under which each reel with a weight is on a board, if it is on one
	overall    board
	categories []board
	places     places
}

func newTrends(c *Catalog, halfLife time.Duration) trends {
	return trends{catalog: c, halfLife: halfLife.Seconds(), overall: board{depth: TrendingDepth}, places: places{}}
}

func (t *trends) add(i int32, time int64, place string) {
	w := t.weightAt(time)
	t.weights.Grow(int(i) + 1)
	weight := t.weights.At(i)
	old := *weight
	*weight += w
	t.overall.raise(i, old, *weight)
	if t.overall.isCrowded() {
		t.overall.sweep(t.catalog.Alive)
	}
	t.file(i, old, *weight)
	if place != "" {
		t.places.add(place, i, w, t.catalog)
	}
}

// file raises a reel within its category, which may have changed since it was
// last engaged with.
func (t *trends) file(i int32, old, weight float64) {
	category := t.catalog.CategoryOf(i)
	t.filed.Grow(int(i) + 1)
	if filed := t.filed.At(i); *filed != category {
		if int(*filed) < len(t.categories) {
			t.categories[*filed].drop(i, old)
		}
		*filed = category
	}
	b := t.category(category)
	b.raise(i, old, weight)
	if b.isCrowded() {
		b.sweep(func(i int32) bool { return t.catalog.Alive(i) && t.catalog.CategoryOf(i) == category })
	}
}

// category returns the board of a category, which may be a new one.
func (t *trends) category(category int32) *board {
	for int(category) >= len(t.categories) {
		t.categories = append(t.categories, board{depth: TrendingDepth})
	}
	return &t.categories[category]
}

// weight is the sum of a reel's weights, 0 for one that is too new to have any.
func (t *trends) weight(i int32) float64 {
	if w := t.weights.Find(i); w != nil {
		return *w
	}
	return 0
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
	for i := range int32(t.weights.Cap()) {
		w := t.weights.At(i)
		if *w *= scale; *w > 0 && t.catalog.Alive(i) {
			t.overall.raise(i, 0, *w)
			t.file(i, 0, *w)
		}
	}
	t.places.scale(scale)
}

// Trend is the exponentially decayed count of the reel's positive engagements,
// in engagements as of now: one that happened a half-life ago counts 0.5. A
// now before the newest engagement counts as that engagement's time.
func (c *Counters) Trend(i int32, now int64) float32 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return float32(c.trends.weight(i) * c.trends.fade(now))
}

// fade is what a sum of weights is multiplied by to be a count as of now.
func (t *trends) fade(now int64) float64 {
	return math.Exp2((t.landmark - float64(max(now, t.last))) / t.halfLife)
}

// Trending returns up to k reels (at most TrendingDepth) that are there, were
// uploaded by now and have been positively engaged with, most decayed
// engagement first, ties by index.
func (c *Counters) Trending(now int64, k int) []int32 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.trends.overall.top(k, func(i int32) bool { return c.catalog.Available(i, now) })
}

// TrendingIn is Trending within one category. A reel whose category changed
// trends in the new one from its next engagement on.
func (c *Counters) TrendingIn(now int64, category int32, k int) []int32 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if int(category) >= len(c.trends.categories) {
		return nil
	}
	return c.trends.categories[category].top(k, func(i int32) bool {
		return c.catalog.Available(i, now) && c.catalog.CategoryOf(i) == category
	})
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
	return p.board.top(k, func(i int32) bool { return c.catalog.Available(i, now) })
}

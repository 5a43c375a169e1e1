package catalog

import (
	"math"
	"time"
)

// TrendingDepth is the longest list that Trending and TrendingIn return.
const TrendingDepth = 4096

// trustedPlace is how many positive engagements a place needs before its own
// trend is shown: below, a handful of people would make a "trend".
const trustedPlace = 100

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
	places     map[string]*placeTrend
}

// placeTrend is the trend among the engagements from one place. It is sparse:
// most reels are never seen in most places.
type placeTrend struct {
	engagements int
	weights     map[int32]float64
	board       board
}

func newTrends(c *Catalog, halfLife time.Duration) trends {
	return trends{
		catalog:    c,
		halfLife:   halfLife.Seconds(),
		weights:    make([]float64, c.Len()),
		categories: make([]board, c.NumCategories()),
		places:     map[string]*placeTrend{},
	}
}

func (t *trends) add(i int32, time int64, place string) {
	w := t.weightAt(time)
	old := t.weights[i]
	t.weights[i] = old + w
	t.overall.raise(i, old, old+w)
	t.categories[t.catalog.CategoryOf(i)].raise(i, old, old+w)
	if place == "" {
		return
	}
	p := t.places[place]
	if p == nil {
		p = &placeTrend{weights: map[int32]float64{}}
		t.places[place] = p
	}
	old = p.weights[i]
	p.engagements++
	p.weights[i] = old + w
	p.board.raise(i, old, old+w)
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
	for _, p := range t.places { // each is scaled on its own: the order does not matter
		p.board.clear()
		for i, w := range p.weights {
			p.weights[i] = w * scale
			p.board.raise(i, 0, w*scale)
		}
	}
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
// ties by index. With a place, the reels that trend there come first and the
// overall ones fill up; the empty place, and one with too few engagements to
// speak of a trend, give the overall list.
func (c *Counters) Trending(now int64, place string, k int) []int32 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	list := make([]int32, 0, max(0, min(k, TrendingDepth)))
	p := c.trends.places[place]
	if p == nil || p.engagements < trustedPlace {
		return c.trends.overall.appendTo(list, c.uploadedBy(now))
	}
	uploaded := c.uploadedBy(now)
	list = p.board.appendTo(list, uploaded)
	listed := make(map[int32]struct{}, len(list))
	for _, i := range list {
		listed[i] = struct{}{}
	}
	return c.trends.overall.appendTo(list, func(i int32) bool {
		_, dup := listed[i]
		return !dup && uploaded(i)
	})
}

// TrendingIn is Trending within one category, over all places.
func (c *Counters) TrendingIn(now int64, category int32, k int) []int32 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	list := make([]int32, 0, max(0, min(k, TrendingDepth)))
	return c.trends.categories[category].appendTo(list, c.uploadedBy(now))
}

func (c *Counters) uploadedBy(now int64) func(int32) bool {
	return func(i int32) bool { return c.catalog.Uploaded(i) <= now }
}

package catalog

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/reelrank/reelrank/reel"
	"pgregory.net/rapid"
)

func TestTotalsCountEachSignal(t *testing.T) {
	c := mustNew(t, sample())
	n := NewCounters(c, time.Hour)
	for _, it := range []reel.Interaction{
		{Reel: 20, Creator: 7, Watch: 0.75, Observed: reel.AllObserved, Signals: reel.Liked | reel.Shared},
		{Reel: 20, Creator: 7, Watch: 0.25, Observed: reel.AllObserved},
		{Reel: 30, Creator: 7, Watch: 0.9, Observed: reel.Liked, Signals: reel.Followed}, // watch time not recorded
		{Reel: 555, Creator: 9, Watch: 1, Observed: reel.AllObserved},                    // not in the catalogue
	} {
		n.Observe(&it)
	}
	seven, _ := c.CreatorIndex(7)
	nine, _ := c.CreatorIndex(9)
	for _, tc := range []struct {
		name      string
		got, want Totals
	}{
		{"reel 20", n.ReelTotals(1), Totals{Impressions: 2, Positives: 1, Watched: 2, Watch: 1, Likes: 1, Shares: 1}},
		{"reel 30", n.ReelTotals(2), Totals{Impressions: 1, Positives: 1, Follows: 1}},
		{"reel 40", n.ReelTotals(3), Totals{}},
		{"creator 7", n.CreatorTotals(seven), Totals{Impressions: 3, Positives: 2, Watched: 2, Watch: 1, Likes: 1, Shares: 1, Follows: 1}},
		{"creator 9", n.CreatorTotals(nine), Totals{Impressions: 1, Positives: 1, Watched: 1, Watch: 1}},
		{"all", n.All(), Totals{Impressions: 4, Positives: 3, Watched: 3, Watch: 2, Likes: 1, Shares: 1, Follows: 1}},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %+v, want %+v", tc.name, tc.got, tc.want)
		}
	}
}

func TestReadIsEachCounterAtOnce(t *testing.T) {
	c := mustNew(t, sample())
	n := NewCounters(c, time.Hour)
	r := rand.New(rand.NewPCG(5, 1))
	for k := range int64(200) {
		it := liked(c.Reel(int32(r.IntN(c.Len()))).ID, 10_000+60*k, "")
		it.Watch = reel.WatchTime(r.Float32())
		n.Observe(it)
	}
	reels := make([]int32, 3*c.Len())
	for k := range reels {
		reels[k] = int32(r.IntN(c.Len()))
	}
	counts := make([]Counts, len(reels)+1)
	for _, now := range []int64{math.MinInt64, 0, 15_000, 30_000, 90_000} {
		n.Read(counts, reels, now)
		for k, i := range reels {
			want := Counts{Trend: n.Trend(i, now), Reel: n.ReelTotals(i), Creator: n.CreatorTotals(c.CreatorOf(i))}
			if counts[k] != want {
				t.Fatalf("at %d, reel %d: %+v, want %+v", now, i, counts[k], want)
			}
		}
	}
	if counts[len(reels)] != (Counts{}) {
		t.Error("Read wrote behind the reels asked for")
	}
}

func liked(id reel.ReelID, at int64, place string) *reel.Interaction {
	return &reel.Interaction{Reel: id, Time: at, Signals: reel.Liked, Observed: reel.AllObserved, Context: reel.Context{Place: place}}
}

func TestTrendHalvesEachHalfLife(t *testing.T) {
	n := NewCounters(mustNew(t, sample()), time.Hour)
	n.Observe(liked(20, 10_000, ""))
	n.Observe(liked(20, 10_000+3600, ""))
	for _, tc := range []struct {
		now  int64
		want float64
	}{
		{10_000 + 3600, 1.5}, {10_000 + 2*3600, 0.75}, {10_000 + 11*3600, 1.5 / 1024},
		{5_000, 1.5}, // before the newest engagement: as of that engagement
	} {
		if got := float64(n.Trend(1, tc.now)); math.Abs(got-tc.want) > 1e-6*tc.want {
			t.Errorf("Trend at %d is %g, want %g", tc.now, got, tc.want)
		}
	}
	if n.Trend(0, 20_000) != 0 {
		t.Error("a reel without engagement has a trend")
	}
}

func TestOnlyPositiveEngagementTrends(t *testing.T) {
	n := NewCounters(mustNew(t, sample()), time.Hour)
	n.Observe(&reel.Interaction{Reel: 20, Time: 1000, Watch: 0.1, Observed: reel.AllObserved})
	if n.Trend(1, 1000) != 0 || len(n.Trending(1000, 5)) != 0 {
		t.Error("a skipped reel trends")
	}
}

func TestPlaceTrendsOnceItIsTrusted(t *testing.T) {
	n := NewCounters(mustNew(t, sample()), time.Hour)
	for range 300 {
		n.Observe(liked(20, 1000, "US"))
	}
	for range trustedPlace - 1 {
		n.Observe(liked(40, 1000, "BR"))
	}
	for place, want := range map[string][]int32{"": nil, "US": {1}, "BR": nil, "FR": nil} {
		if got := n.TrendingAt(1000, place, 5); !slices.Equal(got, want) {
			t.Errorf("before BR is trusted, trending in %q is %v, want %v", place, got, want)
		}
	}
	n.Observe(liked(40, 1000, "BR"))
	if got := n.TrendingAt(1000, "BR", 5); !slices.Equal(got, []int32{3}) {
		t.Errorf("trending in BR is %v, want its own reel: [3]", got)
	}
	if got := n.Trending(1000, 5); !slices.Equal(got, []int32{1, 3}) {
		t.Errorf("trending everywhere is %v, want [1 3]", got)
	}
}

func TestTrendingLeavesOutTheFutureAndBoundsK(t *testing.T) {
	n := NewCounters(mustNew(t, sample()), time.Hour)
	n.Observe(liked(20, 400, "")) // uploaded at 500
	n.Observe(liked(30, 400, ""))
	n.Observe(liked(40, 400, ""))
	for _, tc := range []struct {
		k    int
		want []int32
	}{{-1, nil}, {0, nil}, {1, []int32{2}}, {math.MaxInt, []int32{2, 3}}} {
		if got := n.Trending(450, tc.k); !slices.Equal(got, tc.want) {
			t.Errorf("k=%d: %v, want %v", tc.k, got, tc.want)
		}
	}
	cooking, _ := n.catalog.CategoryIndex("cooking")
	if got := n.TrendingIn(1000, cooking, 5); !slices.Equal(got, []int32{2, 3}) {
		t.Errorf("trending in cooking is %v, want [2 3]", got)
	}
}

// TestPlaceForgetsAcrossLandmarks lets a place's old favourite be overtaken
// after so long a gap that all weights are scaled back.
func TestPlaceForgetsAcrossLandmarks(t *testing.T) {
	for _, gap := range []int64{600, 2000} { // half-lives: scaled to a little, scaled to nothing
		n := NewCounters(mustNew(t, sample()), time.Second)
		for range trustedPlace {
			n.Observe(liked(20, 1000, "BR"))
			n.Observe(liked(10, 1000, "US"))
			n.Observe(liked(10, 1000, "US"))
		}
		n.Observe(liked(40, 1000, "BR"))
		later := 1000 + gap
		n.Observe(liked(30, later, "BR"))
		n.Observe(liked(40, later, "BR"))
		n.Observe(liked(40, later, "BR"))
		overall, place := []int32{3, 2, 0, 1}, []int32{3, 2, 1}
		if gap == 2000 {
			overall, place = []int32{3, 2}, []int32{3, 2}
		}
		if got := n.Trending(later, 5); !slices.Equal(got, overall) {
			t.Errorf("after %d half-lives: %v, want %v", gap, got, overall)
		}
		if got := n.TrendingAt(later, "BR", 5); !slices.Equal(got, place) {
			t.Errorf("after %d half-lives, in BR: %v, want %v", gap, got, place)
		}
		if got := n.trends.places["BR"].board.entries[0]; math.Abs(got.weight-n.trends.weight(3)) > 1e-9 {
			t.Errorf("after %d half-lives the weight in BR is %g, overall %g", gap, got.weight, n.trends.weight(3))
		}
	}
}

// naiveTrend sums the decayed engagements one by one.
func naiveTrend(its []reel.Interaction, id reel.ReelID, now int64, halfLife float64) float64 {
	var sum float64
	for _, it := range its {
		if it.Reel == id && it.Positive() {
			sum += math.Exp2(-float64(now-it.Time) / halfLife)
		}
	}
	return sum
}

// TestTrendMatchesTheSum drives the counters across many landmarks: gaps are
// up to 400 half-lives, so that weights are scaled back again and again.
func TestTrendMatchesTheSum(t *testing.T) {
	c := mustNew(t, sample())
	rapid.Check(t, func(t *rapid.T) {
		const halfLife = 60
		n := NewCounters(c, halfLife*time.Second)
		now := int64(1_700_000_000)
		var its []reel.Interaction
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			now += rapid.Int64Range(0, halfLife*rapid.SampledFrom([]int64{1, 3, 400}).Draw(t, "gap")).Draw(t, "step")
			it := *liked(reel.ReelID(10*rapid.IntRange(1, 4).Draw(t, "reel")), now, "")
			its = append(its, it)
			n.Observe(&it)
		}
		now += rapid.Int64Range(0, 10*halfLife).Draw(t, "later")
		want := make([]float64, c.Len())
		for i := range want {
			want[i] = naiveTrend(its, c.Reel(int32(i)).ID, now, halfLife)
			if got := float64(n.Trend(int32(i), now)); math.Abs(got-want[i]) > 1e-5*want[i]+1e-30 {
				t.Fatalf("trend of reel %d is %g, want %g", i, got, want[i])
			}
		}
		list := n.Trending(now, 4)
		for k := 1; k < len(list); k++ {
			if a, b := want[list[k-1]], want[list[k]]; a < b*(1-1e-9) {
				t.Fatalf("trending is %v for trends %v", list, want)
			}
		}
	})
}

// TestBoardIsTheExactTop holds the board to a full sort with more reels than
// it has room for.
func TestBoardIsTheExactTop(t *testing.T) {
	const n = TrendingDepth + 500
	r := rand.New(rand.NewPCG(3, 4))
	b := board{depth: TrendingDepth}
	weights := make([]float64, n)
	for range 40_000 {
		i := int32(r.IntN(n))
		old := weights[i]
		weights[i] += float64(1 + r.IntN(3)) // whole numbers: many ties
		b.raise(i, old, weights[i])
	}
	var want []entry
	for i, w := range weights {
		if w > 0 {
			want = append(want, entry{w, int32(i)})
		}
	}
	slices.SortFunc(want, func(a, b entry) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.reel, b.reel))
	})
	if !slices.Equal(b.entries, want[:TrendingDepth]) {
		t.Fatal("the board differs from the sorted list")
	}
}

func TestTimeAloneKeepsTheOrder(t *testing.T) {
	n := NewCounters(mustNew(t, sample()), time.Hour)
	r := rand.New(rand.NewPCG(5, 6))
	for k := range 500 {
		n.Observe(liked(reel.ReelID(10*(1+r.IntN(4))), int64(1000+k*50), ""))
	}
	want := n.Trending(30_000, 4)
	for _, later := range []int64{30_001, 10_000_000, reel.MaxTime} {
		if got := n.Trending(later, 4); !slices.Equal(got, want) {
			t.Errorf("at %d the order is %v, was %v", later, got, want)
		}
	}
}

func TestReadersAndOneWriter(t *testing.T) {
	n := NewCounters(mustNew(t, sample()), time.Second)
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for now := int64(1000); ; now++ {
				select {
				case <-done:
					return
				default:
				}
				n.Trending(now, 3)
				n.TrendingAt(now, "BR", 3)
				n.TrendingIn(now, 0, 3)
				if v := n.Trend(1, now); !(v >= 0) {
					t.Errorf("trend is %g", v)
				}
				if tot := n.ReelTotals(1); tot.Positives > tot.Impressions {
					t.Errorf("half-written totals: %+v", tot)
				}
				n.CreatorTotals(0)
				n.All()
			}
		})
	}
	for k := range 3000 {
		n.Observe(liked(20, int64(1000+10*k), "BR"))
	}
	close(done)
	readers.Wait()
	if got := n.All().Impressions; got != 3000 {
		t.Errorf("%g impressions, want 3000", got)
	}
}

func BenchmarkObserve(b *testing.B) {
	reels := make([]reel.Reel, 37_088)
	for i := range reels {
		reels[i] = reel.Reel{ID: reel.ReelID(i), Creator: reel.CreatorID(i % 3000)}
	}
	n := NewCounters(mustNew(b, reels), 24*time.Hour)
	r := rand.New(rand.NewPCG(7, 8))
	it := liked(0, 0, "BR")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		it.Reel = reel.ReelID(r.IntN(r.IntN(len(reels)) + 1)) // the low ids are popular
		it.Time = int64(i)
		n.Observe(it)
	}
}

func BenchmarkTrending(b *testing.B) {
	reels := make([]reel.Reel, 37_088)
	for i := range reels {
		reels[i] = reel.Reel{ID: reel.ReelID(i)}
	}
	n := NewCounters(mustNew(b, reels), 24*time.Hour)
	r := rand.New(rand.NewPCG(7, 8))
	for i := range 100_000 {
		n.Observe(liked(reel.ReelID(r.IntN(len(reels))), int64(i), "BR"))
	}
	b.ReportAllocs()
	for b.Loop() {
		n.TrendingAt(1_000_000, "BR", 80)
	}
}

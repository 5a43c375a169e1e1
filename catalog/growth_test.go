package catalog

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reelrank/reelrank/reel"
	"pgregory.net/rapid"
)

func TestReelsPutLaterAreCounted(t *testing.T) {
	c := mustNew(t, sample())
	n := NewCounters(c, time.Hour)
	n.Observe(liked(20, 1000, ""))
	var i int32
	for k := range 3000 { // beyond whatever room there was
		i, _ = c.Put(reel.Reel{ID: reel.ReelID(100 + k), Creator: reel.CreatorID(100 + k), Category: fmt.Sprint("category ", k)})
	}
	creator, category := c.CreatorOf(i), c.CategoryOf(i)
	counts := []Counts{{Trend: 1}}
	n.Read(counts, []int32{i}, 1000)
	if counts[0] != (Counts{}) || n.ReelTotals(i) != (Totals{}) || n.CreatorTotals(creator) != (Totals{}) || n.Trend(i, 1000) != 0 ||
		n.Impressions(nil, []int32{i})[0] != 0 || len(n.TrendingIn(1000, category, 5)) != 0 {
		t.Error("a reel that nobody was shown has been counted")
	}
	n.Observe(liked(3099, 1000, ""))
	n.Read(counts, []int32{i}, 1000)
	if counts[0].Reel.Likes != 1 || counts[0].Creator.Likes != 1 || counts[0].Trend != 1 {
		t.Errorf("counts of the new reel are %+v", counts[0])
	}
	if got := n.TrendingIn(1000, category, 5); !slices.Equal(got, []int32{i}) {
		t.Errorf("trending in its category is %v, want [%d]", got, i)
	}
}

func TestDeletedReelDoesNotTrendButKeepsItsCounters(t *testing.T) {
	c := mustNew(t, sample())
	n := NewCounters(c, time.Hour)
	for range trustedPlace {
		n.Observe(liked(30, 1000, "BR"))
		n.Observe(liked(40, 1000, "BR"))
	}
	cooking, _ := c.CategoryIndex("cooking")
	lists := func() [][]int32 {
		return [][]int32{n.Trending(1000, 5), n.TrendingIn(1000, cooking, 5), n.TrendingAt(1000, "BR", 5)}
	}
	c.Delete(30)
	for k, got := range lists() {
		if !slices.Equal(got, []int32{3}) {
			t.Errorf("list %d is %v, want what is left: [3]", k, got)
		}
	}
	n.Observe(liked(30, 1000, "BR")) // a late word about it
	if got := n.ReelTotals(2).Likes; got != trustedPlace {
		t.Errorf("the deleted reel has %g likes, want the %d from before", got, trustedPlace)
	}
	if got := n.All().Likes; got != 2*trustedPlace+1 {
		t.Errorf("there are %g likes in all, want %d", got, 2*trustedPlace+1)
	}
	c.Put(*c.Reel(2))
	for k, got := range lists() {
		if !slices.Equal(got, []int32{2, 3}) {
			t.Errorf("after the reel came back list %d is %v, want [2 3]", k, got)
		}
	}
}

func TestReelTrendsInTheCategoryThatItHasNow(t *testing.T) {
	c := mustNew(t, sample())
	n := NewCounters(c, time.Hour)
	n.Observe(liked(30, 1000, ""))
	n.Observe(liked(30, 1000, ""))
	cooking, _ := c.CategoryIndex("cooking")
	travel, _ := c.CategoryIndex("travel")
	for _, move := range []struct {
		to           string
		home, former int32
	}{{"travel", travel, cooking}, {"cooking", cooking, travel}, {"travel", travel, cooking}} {
		c.Put(reel.Reel{ID: 30, Creator: 7, Category: move.to})
		if got := n.TrendingIn(1000, move.former, 5); len(got) != 0 {
			t.Errorf("moved to %s, trending in the former category is %v", move.to, got)
		}
		n.Observe(liked(30, 1000, ""))
		if got := n.TrendingIn(1000, move.home, 5); !slices.Equal(got, []int32{2}) {
			t.Errorf("moved to %s, trending there is %v, want [2]", move.to, got)
		}
	}
}

// TestDeletedReelsMakeRoomOnTheBoards deletes all that trends, as one does with
// what was liked by robots. The living need not outweigh it.
func TestDeletedReelsMakeRoomOnTheBoards(t *testing.T) {
	c := mustNew(t, nil)
	n := NewCounters(c, time.Hour)
	for k := range reel.ReelID(TrendingDepth) {
		c.Put(reel.Reel{ID: k, Category: "spam"})
		for range 3 {
			n.Observe(liked(k, 1000, "BR"))
		}
	}
	for k := range reel.ReelID(TrendingDepth) {
		c.Delete(k)
	}
	const honest = TrendingDepth/4 + PlaceDepth
	for k := range reel.ReelID(honest) {
		c.Put(reel.Reel{ID: 10_000 + k, Category: "spam"})
		n.Observe(liked(10_000+k, 1000, "BR"))
	}
	spam, _ := c.CategoryIndex("spam")
	for name, got := range map[string]int{
		"everywhere": len(n.Trending(1000, 1000)), "in the category": len(n.TrendingIn(1000, spam, 1000)), "at the place": len(n.TrendingAt(1000, "BR", 1000)),
	} {
		if got < PlaceDepth/2 {
			t.Errorf("%s only %d reels trend", name, got)
		}
	}
}

// TestBoardsHoldWhateverComes observes with times that go back and leap, while
// reels come, go and change their category, and holds the boards to what they
// promise.
func TestBoardsHoldWhateverComes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		halfLife := rapid.SampledFrom([]time.Duration{1, time.Second, time.Hour}).Draw(t, "half-life")
		c, err := New(sample())
		if err != nil {
			t.Fatal(err)
		}
		n := NewCounters(c, halfLife)
		at := int64(1_700_000_000)
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			id := reel.ReelID(10 * rapid.IntRange(1, 8).Draw(t, "reel"))
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 0:
				c.Delete(id)
			case 1:
				c.Put(reel.Reel{ID: id, Category: rapid.SampledFrom([]string{"", "a", "cooking"}).Draw(t, "category")})
			default:
				at = min(max(0, at+rapid.SampledFrom([]int64{0, 1, 60, -1, -90, -100_000, 3000, 10_000_000, -1 << 40, 1 << 40}).Draw(t, "gap")), reel.MaxTime)
				n.Observe(liked(id, at, rapid.SampledFrom([]string{"", "BR"}).Draw(t, "place")))
			}
		}
		checkCounters(t, c, n)
	})
}

// checkCounters holds boards, trends and lists to their invariants.
func checkCounters(t *rapid.T, c *Catalog, n *Counters) {
	boards := []*board{&n.trends.overall}
	for k := range n.trends.categories {
		boards = append(boards, &n.trends.categories[k])
	}
	for _, b := range boards {
		for k, e := range b.entries {
			if e.weight != n.trends.weight(e.reel) {
				t.Fatalf("reel %d weighs %g on a board, %g in truth", e.reel, e.weight, n.trends.weight(e.reel))
			}
			if k > 0 && !b.entries[k-1].before(e) {
				t.Fatalf("a board is out of order: %v", b.entries)
			}
		}
	}
	for _, now := range []int64{0, 1_700_000_000, reel.MaxTime} {
		for i := range int32(c.Len()) {
			if v := float64(n.Trend(i, now)); !(v >= 0) || math.IsInf(v, 0) {
				t.Fatalf("trend is %g", v)
			}
		}
		for _, i := range slices.Concat(n.Trending(now, 9), n.TrendingAt(now, "BR", 9), n.TrendingIn(now, 0, 9), n.TrendingIn(now, 1, 9)) {
			if !c.Alive(i) || c.Uploaded(i) > now {
				t.Fatalf("reel %d trends; alive %v, uploaded %d", i, c.Alive(i), c.Uploaded(i))
			}
		}
	}
}

// TestOrderOfArrivalHardlyMatters: engagements weigh what their own time says,
// even where they come late.
func TestOrderOfArrivalHardlyMatters(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	c := mustNew(t, sample())
	its := make([]reel.Interaction, 300)
	for k := range its {
		its[k] = *liked(reel.ReelID(10*(1+r.IntN(4))), 1_700_000_000+int64(60*k), "")
	}
	sorted, shuffled := NewCounters(c, time.Hour), NewCounters(c, time.Hour)
	for k := range its {
		sorted.Observe(&its[k])
	}
	for from := range len(its) / 10 { // late by up to ten
		late := its[10*from:][:10]
		r.Shuffle(10, func(i, j int) { late[i], late[j] = late[j], late[i] })
	}
	for k := range its {
		shuffled.Observe(&its[k])
	}
	now := its[0].Time + 40_000
	for i := range int32(4) {
		if a, b := sorted.Trend(i, now), shuffled.Trend(i, now); math.Abs(float64(a-b)) > 1e-5*float64(a) {
			t.Errorf("trend of reel %d is %g in order, %g out of order", i, a, b)
		}
	}
}

// TestReadersWhileEverythingChanges has a writer of the catalogue, a writer of
// the counters and readers of both.
func TestReadersWhileEverythingChanges(t *testing.T) {
	const ids = 500
	c := mustNew(t, nil)
	n := NewCounters(c, time.Second)
	life := make(lives, ids)
	for id := range life {
		life[id].Store(1)
	}
	var done atomic.Bool
	var others sync.WaitGroup
	for range 2 {
		others.Go(func() {
			for !done.Load() && !t.Failed() {
				readTrends(t, c, n, life)
			}
		})
	}
	others.Go(func() {
		r := rand.New(rand.NewPCG(3, 4))
		for k := int64(0); !done.Load(); k++ {
			n.Observe(liked(reel.ReelID(r.IntN(ids)), 1000+k/10-r.Int64N(5), "BR"))
		}
	})
	r := rand.New(rand.NewPCG(1, 2))
	for step := range 5000 {
		id := reel.ReelID(r.IntN(ids))
		if r.IntN(3) > 0 {
			life.put(id)
			c.Put(reel.Reel{ID: id, Creator: reel.CreatorID(r.IntN(step/10 + 1)), Category: fmt.Sprint(r.IntN(step/50 + 1))})
			continue
		}
		c.Delete(id)
		life.deleted(id)
	}
	done.Store(true)
	others.Wait()
}

func readTrends(t *testing.T, c *Catalog, n *Counters, life lives) {
	before := life.now()
	lists := [][]int32{n.Trending(1<<31, 100), n.TrendingAt(1<<31, "BR", 100)}
	for k := range int32(c.NumCategories()) {
		lists = append(lists, n.TrendingIn(1<<31, k, 10))
	}
	for _, list := range lists {
		for _, i := range list {
			if int(i) >= c.Len() {
				t.Errorf("index %d of %d trends", i, c.Len())
				return
			}
			if life.deadSince(before, c.ID(i)) {
				t.Errorf("reel %d trends, which was deleted before", c.ID(i))
			}
		}
		counts := make([]Counts, len(list))
		n.Read(counts, list, 1<<31)
		n.Impressions(nil, list)
	}
	for i := range int32(c.Len()) {
		if v := n.Trend(i, 1<<31); !(v >= 0) || n.ReelTotals(i).Likes > n.CreatorTotals(c.CreatorOf(i)).Likes+n.All().Likes {
			t.Errorf("reel %d has a trend of %g", i, v)
		}
	}
}

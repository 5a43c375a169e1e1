package catalog

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/reelrank/reelrank/reel"
	"pgregory.net/rapid"
)

func TestDeletedReelIsGoneButItsIndexStays(t *testing.T) {
	c := mustNew(t, sample())
	i, ok := c.Delete(30)
	if !ok || i != 2 {
		t.Fatalf("Delete(30) = %d, %v; want 2", i, ok)
	}
	if _, ok := c.Index(30); ok || c.Alive(2) || c.Count() != 3 || c.Len() != 4 {
		t.Errorf("after the delete: found %v, alive %v, count %d, len %d", ok, c.Alive(2), c.Count(), c.Len())
	}
	if got := newest(c, 1000); !slices.Equal(got, []int32{1, 3, 0}) {
		t.Errorf("the newest are %v, want [1 3 0]", got)
	}
	seven, _ := c.CreatorIndex(7)
	if got := c.ReelsOf(seven); !slices.Equal(got, []int32{1}) {
		t.Errorf("reels of creator 7 are %v, want [1]", got)
	}
	if at, ok := c.Known(30); !ok || at != 2 || c.Reel(2).ID != 30 || c.Reel(2).Category != "cooking" {
		t.Errorf("the deleted reel is at %d, %v: %+v", at, ok, c.Reel(2))
	}
	if i, ok := c.Delete(30); ok {
		t.Errorf("deleted reel 30 again, at %d", i)
	}
	if _, ok := c.Delete(31); ok {
		t.Error("deleted a reel that never was")
	}
}

func TestReelThatComesBackHasItsIndex(t *testing.T) {
	c := mustNew(t, sample())
	c.Delete(30)
	i, added := c.Put(reel.Reel{ID: 30, Creator: 2, Category: "chess", Uploaded: 900})
	if i != 2 || !added || !c.Alive(2) || c.Count() != 4 {
		t.Fatalf("Put = %d, %v; alive %v, count %d", i, added, c.Alive(2), c.Count())
	}
	if got := newest(c, 1000); !slices.Equal(got, []int32{2, 1, 3, 0}) {
		t.Errorf("the newest are %v", got)
	}
	two, _ := c.CreatorIndex(2)
	if got := c.ReelsOf(two); !slices.Equal(got, []int32{3, 2}) {
		t.Errorf("reels of creator 2 are %v, want [3 2]", got)
	}
}

func TestReplacedReelMovesOnAllLists(t *testing.T) {
	c := mustNew(t, sample())
	old := c.Reel(2)
	if i, added := c.Put(reel.Reel{ID: 30, Creator: 9, Category: "travel", Language: "pt", Uploaded: 100}); i != 2 || added {
		t.Fatalf("Put = %d, %v; want a replacement at 2", i, added)
	}
	if old.Category != "cooking" || c.Reel(2).Category != "travel" {
		t.Errorf("the old reel is %+v, the new one %+v", old, c.Reel(2))
	}
	if got := newest(c, 1000); !slices.Equal(got, []int32{1, 3, 2, 0}) {
		t.Errorf("the newest are %v, want [1 3 2 0]", got)
	}
	seven, _ := c.CreatorIndex(7)
	nine, _ := c.CreatorIndex(9)
	if a, b := c.ReelsOf(seven), c.ReelsOf(nine); !slices.Equal(a, []int32{1}) || !slices.Equal(b, []int32{0, 2}) {
		t.Errorf("reels of creator 7 are %v, of creator 9 %v; want [1] and [0 2]", a, b)
	}
	travel, _ := c.CategoryIndex("travel")
	if f := c.Facts(2); f.Category != travel || f.CreatorIndex != nine || f.Uploaded != 100 || f.Language == UnknownLabel || f.Region != UnknownLabel {
		t.Errorf("facts are %+v", f)
	}
}

func TestNewLabelsGetTheNextNumbers(t *testing.T) {
	c := mustNew(t, sample())
	i, _ := c.Put(reel.Reel{ID: 5, Creator: 1, Category: "archery", Region: "BR"})
	if i != 4 || c.CategoryOf(4) != 3 || c.CategoryName(3) != "archery" || c.NumCategories() != 4 {
		t.Errorf("reel 5 is at %d with category %d of %d", i, c.CategoryOf(4), c.NumCategories())
	}
	if k, ok := c.CreatorIndex(1); !ok || k != 3 || c.CreatorID(3) != 1 || c.NumCreators() != 4 {
		t.Errorf("creator 1 is at %d of %d", k, c.NumCreators())
	}
	if r, ok := c.RegionIndex("BR"); !ok || r != c.Facts(4).Region {
		t.Errorf("region BR is %d, %v; the reel has %d", r, ok, c.Facts(4).Region)
	}
}

func TestCreatorsComeAndGo(t *testing.T) {
	c := mustNew(t, sample())
	if got, ok := c.Creator(7); !ok || got != (reel.Creator{ID: 7}) {
		t.Errorf("a creator of whom only reels are known is %+v, %v", got, ok)
	}
	ana := reel.Creator{ID: 7, Name: "Ana cooks"}
	c.PutCreator(ana)
	if got, ok := c.Creator(7); !ok || got != ana {
		t.Errorf("creator 7 is %+v, %v", got, ok)
	}
	if got := c.DeleteCreator(7); !slices.Equal(got, []int32{2, 1}) {
		t.Errorf("deleted %v, want the creator's reels [2 1]", got)
	}
	if _, ok := c.Creator(7); ok || c.Count() != 2 || c.Alive(1) || c.Alive(2) {
		t.Errorf("creator 7 is there: %v; %d reels", ok, c.Count())
	}
	if got := newest(c, 1000); !slices.Equal(got, []int32{3, 0}) {
		t.Errorf("the newest are %v, want [3 0]", got)
	}
	seven, ok := c.CreatorIndex(7)
	if !ok || len(c.ReelsOf(seven)) != 0 || len(c.DeleteCreator(7)) != 0 || len(c.DeleteCreator(12345)) != 0 {
		t.Errorf("creator 7 is at %d, %v with reels %v", seven, ok, c.ReelsOf(seven))
	}
	c.Put(reel.Reel{ID: 20, Creator: 7, Uploaded: 5})
	if got, ok := c.Creator(7); !ok || got != (reel.Creator{ID: 7}) || !slices.Equal(c.ReelsOf(seven), []int32{1}) {
		t.Errorf("after a new reel creator 7 is %+v, %v with reels %v", got, ok, c.ReelsOf(seven))
	}
	c.PutCreator(reel.Creator{ID: 99})
	if k, ok := c.CreatorIndex(99); !ok || c.ReelsOf(k) != nil {
		t.Error("a creator without reels is not there, or has some")
	}
}

func TestIndexNeverGivenOutIsNotAlive(t *testing.T) {
	c := mustNew(t, sample())
	for _, i := range []int32{-1, math.MinInt32, 4, 5000, math.MaxInt32} {
		if c.Alive(i) {
			t.Errorf("index %d of 4 is alive", i)
		}
	}
}

// naive is the catalogue as a map.
type naive struct {
	reels    map[reel.ReelID]reel.Reel
	creators map[reel.CreatorID]reel.Creator
	order    []reel.ReelID // by index
}

func (n *naive) put(r reel.Reel) {
	if !slices.Contains(n.order, r.ID) {
		n.order = append(n.order, r.ID)
	}
	n.reels[r.ID] = r
}

// newest lists the indices of the reels that keep accepts, newest first.
func (n *naive) newest(keep func(reel.Reel) bool) []int32 {
	var list []int32
	for i, id := range n.order {
		if r, ok := n.reels[id]; ok && keep(r) {
			list = append(list, int32(i))
		}
	}
	slices.SortStableFunc(list, func(a, b int32) int {
		return cmp.Compare(n.reels[n.order[b]].Uploaded, n.reels[n.order[a]].Uploaded)
	})
	return list
}

// TestCatalogueIsAMap holds every method to a naive map through random changes.
func TestCatalogueIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		anyReel := rapid.Custom(func(t *rapid.T) reel.Reel {
			return reel.Reel{
				ID: reel.ReelID(rapid.IntRange(0, 40).Draw(t, "id")), Creator: reel.CreatorID(rapid.IntRange(0, 5).Draw(t, "creator")),
				Category: rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(t, "category"), Uploaded: rapid.Int64Range(0, 30).Draw(t, "uploaded"),
				Duration: float32(rapid.IntRange(0, 9).Draw(t, "duration")), Region: rapid.SampledFrom([]string{"", "BR"}).Draw(t, "region"),
			}
		})
		start := rapid.SliceOfNDistinct(anyReel, 0, 20, func(r reel.Reel) reel.ReelID { return r.ID }).Draw(t, "start")
		c, err := New(start)
		if err != nil {
			t.Fatal(err)
		}
		n := &naive{reels: map[reel.ReelID]reel.Reel{}, creators: map[reel.CreatorID]reel.Creator{}}
		slices.SortFunc(start, func(a, b reel.Reel) int { return cmp.Compare(a.ID, b.ID) })
		for _, r := range start {
			n.put(r)
		}
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				r := anyReel.Draw(t, "reel")
				_, there := n.reels[r.ID]
				n.put(r)
				if i, added := c.Put(r); n.order[i] != r.ID || added == there {
					t.Fatalf("Put gives index %d, added %v", i, added)
				}
			},
			"delete": func(t *rapid.T) {
				id := reel.ReelID(rapid.IntRange(0, 40).Draw(t, "id"))
				_, there := n.reels[id]
				delete(n.reels, id)
				if _, ok := c.Delete(id); ok != there {
					t.Fatalf("Delete(%d) = %v, want %v", id, ok, there)
				}
			},
			"put creator": func(t *rapid.T) {
				x := reel.Creator{ID: reel.CreatorID(rapid.IntRange(0, 8).Draw(t, "id")), Name: rapid.SampledFrom([]string{"", "Ana"}).Draw(t, "name")}
				n.creators[x.ID] = x
				c.PutCreator(x)
			},
			"delete creator": func(t *rapid.T) {
				id := reel.CreatorID(rapid.IntRange(0, 8).Draw(t, "id"))
				delete(n.creators, id)
				want := n.newest(func(r reel.Reel) bool { return r.Creator == id })
				maps.DeleteFunc(n.reels, func(_ reel.ReelID, r reel.Reel) bool { return r.Creator == id })
				slices.Reverse(want)
				if got := c.DeleteCreator(id); !slices.Equal(got, want) {
					t.Fatalf("DeleteCreator(%d) deletes %v, want %v", id, got, want)
				}
			},
			"": func(t *rapid.T) { n.compare(t, c) },
		})
	})
}

func (n *naive) compare(t *rapid.T, c *Catalog) {
	if c.Len() != len(n.order) || c.Count() != len(n.reels) {
		t.Fatalf("len %d, count %d; want %d, %d", c.Len(), c.Count(), len(n.order), len(n.reels))
	}
	for at, id := range n.order {
		i := int32(at)
		r, there := n.reels[id]
		if got, ok := c.Index(id); ok != there || c.Alive(i) != there || ok && got != i || c.ID(i) != id {
			t.Fatalf("reel %d is at %d, %v; want %d, %v", id, got, ok, i, there)
		}
		if !there {
			continue
		}
		f := c.Facts(i)
		region, _ := c.RegionIndex(r.Region)
		want := Facts{id, r.Creator, r.Uploaded, r.Duration, c.CreatorOf(i), c.CategoryOf(i), UnknownLabel, region}
		if got := c.Reel(i); got.ID != id || got.Category != r.Category || f != want || c.Uploaded(i) != r.Uploaded ||
			c.CreatorID(c.CreatorOf(i)) != r.Creator || c.CategoryName(c.CategoryOf(i)) != r.Category {
			t.Fatalf("reel %+v is stored as %+v, %+v", r, got, f)
		}
	}
	for _, now := range []int64{0, 15, 1000} {
		if got, want := newest(c, now), n.newest(func(r reel.Reel) bool { return r.Uploaded <= now }); !slices.Equal(got, want) {
			t.Fatalf("newest at %d are %v, want %v", now, got, want)
		}
	}
	for id := range reel.CreatorID(9) {
		want, there := n.creators[id]
		if theirs := n.newest(func(r reel.Reel) bool { return r.Creator == id }); !there && len(theirs) > 0 {
			want, there = reel.Creator{ID: id}, true
		}
		if got, ok := c.Creator(id); ok != there || got != want {
			t.Fatalf("creator %d is %+v, %v; want %+v, %v", id, got, ok, want, there)
		}
		if k, ok := c.CreatorIndex(id); ok {
			list := n.newest(func(r reel.Reel) bool { return r.Creator == id })
			slices.Reverse(list)
			if got := c.ReelsOf(k); !slices.Equal(got, list) {
				t.Fatalf("reels of creator %d are %v, want %v", id, got, list)
			}
		}
	}
}

// lives tells readers which reels are dead: an odd number of turns. It turns
// before a Put begins and after a Delete returned.
type lives []atomic.Int32

func (l lives) put(id reel.ReelID)     { l[id].Add(l[id].Load() & 1) }
func (l lives) deleted(id reel.ReelID) { l[id].Add(^l[id].Load() & 1) }

// now are the turns of a moment.
func (l lives) now() []int32 {
	turns := make([]int32, len(l))
	for id := range l {
		turns[id] = l[id].Load()
	}
	return turns
}

// deadSince tells whether a reel was dead at before and ever since.
func (l lives) deadSince(before []int32, id reel.ReelID) bool {
	return before[id]&1 == 1 && l[id].Load() == before[id]
}

// TestReadersWhileTheCatalogueChanges has one writer put and delete while
// readers use every method. What was deleted before a read began is not in it,
// and every index is below Len.
func TestReadersWhileTheCatalogueChanges(t *testing.T) {
	const ids = 2000
	c := mustNew(t, nil)
	life := make(lives, ids)
	for id := range life {
		life[id].Store(1)
	}
	var done atomic.Bool
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for !done.Load() && !t.Failed() {
				readEverything(t, c, life)
			}
		})
	}
	r := rand.New(rand.NewPCG(1, 2))
	for step := range 6000 {
		id := reel.ReelID(r.IntN(ids))
		switch {
		case r.IntN(3) > 0:
			life.put(id)
			c.Put(reel.Reel{ID: id, Creator: reel.CreatorID(r.IntN(50)), Category: fmt.Sprint(r.IntN(step/100 + 1)), Uploaded: r.Int64N(100) + int64(step)})
		case r.IntN(50) == 0:
			for _, i := range c.DeleteCreator(reel.CreatorID(r.IntN(50))) {
				life.deleted(c.ID(i))
			}
		default:
			c.Delete(id)
			life.deleted(id)
		}
		c.PutCreator(reel.Creator{ID: reel.CreatorID(r.IntN(60))})
	}
	done.Store(true)
	readers.Wait()
}

func readEverything(t *testing.T, c *Catalog, life lives) {
	before := life.now()
	check := func(where string, i int32) {
		if int(i) >= c.Len() {
			t.Errorf("%s has index %d of %d", where, i, c.Len())
			return
		}
		f, id := c.Facts(i), c.ID(i)
		if f.Reel != id || c.Reel(i).ID != id || int(f.CreatorIndex) >= c.NumCreators() || int(c.CategoryOf(i)) >= c.NumCategories() {
			t.Errorf("%s has reel %d as %+v", where, id, f)
		}
		if life.deadSince(before, id) {
			t.Errorf("%s has reel %d, which was deleted before", where, id)
		}
	}
	for i, uploaded := range c.Newest(math.MaxInt32) {
		if check("Newest", i); uploaded < 0 {
			t.Errorf("reel %d was uploaded at %d", i, uploaded)
		}
	}
	for k := range int32(c.NumCreators()) {
		c.Creator(c.CreatorID(k))
		for _, i := range c.ReelsOf(k) {
			check("ReelsOf", i)
		}
	}
	for id := range life {
		if i, ok := c.Index(reel.ReelID(id)); ok {
			check("Index", i)
		}
	}
}

// million is a catalogue as large as a busy app's.
func million(b *testing.B) *Catalog {
	r := rand.New(rand.NewPCG(7, 8))
	reels := make([]reel.Reel, 1_000_000)
	for i := range reels {
		reels[i] = reel.Reel{ID: reel.ReelID(i), Creator: reel.CreatorID(r.IntN(100_000)), Uploaded: r.Int64N(1_000_000_000)}
	}
	return mustNew(b, reels)
}

func BenchmarkPut(b *testing.B) {
	b.Run("newest", func(b *testing.B) {
		c := million(b)
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			c.Put(reel.Reel{ID: reel.ReelID(2_000_000 + i), Creator: reel.CreatorID(i % 100_000), Uploaded: int64(1_000_000_000 + i)})
		}
	})
	b.Run("anywhere", func(b *testing.B) {
		c := million(b)
		r := rand.New(rand.NewPCG(1, 2))
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			c.Put(reel.Reel{ID: reel.ReelID(2_000_000 + i), Creator: reel.CreatorID(i % 100_000), Uploaded: r.Int64N(1_000_000_000)})
		}
	})
}

func BenchmarkDelete(b *testing.B) {
	c := million(b)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		id := reel.ReelID(i * 7919 % 1_000_000)
		if _, ok := c.Delete(id); !ok {
			b.StopTimer()
			c.Put(reel.Reel{ID: id, Uploaded: int64(id)})
			b.StartTimer()
		}
	}
}

// BenchmarkFacts is per candidate of a request, scattered over a million reels.
func BenchmarkFacts(b *testing.B) {
	c := million(b)
	var alive int
	for i := int32(0); b.Loop(); i++ {
		at := i * 7919 % 1_000_000
		if f := c.Facts(max(at, -at)); c.Alive(f.Category) {
			alive++
		}
	}
	if alive == 0 {
		b.Fatal("no reel is alive")
	}
}

package weaviate_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/retrieve/ann"
	"github.com/reelrank/reelrank/retrieve/weaviate"
)

// These tests run on Weaviate's own server.

func sameReel(r reel.ReelID) (int32, bool) { return int32(r), r >= 0 && r <= math.MaxInt32 }

const dim = 8

// draw makes n items with unit vectors and the ids from..from+n-1.
func draw(seed uint64, from, n int) []ann.Item {
	r := rand.New(rand.NewPCG(seed, 0))
	items := make([]ann.Item, n)
	for i := range items {
		items[i] = ann.Item{ID: int32(from + i), Vector: make([]float32, dim), Attributes: 1 << r.IntN(64), Creator: r.Uint32()}
		var square float64
		for k := range items[i].Vector {
			items[i].Vector[k] = float32(r.NormFloat64())
			square += float64(items[i].Vector[k]) * float64(items[i].Vector[k])
		}
		for k := range items[i].Vector {
			items[i].Vector[k] /= float32(math.Sqrt(square))
		}
	}
	return items
}

// nearest is the item that a vector finds first.
func nearest(t *testing.T, x *weaviate.Index, v []float32) int32 {
	t.Helper()
	hits, err := x.Find(t.Context(), nil, v, ann.Request{K: 1})
	if err != nil || len(hits) != 1 {
		t.Fatalf("%v, %v", hits, err)
	}
	return hits[0].Index
}

func TestCollectionIsFoundAgain(t *testing.T) {
	o := weaviate.Options{Dim: dim, Collection: newCollection()}
	first := open(t, o)
	items := draw(1, 0, 1500) // more than a page of the listing
	if err := first.Insert(t.Context(), items...); err != nil {
		t.Fatal(err)
	}
	if err := first.Delete(t.Context(), 7); err != nil {
		t.Fatal(err)
	}
	o.URL = server.URL
	again, err := weaviate.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if again.Len() != len(items)-1 {
		t.Errorf("Len is %d, want %d", again.Len(), len(items)-1)
	}
	hits, err := again.Find(t.Context(), nil, items[42].Vector, ann.Request{K: 1000, Require: items[42].Attributes})
	if err != nil || len(hits) == 0 {
		t.Errorf("%v, %v", hits, err)
	}
	o.Dim = dim + 1
	if _, err := weaviate.Open(t.Context(), o); err == nil {
		t.Error("a collection of vectors of another width is taken")
	}
}

func TestSyncMakesTheCollectionTheCatalogue(t *testing.T) {
	// Reels are known to the server by ids of 64 bits, here in two orders.
	const base = reel.ReelID(-1 << 62)
	o := weaviate.Options{Dim: dim, Collection: newCollection()}
	o.Reel = func(id int32) reel.ReelID { return base + reel.ReelID(id) }
	o.ID = func(r reel.ReelID) (int32, bool) { return int32(r - base), r-base >= 0 && r-base < 300 }
	x := open(t, o)
	items := draw(2, 0, 300)
	sync := func(x *weaviate.Index, items []ann.Item) {
		t.Helper()
		if err := x.Sync(t.Context(), len(items), func(i int, item *ann.Item) { *item = items[i] }); err != nil {
			t.Fatal(err)
		}
		if x.Len() != len(items) {
			t.Errorf("Len is %d, want %d", x.Len(), len(items))
		}
	}
	sync(x, items)
	sync(x, items[:200]) // the others go
	if at := nearest(t, x, items[250].Vector); at >= 200 {
		t.Errorf("item %d is found", at)
	}

	// The next catalogue has reels 100..399 the other way round, each with the
	// vector that it had where it had one.
	o.URL = server.URL
	o.Reel = func(id int32) reel.ReelID { return base + reel.ReelID(399-id) }
	o.ID = func(r reel.ReelID) (int32, bool) { return int32(399 - (r - base)), r-base >= 100 && r-base < 400 }
	next, err := weaviate.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	if next.Len() != 100 {
		t.Errorf("it knows %d of the 100 reels that stay", next.Len())
	}
	turned := append(draw(3, 0, 100), make([]ann.Item, 200)...)
	for i := 100; i < 300; i++ {
		turned[i] = items[399-i]
		turned[i].ID = int32(i)
	}
	sync(next, turned)
	for _, i := range []int{5, 150, 299} {
		if at := nearest(t, next, turned[i].Vector); at != int32(i) {
			t.Errorf("the vector of item %d finds %d", i, at)
		}
	}
	last, err := weaviate.Open(t.Context(), weaviate.Options{URL: o.URL, Collection: o.Collection, Dim: dim, Reel: o.Reel,
		ID: func(r reel.ReelID) (int32, bool) { return int32(r - base), true }})
	if err != nil {
		t.Fatal(err)
	}
	defer last.Close()
	if last.Len() != 300 {
		t.Errorf("the collection holds %d reels, want 300: those that left are gone", last.Len())
	}
}

func TestKeysHoldAnyReel(t *testing.T) {
	o := weaviate.Options{Dim: dim}
	ids := []reel.ReelID{0, 1, -1, math.MaxInt64, math.MinInt64, 1<<48 - 1, 1 << 48}
	o.Reel = func(id int32) reel.ReelID { return ids[id] }
	o.ID = func(r reel.ReelID) (int32, bool) {
		for i, id := range ids {
			if id == r {
				return int32(i), true
			}
		}
		return 0, false
	}
	x := open(t, o)
	items := draw(4, 0, len(ids))
	if err := x.Insert(t.Context(), items...); err != nil {
		t.Fatal(err)
	}
	hits, err := x.Find(t.Context(), nil, items[0].Vector, ann.Request{K: 100})
	if err != nil || len(hits) != len(ids) {
		t.Errorf("%v, %v: want all %d", hits, err, len(ids))
	}
	if err := x.Delete(t.Context(), 0, 1, 2, 3, 4, 5); err != nil {
		t.Fatal(err)
	}
	if at := nearest(t, x, items[0].Vector); at != 6 {
		t.Errorf("found %d, want the one that is left", at)
	}
}

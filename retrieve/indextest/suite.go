package indextest

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/reelrank/reelrank/retrieve"
	"github.com/reelrank/reelrank/retrieve/ann"
)

// Open makes an empty index of vectors of dim numbers, which goes with the
// test.
type Open func(t *testing.T, dim int) retrieve.Index

// Run tests an implementation.
func Run(t *testing.T, open Open) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, open Open)
	}{
		{"EmptyIndexFindsNothing", emptyIndexFindsNothing},
		{"InsertIsFoundByTheNextSearch", insertIsFoundByTheNextSearch},
		{"HitsComeBestFirstWithTheirProducts", hitsComeBestFirst},
		{"ReplacedItemIsFoundByItsNewVectorAlone", replacedItemIsFound},
		{"LaterOfTwoWithOneIDCounts", laterOfTwoCounts},
		{"DeletedItemIsNeverFound", deletedItemIsNeverFound},
		{"DeletedItemIsNeverFoundWhileOthersWrite", deletedWhileOthersWrite},
		{"FilterFindsExactlyWhatPasses", filterFindsWhatPasses},
		{"ReplacedItemPassesByItsNewAttributes", replacedItemPasses},
		{"RequestExcludesCreatorsSeenAndRefused", requestExcludes},
		{"KMayBeAnything", kMayBeAnything},
		{"MostOfTheBestAreFound", mostOfTheBestAreFound},
		{"ScoresAreProductsOrNaN", scoresAreProducts},
		{"UnsoundVectorsAreRefusedWhole", unsoundVectorsAreRefused},
		{"EndedContextEndsACall", endedContextEndsACall},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open) })
	}
}

// tolerance is how far a score may be from the product of unit vectors: an
// index may keep 8 bits of each number.
const tolerance = 5e-3

// world is an index beside a plain map of what it must hold.
type world struct {
	t     *testing.T
	index retrieve.Index
	dim   int
	rand  *rand.Rand
	items map[int32]ann.Item
}

func newWorld(t *testing.T, open Open, dim int) *world {
	t.Helper()
	const seed = 7
	return &world{t, open(t, dim), dim, rand.New(rand.NewPCG(seed, uint64(dim))), map[int32]ann.Item{}}
}

// vector draws a unit vector.
func (w *world) vector() []float32 {
	v := make([]float32, w.dim)
	var square float64
	for k := range v {
		v[k] = float32(w.rand.NormFloat64())
		square += float64(v[k]) * float64(v[k])
	}
	for k := range v {
		v[k] /= float32(math.Sqrt(square))
	}
	return v
}

func (w *world) item(id int32) ann.Item { return ann.Item{ID: id, Vector: w.vector()} }

func (w *world) insert(items ...ann.Item) {
	w.t.Helper()
	if err := w.index.Insert(w.t.Context(), items...); err != nil {
		w.t.Fatal(err)
	}
	for _, item := range items {
		w.items[item.ID] = item
	}
}

// fill inserts items with the ids 0..n-1.
func (w *world) fill(n int) {
	w.t.Helper()
	items := make([]ann.Item, n)
	for i := range items {
		items[i] = w.item(int32(i))
	}
	w.insert(items...)
}

func (w *world) delete(ids ...int32) {
	w.t.Helper()
	if err := w.index.Delete(w.t.Context(), ids...); err != nil {
		w.t.Fatal(err)
	}
	for _, id := range ids {
		delete(w.items, id)
	}
}

// find searches, and checks what holds for every answer: the items exist, each
// comes once, with the product as its score, best first, and no more than K.
func (w *world) find(query []float32, r ann.Request) []ann.Hit {
	w.t.Helper()
	hits, err := w.index.Find(w.t.Context(), nil, query, r)
	if err != nil {
		w.t.Fatal(err)
	}
	if len(hits) > max(r.K, 0) {
		w.t.Fatalf("%d hits for K = %d", len(hits), r.K)
	}
	known := map[int32]bool{}
	for n, h := range hits {
		item, ok := w.items[h.Index]
		if !ok || known[h.Index] {
			w.t.Fatalf("hit %d is item %d: there is such an item: %v, it came before: %v", n, h.Index, ok, known[h.Index])
		}
		known[h.Index] = true
		if want := product(query, item.Vector); math.Abs(float64(h.Score)-want) > tolerance {
			w.t.Fatalf("item %d has the score %g, want %g", h.Index, h.Score, want)
		}
		if n > 0 && (h.Score > hits[n-1].Score || h.Score == hits[n-1].Score && h.Index < hits[n-1].Index) {
			w.t.Fatalf("hits %v and %v are in the wrong order", hits[n-1], h)
		}
	}
	return hits
}

func product(a, b []float32) float64 {
	var sum float64
	for k := range a {
		sum += float64(a[k]) * float64(b[k])
	}
	return sum
}

// best is what an exact search finds among the items that pass.
func (w *world) best(query []float32, k int, pass func(item *ann.Item) bool) []int32 {
	type scored struct {
		id    int32
		score float64
	}
	var all []scored
	for id, item := range w.items { // sorted below
		if pass == nil || pass(&item) {
			all = append(all, scored{id, product(query, item.Vector)})
		}
	}
	slices.SortFunc(all, func(a, b scored) int {
		if a.score > b.score || a.score == b.score && a.id < b.id {
			return -1
		}
		return 1
	})
	var ids []int32
	for _, s := range all[:min(k, len(all))] {
		ids = append(ids, s.id)
	}
	return ids
}

// recall is the share of want among the hits.
func recall(hits []ann.Hit, want []int32) float64 {
	found := 0
	for _, h := range hits {
		if slices.Contains(want, h.Index) {
			found++
		}
	}
	return float64(found) / float64(max(len(want), 1))
}

func idsOf(hits []ann.Hit) []int32 {
	ids := make([]int32, len(hits))
	for i, h := range hits {
		ids[i] = h.Index
	}
	return ids
}

func emptyIndexFindsNothing(t *testing.T, open Open) {
	w := newWorld(t, open, 8)
	if hits := w.find(w.vector(), ann.Request{K: 10}); len(hits) != 0 || w.index.Len() != 0 {
		t.Errorf("found %v, Len is %d", hits, w.index.Len())
	}
	w.delete(3) // nothing to delete is no mistake
}

func endedContextEndsACall(t *testing.T, open Open) {
	w := newWorld(t, open, 8)
	w.fill(3)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.index.Find(ctx, nil, w.vector(), ann.Request{K: 1}); err == nil || ctx.Err() == nil {
		t.Error("a search whose context is done succeeds")
	}
	if err := w.index.Insert(ctx, w.item(9)); err == nil {
		t.Error("an insert whose context is done succeeds")
	}
	w.find(w.vector(), ann.Request{K: 10}) // finds no item 9
}

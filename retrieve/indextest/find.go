package indextest

import (
	"math"
	"slices"
	"testing"

	"github.com/reelrank/reelrank/retrieve/ann"
)

func hitsComeBestFirst(t *testing.T, open Open) {
	w := newWorld(t, open, 16)
	w.fill(200)
	for range 20 {
		query := w.vector()
		hits := w.find(query, ann.Request{K: 10})
		if want := w.best(query, 10, nil); recall(hits, want) < 0.9 {
			t.Errorf("found %v, want %v", idsOf(hits), want)
		}
	}
	query := w.vector()
	for k := range query {
		query[k] *= 0.25 // products of whatever length, not cosines
	}
	before := []ann.Hit{{Index: 99, Score: 9}}
	hits, err := w.index.Find(t.Context(), before, query, ann.Request{K: 3})
	if err != nil || len(hits) != 4 || hits[0] != before[0] {
		t.Errorf("%v, %v: three hits are to be appended to %v", hits, err, before)
	}
	w.find(query, ann.Request{K: 5})
}

func kMayBeAnything(t *testing.T, open Open) {
	w := newWorld(t, open, 8)
	w.fill(1200)
	query := w.vector()
	for _, k := range []int{math.MinInt, -1, 0, 1, 100, 1000} {
		if hits := w.find(query, ann.Request{K: k}); len(hits) != max(k, 0) {
			t.Errorf("K = %d finds %d", k, len(hits))
		}
	}
	if hits := w.find(query, ann.Request{K: math.MaxInt}); len(hits) < 1190 { // an approximation may miss the far end
		t.Errorf("the largest K finds %d of 1200", len(hits))
	}
}

// mostOfTheBestAreFound searches clustered vectors with mixtures of a few of
// them, like the taste of a user.
func mostOfTheBestAreFound(t *testing.T, open Open) {
	const n, clusters, queries, k, want = 3000, 60, 30, 50, 0.95
	w := newWorld(t, open, 32)
	var centres [][]float32
	for range clusters {
		centres = append(centres, w.vector())
	}
	items := make([]ann.Item, n)
	for i := range items {
		items[i] = w.item(int32(i))
		add(items[i].Vector, centres[w.rand.IntN(clusters)])
	}
	w.insert(items...)
	var sum float64
	for range queries {
		query := make([]float32, w.dim)
		for range 3 {
			add(query, items[w.rand.IntN(n)].Vector)
		}
		sum += recall(w.findUnscaled(query, ann.Request{K: k}), w.best(query, k, nil))
	}
	if mean := sum / queries; mean < want {
		t.Errorf("recall@%d is %.3f over %d queries, want at least %g", k, mean, queries, want)
	} else {
		t.Logf("recall@%d is %.3f", k, mean)
	}
}

// findUnscaled is find for vectors of other lengths than 1.
func (w *world) findUnscaled(query []float32, r ann.Request) []ann.Hit {
	w.t.Helper()
	hits, err := w.index.Find(w.t.Context(), nil, query, r)
	if err != nil {
		w.t.Fatal(err)
	}
	return hits
}

func add(a, b []float32) {
	for k := range a {
		a[k] += b[k]
	}
}

// Attribute bits of the filters' tests: one of two languages, and two facts,
// with the highest bit among them.
const (
	english = uint64(1) << 0
	hindi   = uint64(1) << 1
	adult   = uint64(1) << 40
	sponsor = uint64(1) << 63
)

func filterFindsWhatPasses(t *testing.T, open Open) {
	w := newWorld(t, open, 8)
	items := make([]ann.Item, 400)
	for i := range items {
		items[i] = w.item(int32(i))
		a := &items[i].Attributes
		switch w.rand.IntN(3) { // a third has no language
		case 0:
			*a |= english
		case 1:
			*a |= hindi
		}
		if w.rand.IntN(4) == 0 {
			*a |= adult
		}
		if w.rand.IntN(50) == 0 {
			*a |= sponsor
		}
	}
	w.insert(items...)
	query := w.vector()
	for _, r := range []ann.Request{
		{Require: english},
		{Require: english | adult},
		{Require: sponsor},
		{Require: english | hindi}, // none
		{AnyOf: english | hindi},
		{AnyOf: english | sponsor, Forbid: adult},
		{Forbid: adult},
		{Forbid: english | hindi | adult},
		{Require: hindi, AnyOf: adult | sponsor, Forbid: english},
		{Require: 1 << 17}, // a bit that none has
		{Forbid: 1 << 17},
	} {
		r.K = len(items)
		want := w.best(query, r.K, func(item *ann.Item) bool { return passes(item, &r) })
		got := idsOf(w.find(query, r))
		if slices.Sort(got); !slices.Equal(got, sorted(want)) {
			t.Errorf("require %x, any of %x, forbid %x: found %d items, want the %d that pass", r.Require, r.AnyOf, r.Forbid, len(got), len(want))
		}
	}
}

func passes(item *ann.Item, r *ann.Request) bool {
	a := item.Attributes
	return a&r.Require == r.Require && (r.AnyOf == 0 || a&r.AnyOf != 0) && a&r.Forbid == 0
}

func sorted(ids []int32) []int32 {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return ids
}

func requestExcludes(t *testing.T, open Open) {
	w := newWorld(t, open, 8)
	const n, most = 300, 1<<32 - 1 // the last creator has the largest id
	items := make([]ann.Item, n)
	for i := range items {
		items[i] = w.item(int32(i))
		items[i].Creator = uint32(i % 10)
		if i%10 == 9 {
			items[i].Creator = most
		}
	}
	w.insert(items...)
	query := w.vector()
	nearest := w.best(query, n, nil)
	for name, r := range map[string]ann.Request{
		"creators":  {Blocked: []uint32{3, most, 77}},
		"nobody":    {Blocked: []uint32{0}},
		"seen":      {Seen: nearest[:120]},
		"seen all":  {Seen: nearest},
		"accept":    {Accept: func(id int32) bool { return id%7 == 0 }},
		"accept 3":  {Accept: func(id int32) bool { return slices.Contains(nearest[n-3:], id) }},
		"accept no": {Accept: func(int32) bool { return false }},
		"all":       {Blocked: []uint32{1, 2}, Seen: nearest[:20], Accept: func(id int32) bool { return id < 250 }},
	} {
		r.K = 5
		hits := w.find(query, r)
		want := w.best(query, r.K, func(item *ann.Item) bool {
			return !excluded(&r, *item)
		})
		if len(hits) != len(want) {
			t.Errorf("%s: found %v, want %v", name, idsOf(hits), want)
			continue
		}
		for i, h := range hits { // two that are nearly as good may change places
			if product(query, w.items[h.Index].Vector) < product(query, w.items[want[i]].Vector)-2*tolerance || excluded(&r, w.items[h.Index]) {
				t.Errorf("%s: found %v, want %v", name, idsOf(hits), want)
			}
		}
	}
}

func excluded(r *ann.Request, item ann.Item) bool {
	return slices.Contains(r.Blocked, item.Creator) || slices.Contains(r.Seen, item.ID) || r.Accept != nil && !r.Accept(item.ID)
}

func scoresAreProducts(t *testing.T, open Open) {
	w := newWorld(t, open, 16)
	w.fill(50)
	w.delete(4)
	query := w.vector()
	ids := []int32{49, 4, 0, 1000, 7, 49}
	scores := make([]float32, len(ids))
	if err := w.index.Scores(t.Context(), scores, query, ids); err != nil {
		t.Fatal(err)
	}
	for i, id := range ids {
		item, there := w.items[id]
		switch isNaN := scores[i] != scores[i]; {
		case isNaN == there:
			t.Errorf("item %d has the score %g; it is in the index: %v", id, scores[i], there)
		case there && math.Abs(float64(scores[i])-product(query, item.Vector)) > tolerance:
			t.Errorf("item %d has the score %g, want %g", id, scores[i], product(query, item.Vector))
		}
	}
}

package ann

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"github.com/reelrank/reelrank/nn/kernel"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// before is the order of results: higher score first, ties by lower index.
func (h Hit) before(o Hit) bool {
	return h.Score > o.Score || h.Score == o.Score && h.Index < o.Index
}

// oracle is the index as one would write it in an hour.
type oracle map[int32]Item

// find is the items that pass the request, best first.
func (o oracle) find(query []float32, r Request) (hits []Hit) {
	for id, item := range o {
		if passes(item, r) {
			hits = append(hits, Hit{id, kernel.Dot(query, item.Vector)})
		}
	}
	slices.SortFunc(hits, func(a, b Hit) int {
		if a.before(b) {
			return -1
		}
		return 1
	})
	return hits
}

func passes(item Item, r Request) bool {
	a := item.Attributes
	return a&r.Require == r.Require && (r.AnyOf == 0 || a&r.AnyOf != 0) && a&r.Forbid == 0 &&
		!slices.Contains(r.Blocked, item.Creator) && !slices.Contains(r.Seen, item.ID) &&
		(r.Accept == nil || r.Accept(item.ID))
}

// world draws items around a few centres.
type world struct {
	dim     int
	centres [][]float32
	random  *rand.Rand
}

func newWorld(seed uint64, dim int) *world {
	w := &world{dim: dim, random: rand.New(rand.NewPCG(seed, 2))}
	for range 12 {
		w.centres = append(w.centres, w.unit(nil))
	}
	return w
}

// unit draws a vector of length 1 near a centre; nil is anywhere.
func (w *world) unit(centre []float32) []float32 {
	v := make([]float32, w.dim)
	var square float64
	for d := range v {
		v[d] = float32(w.random.NormFloat64() / math.Sqrt(float64(w.dim)))
		if centre != nil {
			v[d] += centre[d]
		}
		square += float64(v[d] * v[d])
	}
	for d := range v {
		v[d] /= float32(math.Sqrt(square))
	}
	return v
}

func (w *world) vector() []float32 { return w.unit(w.centres[w.random.IntN(len(w.centres))]) }

func (w *world) item(id int32) Item {
	return Item{ID: id, Vector: w.vector(), Attributes: w.random.Uint64() & 0xff, Creator: uint32(w.random.IntN(20))}
}

// build is an index over n items, and its oracle.
func (w *world) build(t testing.TB, o Options, n int) (*Index, oracle) {
	t.Helper()
	items := make([]Item, n)
	known := oracle{}
	for i := range items {
		items[i] = w.item(int32(i))
		known[int32(i)] = items[i]
	}
	o.Dim = w.dim
	x, err := Build(o, n, func(i int, item *Item) { *item = items[i] })
	if err != nil {
		t.Fatal(err)
	}
	return x, known
}

// tester is a test, or a check of rapid's.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func mustFind(t tester, x *Index, query []float32, r Request) []Hit {
	t.Helper()
	hits, err := x.Find(nil, query, r)
	if err != nil {
		t.Fatal(err)
	}
	return hits
}

// rowTolerance is the most by which a score from a row may be off here.
const rowTolerance = 0.01

// everything is an effort that leaves no list out.
const everything = 1e6

// agree compares a search with the oracle's: who is found may differ where the
// scores are as near as rows can tell.
func agree(t tester, x *Index, o oracle, query []float32, r Request) {
	t.Helper()
	want := o.find(query, r)
	want = want[:min(r.K, len(want))]
	t.Helper()
	got := mustFind(t, x, query, r)
	if len(got) != len(want) {
		t.Fatalf("found %d items, want %d", len(got), len(want))
	}
	seen := map[int32]bool{}
	for i, h := range got {
		item, ok := o[h.Index]
		switch {
		case !ok:
			t.Fatalf("found item %d, which is not in the index", h.Index)
		case seen[h.Index]:
			t.Fatalf("found item %d twice", h.Index)
		case !passes(item, r):
			t.Fatalf("found item %d, which the request excludes", h.Index)
		case math.Abs(float64(h.Score-kernel.Dot(query, item.Vector))) > rowTolerance:
			t.Fatalf("item %d scores %g, want %g", h.Index, h.Score, kernel.Dot(query, item.Vector))
		case math.Abs(float64(h.Score-want[i].Score)) > 2*rowTolerance:
			t.Fatalf("hit %d scores %g, want %g", i, h.Score, want[i].Score)
		case i > 0 && !got[i-1].before(h):
			t.Fatalf("hit %d is before its better", i)
		}
		seen[h.Index] = true
	}
}

// overlap is the share of the wanted that were found.
func overlap(got, want []Hit) float64 {
	in := map[int32]bool{}
	for _, h := range got {
		in[h.Index] = true
	}
	n := 0
	for _, h := range want {
		if in[h.Index] {
			n++
		}
	}
	return float64(n) / float64(max(len(want), 1))
}

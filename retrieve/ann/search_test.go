package ann

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/reelrank/reelrank/nn/kernel"
	"pgregory.net/rapid"
)

// sortAll is the naive search.
func sortAll(x *Index, query []float32, k int, accept func(int32) bool) []Hit {
	var all []Hit
	for i := range int32(x.Len()) {
		if h := (Hit{i, x.Score(query, i)}); h.Score == h.Score && (accept == nil || accept(i)) {
			all = append(all, h)
		}
	}
	slices.SortStableFunc(all, func(a, b Hit) int {
		switch {
		case a.Score > b.Score:
			return -1
		case a.Score < b.Score:
			return 1
		}
		return 0
	})
	return all[:max(0, min(k, len(all)))]
}

func mustNew(t testing.TB, vectors []float32, dim int) *Index {
	t.Helper()
	x, err := New(vectors, dim)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func mustSearch(t testing.TB, x *Index, query []float32, k int, accept func(int32) bool) []Hit {
	t.Helper()
	hits, err := x.Search(nil, query, k, accept)
	if err != nil {
		t.Fatal(err)
	}
	return hits
}

func randomVectors(seed uint64, n int) []float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

func TestSearchByHand(t *testing.T) {
	x := mustNew(t, []float32{1, 0 /**/, 0, 1 /**/, 1, 1 /**/, -1, 0 /**/, 1, 0}, 2)
	odd := func(i int32) bool { return i%2 == 1 }
	for _, tc := range []struct {
		name   string
		query  []float32
		k      int
		accept func(int32) bool
		want   []Hit
	}{
		{"ties go to the lower index", []float32{1, 0}, 2, nil, []Hit{{0, 1}, {2, 1}}},
		{"all", []float32{2, 1}, 9, nil, []Hit{{2, 3}, {0, 2}, {4, 2}, {1, 1}, {3, -2}}},
		{"filtered", []float32{2, 1}, 9, odd, []Hit{{1, 1}, {3, -2}}},
		{"none wanted", []float32{2, 1}, 0, nil, nil},
		{"fewer than none", []float32{2, 1}, -3, nil, nil},
	} {
		if got := mustSearch(t, x, tc.query, tc.k, tc.accept); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}

func TestSearchAppends(t *testing.T) {
	x := mustNew(t, []float32{1, 2}, 1)
	got, err := x.Search([]Hit{{9, 9}}, []float32{1}, 1, nil)
	if err != nil || !slices.Equal(got, []Hit{{9, 9}, {1, 2}}) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestBadInputIsNamed(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	for _, bad := range []float32{nan, inf} {
		_, err := New([]float32{1, 2, 3, bad, 5, 6}, 2)
		var ve *VectorError
		if !errors.As(err, &ve) || ve.Index != 1 {
			t.Errorf("a vector with %g gives %v, want a VectorError that names vector 1", bad, err)
		}
	}
	if _, err := New([]float32{1, 2, 3}, 2); err == nil {
		t.Error("three numbers are no whole count of vectors of width 2")
	}
	if _, err := New(nil, 0); err == nil {
		t.Error("width 0 was accepted")
	}
	x := mustNew(t, []float32{1, 2}, 2)
	for _, query := range [][]float32{nil, {1}, {1, 2, 3}, {1, nan}, {inf, 1}} {
		_, err := x.Search(nil, query, 1, nil)
		var ve *VectorError
		if !errors.As(err, &ve) || ve.Index != -1 {
			t.Errorf("query %v gives %v, want a VectorError about the query", query, err)
		}
	}
}

func TestALengthThatOverflowsIsNamed(t *testing.T) {
	const big = math.MaxFloat32
	var ve *VectorError
	if _, err := New([]float32{1, 1 /**/, big, -big}, 2); !errors.As(err, &ve) || ve.Index != 1 {
		t.Errorf("got %v, want a VectorError that names vector 1", err)
	}
	x := mustNew(t, []float32{1, 1}, 2)
	if err := x.Check([]float32{big, big}); !errors.As(err, &ve) || ve.Index != -1 {
		t.Errorf("got %v, want a VectorError about the query", err)
	}
}

func TestEmptyIndex(t *testing.T) {
	x := mustNew(t, nil, 3)
	if got := mustSearch(t, x, []float32{1, 2, 3}, 5, nil); len(got) != 0 {
		t.Errorf("found %v in an empty index", got)
	}
}

func TestSearchMatchesSorting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dim := rapid.IntRange(1, 5).Draw(t, "dim")
		small := rapid.Map(rapid.IntRange(-2, 2), func(v int) float32 { return float32(v) }) // many ties
		vectors := rapid.SliceOfN(small, dim*rapid.IntRange(0, 40).Draw(t, "n"), -1).Draw(t, "vectors")
		x, err := New(vectors[:len(vectors)/dim*dim], dim)
		if err != nil {
			t.Fatal(err)
		}
		query := rapid.SliceOfN(small, dim, dim).Draw(t, "query")
		k := rapid.IntRange(0, 50).Draw(t, "k")
		modulus := rapid.Int32Range(1, 4).Draw(t, "modulus")
		accept := func(i int32) bool { return i%modulus == 0 }
		got, err := x.Search(nil, query, k, accept)
		if err != nil {
			t.Fatal(err)
		}
		if want := sortAll(x, query, k, accept); !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

// FuzzSearch reads a width, a k and small vectors from the bytes.
func FuzzSearch(f *testing.F) {
	f.Add(uint8(2), uint8(3), []byte{1, 2, 3, 4, 5, 6, 7, 8})
	f.Add(uint8(1), uint8(0), []byte{})
	f.Add(uint8(3), uint8(9), []byte{255, 0, 255, 0, 255, 0, 1, 1, 1})
	f.Fuzz(func(t *testing.T, dim, k uint8, raw []byte) {
		d := int(dim%16) + 1
		if len(raw) < d {
			return
		}
		values := make([]float32, len(raw))
		for i, b := range raw {
			values[i] = float32(int8(b))
		}
		query, rest := values[:d], values[d:]
		x := mustNew(t, rest[:len(rest)/d*d], d)
		got := mustSearch(t, x, query, int(k), nil)
		if want := sortAll(x, query, int(k), nil); !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

// large is an index of more than one chunk.
func large(t testing.TB) *Index { return mustNew(t, randomVectors(1, 20_000*128), 128) }

func TestThreadsDoNotChangeTheResult(t *testing.T) {
	x := large(t)
	query := randomVectors(2, x.Dim())
	accept := func(i int32) bool { return i%3 != 0 }
	kernel.SetThreads(1)
	defer kernel.SetThreads(0)
	want := mustSearch(t, x, query, 100, accept)
	if naive := sortAll(x, query, 100, accept); !slices.Equal(want, naive) {
		t.Fatal("one thread differs from sorting")
	}
	for _, threads := range []int{2, 3, 8} {
		kernel.SetThreads(threads)
		if got := mustSearch(t, x, query, 100, accept); !slices.Equal(got, want) {
			t.Fatalf("%d threads give another result than one", threads)
		}
	}
}

func TestPanicOfAcceptReachesTheCaller(t *testing.T) {
	kernel.SetThreads(4)
	defer kernel.SetThreads(0)
	x := large(t)
	defer func() {
		if p := recover(); p != "no verdict" {
			t.Errorf("recovered %v, want the panic of accept", p)
		}
	}()
	mustSearch(t, x, randomVectors(2, x.Dim()), 5, func(int32) bool { panic("no verdict") })
}

func BenchmarkSearch(b *testing.B) {
	x := mustNew(b, randomVectors(1, 37_088*256), 256)
	query := randomVectors(2, 256)
	var dst []Hit
	b.ReportAllocs()
	for b.Loop() {
		dst, _ = x.Search(dst[:0], query, 100, func(i int32) bool { return i%10 != 0 })
	}
}

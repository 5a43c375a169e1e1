package ann

import (
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reelrank/reelrank/nn/kernel"
	"pgregory.net/rapid"
)

// TestAnyHistoryEqualsTheOracle applies random operations to an index and to
// the oracle: inserts, updates, deletes, rebuilds, tidying, and reopening from
// a snapshot, in both regimes.
func TestAnyHistoryEqualsTheOracle(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(rapid.Uint64().Draw(t, "seed"), rapid.SampledFrom([]int{3, 64, 100}).Draw(t, "dim"))
		options := Options{Dim: w.dim, Seed: 5, FlatLimit: 60}
		x, err := Open(options)
		if err != nil {
			t.Fatal(err)
		}
		known := oracle{}
		id := rapid.Int32Range(0, 300)
		t.Repeat(map[string]func(*rapid.T){
			"insert": func(t *rapid.T) {
				item := w.item(id.Draw(t, "id"))
				if err := x.Insert(item); err != nil {
					t.Fatal(err)
				}
				known[item.ID] = item
			},
			"insert many": func(t *rapid.T) {
				for range 40 {
					item := w.item(w.random.Int32N(300))
					if err := x.Insert(item); err != nil {
						t.Fatal(err)
					}
					known[item.ID] = item
				}
			},
			"delete": func(t *rapid.T) {
				i := id.Draw(t, "id")
				_, want := known[i]
				if got := x.Delete(i); got != want {
					t.Fatalf("delete of %d says %v, want %v", i, got, want)
				}
				delete(known, i)
			},
			"delete many": func(t *rapid.T) {
				for i := range known {
					if w.random.IntN(3) == 0 {
						x.Delete(i)
						delete(known, i)
					}
				}
			},
			"set attributes": func(t *rapid.T) {
				i, bits := id.Draw(t, "id"), w.random.Uint64()
				item, ok := known[i]
				if x.SetAttributes(i, bits) != ok {
					t.Fatalf("attributes of %d: want known %v", i, ok)
				}
				if ok {
					item.Attributes = bits
					known[i] = item
				}
			},
			"tidy": func(t *rapid.T) {
				if _, err := x.Tidy(context.Background()); err != nil {
					t.Fatal(err)
				}
			},
			"rebuild": func(t *rapid.T) {
				if err := x.Rebuild(context.Background()); err != nil {
					t.Fatal(err)
				}
			},
			"reopen": func(t *rapid.T) {
				path := filepath.Join(dir, "index")
				if err := x.Save(path); err != nil {
					t.Fatal(err)
				}
				if x, err = Load(path, options); err != nil {
					t.Fatal(err)
				}
			},
			"": func(t *rapid.T) {
				if x.Len() != len(known) {
					t.Fatalf("%d items, want %d", x.Len(), len(known))
				}
				for range 3 {
					r := Request{K: 1 + w.random.IntN(30), Effort: everything}
					switch w.random.IntN(6) {
					case 0:
						r.Require, r.Forbid = 1, 6
					case 1:
						r.AnyOf = 1 | 1<<3
					case 2:
						r.Blocked = []uint32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
					case 3:
						r.Seen = []int32{1, 5, 9, 12, 77, 150, 151}
					case 4:
						r.Accept = func(id int32) bool { return id%3 == 0 }
					}
					agree(t, x, known, w.vector(), r)
				}
			},
		})
	})
}

// TestAnUpdateOutlivesTheRewritingOfItsList updates items in place, so that
// their lists are rewritten in the middle of it again and again.
func TestAnUpdateOutlivesTheRewritingOfItsList(t *testing.T) {
	w := newWorld(4, 64)
	x, known := w.build(t, Options{FlatLimit: 100, Seed: 1}, 400)
	for round := range 5 {
		for id := range int32(len(known)) {
			if err := x.Insert(known[id]); err != nil {
				t.Fatal(err)
			}
			if got := mustFind(t, x, known[id].Vector, Request{K: 1, Effort: everything}); len(got) != 1 || got[0].Index != id {
				t.Fatalf("round %d: item %d is not found by its own vector: %v", round, id, got)
			}
		}
	}
}

func TestAnInsertIsVisibleToTheNextSearch(t *testing.T) {
	w := newWorld(3, 64)
	x, _ := w.build(t, Options{FlatLimit: 500, Seed: 1}, 3000)
	for id := int32(3000); id < 3200; id++ {
		item := w.item(id)
		if err := x.Insert(item); err != nil {
			t.Fatal(err)
		}
		if got := mustFind(t, x, item.Vector, Request{K: 1}); len(got) != 1 || got[0].Index != id {
			t.Fatalf("item %d was not found by its own vector: %v", id, got)
		}
	}
}

// TestNoDeletedItemIsReturnedUnderConcurrency runs searches beside a writer,
// tidying and rebuilds. A hit is wrong if its Delete had returned before the
// search began and no Insert began before it ended.
func TestNoDeletedItemIsReturnedUnderConcurrency(t *testing.T) {
	const ids = 2000
	w := newWorld(9, 64)
	x, known := w.build(t, Options{FlatLimit: 300, Seed: 1}, ids)
	vectors := make([][]float32, ids)
	for id, item := range known {
		vectors[id] = item.Vector
	}
	var gone [ids]atomic.Bool     // since its Delete returned
	var inserts [ids]atomic.Int64 // begun
	ctx, stop := context.WithTimeout(context.Background(), 1500*time.Millisecond)
	defer stop()
	var all sync.WaitGroup
	all.Go(func() { // the writer
		r := rand.New(rand.NewPCG(1, 1))
		for ctx.Err() == nil {
			id := r.Int32N(ids)
			if gone[id].Load() {
				gone[id].Store(false) // in this order, so that no reader counts the insert and takes the item for gone
				inserts[id].Add(1)
				if err := x.Insert(Item{ID: id, Vector: vectors[id], Attributes: 1}); err != nil {
					t.Error(err)
				}
			} else {
				x.Delete(id)
				gone[id].Store(true)
			}
		}
	})
	all.Go(func() { // maintenance
		for ctx.Err() == nil {
			if _, err := x.Tidy(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
			if err := x.Rebuild(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
		}
	})
	var searches atomic.Int64
	for reader := range 2 {
		all.Go(func() {
			r := rand.New(rand.NewPCG(2, uint64(reader)))
			before := make([]int64, ids) // inserts begun, or -1 where the item is there
			for ctx.Err() == nil {
				for id := range before {
					if before[id] = inserts[id].Load(); !gone[id].Load() {
						before[id] = -1
					}
				}
				request := Request{K: 50}
				if r.IntN(2) == 0 {
					request.Forbid = 1 << 60
				}
				hits, err := x.Find(nil, vectors[r.IntN(ids)], request)
				if err != nil {
					t.Error(err)
				}
				seen := map[int32]bool{}
				for _, h := range hits {
					if seen[h.Index] {
						t.Errorf("item %d was returned twice", h.Index)
					}
					seen[h.Index] = true
					if before[h.Index] >= 0 && inserts[h.Index].Load() == before[h.Index] {
						t.Errorf("item %d was returned after it was deleted", h.Index)
					}
				}
				searches.Add(1)
				runtime.Gosched()
			}
		})
	}
	all.Wait()
	if searches.Load() < 3 {
		t.Errorf("only %d searches ran", searches.Load())
	}
	for id := range int32(ids) {
		if x.Has(id) == gone[id].Load() {
			t.Errorf("item %d: in the index %v, want the opposite", id, x.Has(id))
		}
	}
}

func TestRecallOfTheListsIsHigh(t *testing.T) {
	w := newWorld(4, 64)
	x, known := w.build(t, Options{FlatLimit: 1000, Seed: 1}, 6000)
	if x.Stats().Lists == 0 {
		t.Fatal("no lists were built")
	}
	for _, r := range []Request{{K: 50}, {K: 50, Require: 1}, {K: 50, Require: 7}, {K: 10, Blocked: []uint32{1, 2, 3}}} {
		var sum float64
		const queries = 40
		for range queries {
			q := w.vector()
			want := known.find(q, r)
			sum += overlap(mustFind(t, x, q, r), want[:min(r.K, len(want))])
		}
		if recall := sum / queries; recall < 0.93 {
			t.Errorf("recall of %+v is %.3f, want at least 0.93", r, recall)
		}
	}
}

func TestTheCallersVectorsMakeScoresExact(t *testing.T) {
	w := newWorld(5, 64)
	known := oracle{}
	options := Options{FlatLimit: 500, Seed: 1, Vector: func(id int32) []float32 { return known[id].Vector }}
	x, items := w.build(t, options, 2000)
	for id, item := range items {
		known[id] = item
	}
	for range 20 {
		q := w.vector()
		for _, h := range mustFind(t, x, q, Request{K: 20}) {
			if want := kernel.Dot(q, known[h.Index].Vector); h.Score != want {
				t.Fatalf("item %d scores %g, want exactly %g", h.Index, h.Score, want)
			}
		}
	}
}

func TestTheSameSeedBuildsTheSameIndexOnAnyNumberOfThreads(t *testing.T) {
	defer kernel.SetThreads(0)
	var first []byte
	for _, threads := range []int{1, 2, 5} {
		kernel.SetThreads(threads)
		x, _ := newWorld(6, 64).build(t, Options{FlatLimit: 500, Seed: 3}, 5000)
		got := saved(t, x)
		if first == nil {
			first = got
		} else if !slices.Equal(got, first) {
			t.Fatalf("%d threads build another index", threads)
		}
	}
}

func TestListsAreSplitAndMerged(t *testing.T) {
	w := newWorld(7, 64)
	x, known := w.build(t, Options{FlatLimit: 200, Seed: 1}, 3000)
	before := x.Stats()
	for id := int32(3000); id < 4500; id++ { // all in one place
		item := Item{ID: id, Vector: w.unit(w.centres[0])}
		known[id] = item
		if err := x.Insert(item); err != nil {
			t.Fatal(err)
		}
	}
	did, err := x.Tidy(context.Background())
	if err != nil || did.Split == 0 {
		t.Fatalf("tidied %+v, %v; want splits", did, err)
	}
	for id, item := range known {
		if id >= 300 || kernel.Dot(item.Vector, w.centres[0]) > 0.4 {
			if id%10 != 0 {
				x.Delete(id)
				delete(known, id)
			}
		}
	}
	x.drift = drift{} // so that nothing is trained anew instead
	merged := 0
	for range 5 {
		did, err := x.Tidy(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		merged += did.Merged
	}
	if merged == 0 {
		t.Errorf("nothing was merged: %+v, at first %+v", x.Stats(), before)
	}
	for range 10 {
		agree(t, x, known, w.vector(), Request{K: 40, Effort: everything})
	}
}

func TestDriftTrainsAnew(t *testing.T) {
	w := newWorld(8, 64)
	x, _ := w.build(t, Options{FlatLimit: 200, Seed: 1}, 1000)
	for id := range int32(1001) {
		if err := x.Insert(Item{ID: id, Vector: w.unit(nil)}); err != nil {
			t.Fatal(err)
		}
	}
	if did, err := x.Tidy(context.Background()); err != nil || !did.Rebuilt {
		t.Errorf("tidied %+v, %v; want a rebuild: as many came as there were", did, err)
	}
}

func TestSlotsAreUsedAgain(t *testing.T) {
	w := newWorld(1, 64)
	x, known := w.build(t, Options{FlatLimit: 200, Seed: 1}, 1000)
	for round := range 20 {
		for id := range int32(1000) {
			item := w.item(id)
			known[id] = item
			if err := x.Insert(item); err != nil {
				t.Fatal(err)
			}
		}
		if round%7 == 0 {
			agree(t, x, known, w.vector(), Request{K: 100, Effort: everything})
		}
	}
	if s := x.Stats(); s.Slots > 3500 {
		t.Errorf("%d slots for 1000 items that were replaced 20 times", s.Slots)
	}
}

func TestARebuildThatIsCalledOffChangesNothing(t *testing.T) {
	w := newWorld(1, 64)
	x, known := w.build(t, Options{FlatLimit: 200, Seed: 1}, 1000)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := x.Rebuild(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	agree(t, x, known, w.vector(), Request{K: 100, Effort: everything})
	if err := x.Insert(w.item(2000)); err != nil {
		t.Fatal(err)
	}
}

func TestMaintainEndsWithItsContext(t *testing.T) {
	w := newWorld(1, 64)
	x, err := Open(Options{Dim: 64, FlatLimit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for id := range int32(150) {
		if err := x.Insert(w.item(id)); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- x.Maintain(ctx) }()
	for x.Stats().Lists == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}

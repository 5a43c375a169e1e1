package retrieve

import (
	"context"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/reel"
	"pgregory.net/rapid"
)

// TestOnlyEligibleReels draws worlds, settings and requests at random.
func TestOnlyEligibleReels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		quota := rapid.IntRange(0, 30)
		cfg := config.Retrieve{
			Candidates: rapid.IntRange(1, 60).Draw(t, "candidates"),
			Similar:    quota.Draw(t, "similar"), Trending: quota.Draw(t, "trending"),
			Creators: quota.Draw(t, "creators"), Fresh: 1 + quota.Draw(t, "fresh"),
			Cowatched: quota.Draw(t, "cowatched"), FreshImpressions: rapid.IntRange(1, 20).Draw(t, "fresh impressions"),
			FreshHours: rapid.Float64Range(0, 200).Draw(t, "fresh hours"),
		}
		users := rapid.IntRange(1, 4).Draw(t, "users")
		w := newWorld(t, rapid.Uint64().Draw(t, "world"), rapid.IntRange(1, 80).Draw(t, "reels"), users,
			rapid.IntRange(0, 300).Draw(t, "events"))
		r, err := New(cfg, w.parts)
		if err != nil {
			t.Fatal(err)
		}
		q := w.query(rapid.IntRange(0, users).Draw(t, "user"))
		q.Now -= rapid.Int64Range(0, 500_000).Draw(t, "earlier")
		q.Exclude = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) reel.ReelID {
			return reel.ReelID(rapid.Int64Range(0, 240).Draw(t, "id"))
		}), 0, 40).Draw(t, "exclude")
		if rapid.Bool().Draw(t, "without a vector") {
			q.Vector = nil
		}
		got, _, err := r.Retrieve(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		checkEligible(t, w, q, got, cfg.Candidates)
	})
}

func checkEligible(t *rapid.T, w *world, q *Query, got []reel.Candidate, most int) {
	if len(got) > most {
		t.Fatalf("%d candidates, at most %d were asked for", len(got), most)
	}
	excluded := map[reel.ReelID]bool{}
	for _, id := range q.Exclude {
		excluded[id] = true
	}
	listed := map[reel.ReelID]bool{}
	for _, c := range got {
		switch r := w.parts.Catalog.Reel(c.Index); {
		case r.ID != c.Reel:
			t.Fatalf("candidate names reel %d, its index is of %d", c.Reel, r.ID)
		case listed[c.Reel]:
			t.Fatalf("reel %d comes twice", c.Reel)
		case q.Profile.HasSeen(c.Reel):
			t.Fatalf("reel %d was seen", c.Reel)
		case r.Uploaded > q.Now:
			t.Fatalf("reel %d is uploaded at %d, now is %d", c.Reel, r.Uploaded, q.Now)
		case excluded[c.Reel]:
			t.Fatalf("reel %d is excluded", c.Reel)
		case c.Sources == 0:
			t.Fatalf("reel %d has no source", c.Reel)
		case q.Vector != nil && c.Similarity != w.parts.Index.(Embedded).Score(q.Vector, c.Index):
			t.Fatalf("similarity of reel %d is %g", c.Reel, c.Similarity)
		}
		listed[c.Reel] = true
	}
}

func TestSameQueryGivesTheSameCandidates(t *testing.T) {
	w := newWorld(t, 1, 600, 5, 2000)
	r := mustRetriever(t, settings(), w.parts)
	want, _, err := r.Retrieve(context.Background(), w.query(0))
	if err != nil || len(want) != 100 {
		t.Fatalf("%d candidates, %v; want 100", len(want), err)
	}
	var requests sync.WaitGroup
	for range 8 {
		requests.Go(func() {
			got, _, err := r.Retrieve(context.Background(), w.query(0))
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("a repeated query gives other candidates (%v)", err)
			}
		})
	}
	requests.Wait()
}

func TestNewcomerGetsTrendingAndFresh(t *testing.T) {
	w := newWorld(t, 2, 600, 5, 2000)
	r := mustRetriever(t, settings(), w.parts)
	for name, q := range map[string]*Query{"empty profile": w.newcomer(), "nil profile": {Now: w.now}} {
		got, traces, err := r.Retrieve(context.Background(), q)
		if err != nil || len(got) != 100 {
			t.Fatalf("%s: %d candidates, %v; want 100", name, len(got), err)
		}
		for _, tr := range traces {
			byHistory := tr.Source != reel.SourceTrending && tr.Source != reel.SourceFresh
			if tr.Err != nil || byHistory != (tr.Count == 0) {
				t.Errorf("%s: %s brought %d (%v)", name, tr.Source, tr.Count, tr.Err)
			}
		}
	}
	q := w.newcomer()
	q.Vector = w.vectors[0] // the model's guess for someone unknown
	_, traces, err := r.Retrieve(context.Background(), q)
	if err != nil || traces[0].Source != reel.SourceSimilar || traces[0].Count == 0 {
		t.Errorf("a cold-start vector brings nothing similar: %+v, %v", traces[0], err)
	}
}

func TestCallersFilterIsKept(t *testing.T) {
	w := newWorld(t, 3, 300, 5, 1000)
	q := w.query(0)
	q.Eligible = func(i int32) bool { return i%2 == 0 }
	got, _, err := mustRetriever(t, settings(), w.parts).Retrieve(context.Background(), q)
	if err != nil || len(got) == 0 {
		t.Fatalf("%d candidates, %v", len(got), err)
	}
	for _, c := range got {
		if c.Index%2 != 0 {
			t.Errorf("reel at %d passed the caller's filter", c.Index)
		}
	}
}

func TestBadVectorDropsOnlySimilar(t *testing.T) {
	w := newWorld(t, 4, 300, 5, 1000)
	for _, v := range [][]float32{{1}, {1, 2, 3, float32(math.NaN())}} {
		q := w.query(0)
		q.Vector = v
		got, traces, err := mustRetriever(t, settings(), w.parts).Retrieve(context.Background(), q)
		if err != nil || len(got) == 0 {
			t.Fatalf("vector %v: %d candidates, %v", v, len(got), err)
		}
		if traces[0].Err == nil || traces[1].Err != nil {
			t.Errorf("vector %v: traces %+v, want an error of similar alone", v, traces)
		}
		for _, c := range got {
			if c.Similarity != 0 {
				t.Errorf("vector %v gives a similarity of %g", v, c.Similarity)
			}
		}
	}
}

func TestSettingsAreChecked(t *testing.T) {
	w := newWorld(t, 5, 10, 1, 0)
	for _, tc := range []struct {
		name, want string
		change     func(*config.Retrieve, *Parts)
	}{
		{"no candidates", "retrieve.candidates", func(c *config.Retrieve, _ *Parts) { c.Candidates = 0 }},
		{"negative quota", "retrieve.fresh", func(c *config.Retrieve, _ *Parts) { c.Fresh = -1 }},
		{"negative age", "retrieve.fresh_hours", func(c *config.Retrieve, _ *Parts) { c.FreshHours = -1 }},
		{"all off", "every source is off", func(c *config.Retrieve, _ *Parts) { *c = config.Retrieve{Candidates: 10} }},
		{"no catalogue", "catalogue", func(_ *config.Retrieve, p *Parts) { p.Catalog = nil }},
		{"no counters", "counters", func(_ *config.Retrieve, p *Parts) { p.Counters = nil }},
	} {
		cfg, parts := settings(), w.parts
		tc.change(&cfg, &parts)
		if _, err := New(cfg, parts); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error is %v, want one that names %q", tc.name, err, tc.want)
		}
	}
}

func TestWithoutAnIndexTheOthersFillUp(t *testing.T) {
	w := newWorld(t, 6, 600, 5, 2000)
	w.parts.Index = nil
	got, traces, err := mustRetriever(t, settings(), w.parts).Retrieve(context.Background(), w.query(0))
	if err != nil || len(got) != 100 || len(traces) != 4 {
		t.Errorf("%d candidates from %d sources, %v; want 100 from 4", len(got), len(traces), err)
	}
}

func TestWithoutNeighboursTheOthersFillUp(t *testing.T) {
	w := newWorld(t, 6, 600, 5, 2000)
	w.parts.Together = nil
	got, traces, err := mustRetriever(t, settings(), w.parts).Retrieve(context.Background(), w.query(0))
	if err != nil || len(got) != 100 || len(traces) != 4 {
		t.Errorf("%d candidates from %d sources, %v; want 100 from 4", len(got), len(traces), err)
	}
}

func BenchmarkRetrieve(b *testing.B) {
	w := newWorld(b, 7, 37_088, 50, 100_000)
	r := mustRetriever(b, settings(), w.parts)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, _, err := r.Retrieve(context.Background(), w.query(i%50)); err != nil {
			b.Fatal(err)
		}
	}
}

package retrieve

import (
	"context"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/catalog/cowatch"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/retrieve/ann"
)

func TestFilterLetsThroughWhatIsKnownToSuit(t *testing.T) {
	known := reel.Reel{Language: "pt", Region: "BR", Category: "dance", AgeRating: 16, Creator: 7}
	for _, tc := range []struct {
		name   string
		filter Filter
		reel   reel.Reel
		want   bool
	}{
		{"no filter", Filter{}, known, true},
		{"no filter, nothing known", Filter{}, reel.Reel{}, true},
		{"one of the languages", Filter{Languages: []string{"pt", "es"}}, known, true},
		{"another language", Filter{Languages: []string{"es", "en"}}, known, false},
		{"another spelling", Filter{Languages: []string{"PT"}}, known, false},
		{"unknown language", Filter{Languages: []string{"pt"}}, reel.Reel{}, false},
		{"unknown language asked for", Filter{Languages: []string{""}}, reel.Reel{}, false},
		{"the region", Filter{Regions: []string{"BR"}}, known, true},
		{"another region", Filter{Regions: []string{"US"}}, known, false},
		{"unknown region", Filter{Regions: []string{"US"}}, reel.Reel{}, false},
		{"the category", Filter{Categories: []string{"dance"}}, known, true},
		{"another category", Filter{Categories: []string{"comedy"}}, known, false},
		{"unknown category", Filter{Categories: []string{"dance"}}, reel.Reel{}, false},
		{"excluded category", Filter{ExcludedCategories: []string{"comedy", "dance"}}, known, false},
		{"another is excluded", Filter{ExcludedCategories: []string{"comedy"}}, known, true},
		{"unknown category, and one is excluded", Filter{ExcludedCategories: []string{"comedy"}}, reel.Reel{}, false},
		{"wanted and excluded", Filter{Categories: []string{"dance"}, ExcludedCategories: []string{"dance"}}, known, false},
		{"old enough", Filter{ViewerAge: 16}, known, true},
		{"too young", Filter{ViewerAge: 15}, known, false},
		{"age not stated", Filter{ViewerAge: 0}, known, true},
		{"blocked creator", Filter{BlockedCreators: []reel.CreatorID{9, 7}}, known, false},
		{"another is blocked", Filter{BlockedCreators: []reel.CreatorID{9}}, known, true},
		{"two fields, one fails", Filter{Languages: []string{"pt"}, Regions: []string{"US"}}, known, false},
		{"everything at once", Filter{Languages: []string{"pt"}, Regions: []string{"BR"}, Categories: []string{"dance"},
			ExcludedCategories: []string{"comedy"}, ViewerAge: 18, BlockedCreators: []reel.CreatorID{8}}, known, true},
	} {
		if got := tc.filter.sieve().passes(&tc.reel); got != tc.want {
			t.Errorf("%s: %t, want %t", tc.name, got, tc.want)
		}
	}
}

// labelledWorld is a world whose reels have labels, frequent and rare ones and
// none, over an index that knows them. Above flatLimit reels it has lists.
func labelledWorld(t testing.TB, seed uint64, numReels, flatLimit int) *world {
	t.Helper()
	w := newWorld(t, seed, numReels, 5, 4000)
	r := rand.New(rand.NewPCG(seed, 1))
	reels := make([]reel.Reel, numReels)
	for i := range reels {
		reels[i] = *w.parts.Catalog.Reel(int32(i))
		rl := &reels[i]
		rl.Language = []string{"", "en", "en", "en", "es", "pt"}[r.IntN(6)]
		if r.IntN(40) == 0 {
			rl.Language = "qu"
		}
		rl.Region = fmt.Sprint("region ", r.IntN(90))
		rl.AgeRating = []uint8{0, 0, 0, 9, 16, 18}[r.IntN(6)]
		if r.IntN(10) == 0 {
			rl.Category = ""
		}
	}
	c := mustCatalog(t, reels...)
	a := FitAttributes(c)
	old := w.parts.Index.(Embedded)
	vectors := make([][]float32, numReels)
	for i := range vectors {
		vectors[i] = make([]float32, worldDim)
		for k := range vectors[i] {
			unit := make([]float32, worldDim)
			unit[k] = 1
			vectors[i][k] = old.Score(unit, int32(i))
		}
	}
	index, err := ann.Build(ann.Options{Dim: worldDim, FlatLimit: flatLimit, Vector: func(i int32) []float32 { return vectors[i] }},
		numReels, func(i int, item *ann.Item) {
			item.ID, item.Vector = int32(i), vectors[i]
			a.Describe(item, item.ID)
		})
	if err != nil {
		t.Fatal(err)
	}
	if lists := index.Stats().Lists; (lists > 0) != (numReels > flatLimit) {
		t.Fatalf("%d reels are in %d lists", numReels, lists)
	}
	w.parts = Parts{Catalog: c, Counters: catalog.NewCounters(c, 24*time.Hour), Index: Embedded{index}, Attributes: a, Together: cowatch.New(c, 0)}
	for _, p := range w.profiles { // the same events, of the reels with labels
		var before []reel.Interaction
		for _, it := range p.Recent {
			w.parts.Counters.Observe(&it)
			w.parts.Together.Observe(&it, before)
			before = append(before, it)
		}
	}
	return w
}

// filters are some of each kind, with whether a reel passes stated anew.
var filters = []struct {
	name   string
	filter Filter
	passes func(r *reel.Reel) bool
}{
	{"languages", Filter{Languages: []string{"pt", "es"}}, func(r *reel.Reel) bool { return r.Language == "pt" || r.Language == "es" }},
	{"a rare language", Filter{Languages: []string{"qu"}}, func(r *reel.Reel) bool { return r.Language == "qu" }},
	{"regions", Filter{Regions: []string{"region 3", "region 5", "region 80"}}, func(r *reel.Reel) bool {
		return r.Region == "region 3" || r.Region == "region 5" || r.Region == "region 80"
	}},
	{"categories", Filter{Categories: []string{"topic 1"}}, func(r *reel.Reel) bool { return r.Category == "topic 1" }},
	{"excluded categories", Filter{ExcludedCategories: []string{"topic 1", "topic 2"}}, func(r *reel.Reel) bool {
		return r.Category == "topic 0" || r.Category == "topic 3"
	}},
	{"age", Filter{ViewerAge: 8}, func(r *reel.Reel) bool { return r.AgeRating == 0 }},
	{"an age between the steps", Filter{ViewerAge: 9}, func(r *reel.Reel) bool { return r.AgeRating <= 9 }},
	{"creators", Filter{BlockedCreators: []reel.CreatorID{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}}, func(r *reel.Reel) bool { return r.Creator > 11 }},
	{"several", Filter{Languages: []string{"en"}, ExcludedCategories: []string{"topic 0"}, ViewerAge: 17}, func(r *reel.Reel) bool {
		return r.Language == "en" && r.Category != "" && r.Category != "topic 0" && r.AgeRating < 18
	}},
	{"nothing", Filter{Languages: []string{"xx"}}, func(*reel.Reel) bool { return false }},
}

func TestEverySourceKeepsToEveryFilter(t *testing.T) {
	w := labelledWorld(t, 11, 900, 100)
	cfg := settings()
	for _, f := range filters {
		found := map[reel.Source]int{}
		for user := range w.profiles {
			q := w.query(user)
			q.Filter = f.filter
			own := q.prepared(w.parts.Catalog)
			r := mustRetriever(t, cfg, w.parts)
			for _, slot := range r.slots {
				got, err := slot.Source.Retrieve(t.Context(), own, 200, nil)
				if err != nil {
					t.Fatalf("%s, %s: %v", f.name, slot.Source.Name(), err)
				}
				for _, c := range got {
					if rl := w.parts.Catalog.Reel(c.Index); !f.passes(rl) {
						t.Errorf("%s, %s: reel %d is found: %+v", f.name, slot.Source.Name(), rl.ID, *rl)
					}
				}
				found[slot.Source.Name()] += len(got)
			}
			merged, _, err := r.Retrieve(t.Context(), q)
			if err != nil {
				t.Fatalf("%s: %v", f.name, err)
			}
			for _, c := range merged {
				if !f.passes(w.parts.Catalog.Reel(c.Index)) {
					t.Errorf("%s: reel %d is a candidate", f.name, c.Reel)
				}
			}
		}
		for s, n := range found {
			if f.name != "nothing" && n == 0 && s == reel.SourceSimilar {
				t.Errorf("%s: %s finds nothing", f.name, s)
			}
		}
		if f.name == "languages" && len(found) != 5 {
			t.Errorf("only %v are asked", found)
		}
	}
}

// Where few reels pass, similar finds the nearest of just those, in a flat
// index and in one of lists, with the help of bits and without.
func TestSelectiveFilterStillFillsTheCandidates(t *testing.T) {
	const n = 6000
	for _, flatLimit := range []int{n, 200} {
		w := labelledWorld(t, 12, n, flatLimit)
		for _, described := range []bool{true, false} {
			if !described {
				w.parts.Attributes = nil
			}
			q := w.query(1)
			q.Filter = Filter{Languages: []string{"qu"}}
			own := q.prepared(w.parts.Catalog)
			r := mustRetriever(t, settings(), w.parts)
			got, traces, err := r.Retrieve(t.Context(), q)
			if err != nil || len(got) != 100 || traces[0].Source != reel.SourceSimilar || traces[0].Found != 100 {
				t.Fatalf("flat limit %d: %d candidates, %+v, %v", flatLimit, len(got), traces, err)
			}
			var want []ann.Hit
			for i := range int32(n) {
				if own.Eligible(i) {
					want = append(want, ann.Hit{Index: i, Score: w.parts.Index.(Embedded).Score(q.Vector, i)})
				}
			}
			best(want)
			nearest, err := r.slots[0].Source.Retrieve(t.Context(), own, 100, nil)
			if err != nil {
				t.Fatal(err)
			}
			for k, c := range nearest {
				if c.Index != want[k].Index {
					t.Fatalf("flat limit %d, bits %t: place %d has reel %d, want %d", flatLimit, described, k, c.Index, want[k].Index)
				}
			}
		}
	}
}

// listening is an index that keeps what it was asked for.
type listening struct {
	Embedded
	asked ann.Request
}

func (l *listening) Find(ctx context.Context, dst []ann.Hit, query []float32, r ann.Request) ([]ann.Hit, error) {
	l.asked = r
	return l.Embedded.Find(ctx, dst, query, r)
}

func TestSimilarTellsTheIndexWhatToPassOver(t *testing.T) {
	w := labelledWorld(t, 13, 900, 100)
	index := &listening{Embedded: w.parts.Index.(Embedded)}
	s := &similar{index: index, attributes: w.parts.Attributes}
	ask := func(q *Query) ann.Request {
		if _, err := s.Retrieve(t.Context(), q.prepared(w.parts.Catalog), 10, nil); err != nil {
			t.Fatal(err)
		}
		return index.asked
	}
	q := w.newcomer()
	q.Vector = w.vectors[0]
	if r := ask(q); r.Require|r.AnyOf|r.Forbid != 0 || r.Blocked != nil || r.Seen != nil {
		t.Errorf("without a filter or a past the index is asked for %+v", r)
	}
	seen, excluded := w.parts.Catalog.Reel(5), w.parts.Catalog.Reel(7)
	q.Profile = reel.NewProfile(1)
	q.Profile.Apply(reel.Interaction{Reel: seen.ID})
	q.Exclude = []reel.ReelID{excluded.ID, 1_000_000}
	q.Filter = Filter{Languages: []string{"en"}, BlockedCreators: []reel.CreatorID{seen.Creator, 1_000_000}}
	r := ask(q)
	if !slices.Equal(r.Seen, []int32{5, 7}) || !slices.Equal(r.Blocked, []uint32{creatorNumber(w.parts.Catalog.CreatorOf(5))}) || bits.OnesCount64(r.Require) != 1 {
		t.Errorf("the index is asked for %+v", r)
	}
	for i := range knownAway {
		q.Exclude = append(q.Exclude, reel.ReelID(3*i+1))
	}
	if r := ask(q); r.Seen != nil || r.Require == 0 {
		t.Errorf("with %d reels not to show the index is asked for %+v", len(q.Exclude), r)
	}
}

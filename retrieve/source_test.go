package retrieve

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/catalog/cowatch"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/retrieve/ann"
)

func mustCatalog(t interface {
	Helper()
	Fatal(args ...any)
}, reels ...reel.Reel) *catalog.Catalog {
	t.Helper()
	c, err := catalog.New(reels)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func retrieveFrom(t *testing.T, s Source, c *catalog.Catalog, q *Query, k int) []int32 {
	t.Helper()
	got, err := s.Retrieve(context.Background(), q.prepared(c), k, nil)
	if err != nil {
		t.Fatal(err)
	}
	return indices(got)
}

func TestReelIsEligibleFromItsUploadOn(t *testing.T) {
	c := mustCatalog(t, reel.Reel{ID: 1, Uploaded: 500})
	for now, want := range map[int64]bool{499: false, 500: true, 501: true} {
		if got := (&Query{Now: now}).prepared(c).Eligible(0); got != want {
			t.Errorf("a reel uploaded at 500 is eligible at %d: %v", now, got)
		}
	}
}

func TestSimilarIsNearestFirst(t *testing.T) {
	c := mustCatalog(t, reel.Reel{ID: 1}, reel.Reel{ID: 2}, reel.Reel{ID: 3})
	index, err := ann.New([]float32{1, 3, 2}, 1)
	if err != nil {
		t.Fatal(err)
	}
	p := reel.NewProfile(1)
	p.Apply(reel.Interaction{Reel: 2})
	if got := retrieveFrom(t, &similar{index: Embedded{index}}, c, &Query{Profile: p, Vector: []float32{1}}, 5); !slices.Equal(got, []int32{2, 0}) {
		t.Errorf("got %v, want the unseen ones nearest first: [2 0]", got)
	}
}

// The index is searched in every interest, and what it finds is judged by the
// similarity: reel 3, which lies between the two, is the best of all.
func TestSimilarSearchesInEveryInterest(t *testing.T) {
	c := mustCatalog(t, reel.Reel{ID: 1}, reel.Reel{ID: 2}, reel.Reel{ID: 3}, reel.Reel{ID: 4}, reel.Reel{ID: 5})
	index, err := ann.New([]float32{1, 0, 0, 1, 0.9, 0.9, -1, 0, 0, -1}, 2)
	if err != nil {
		t.Fatal(err)
	}
	q := &Query{
		Vector: []float32{-1, -1}, Interests: [][]float32{{1, 0}, {0, 1}},
		Similarity: func(dst []float32, reels []int32) {
			for n, i := range reels {
				dst[n] = []float32{0.5, 0.6, 0.7, 0.1, float32(math.NaN())}[i]
			}
		},
	}
	s := &similar{index: Embedded{index}}
	if got := retrieveFrom(t, s, c, q, 2); !slices.Equal(got, []int32{2, 1}) {
		t.Errorf("got %v, want [2 1]", got)
	}
	q.Prior = func(i int32) float32 { return []float32{1, 0, 0, 0, 0}[i] }
	if got := retrieveFrom(t, s, c, q, 2); !slices.Equal(got, []int32{0, 2}) {
		t.Errorf("with a prior for the first: got %v, want [0 2]", got)
	}
	if got := retrieveFrom(t, s, c, q, 5); len(got) != 5 || got[4] != 4 {
		t.Errorf("got %v, want all five, and the one that is not a number last", got)
	}
}

func TestFreshIsLeastShownThenNewest(t *testing.T) {
	const now, hour = 1_000_000, 3600
	c := mustCatalog(t,
		reel.Reel{ID: 1, Uploaded: now - 1*hour},
		reel.Reel{ID: 2, Uploaded: now - 2*hour},
		reel.Reel{ID: 3, Uploaded: now - 3*hour},
		reel.Reel{ID: 4, Uploaded: now - 49*hour}, // too old
		reel.Reel{ID: 5, Uploaded: now + 1},       // not yet
		reel.Reel{ID: 6},                          // unknown
	)
	counters := catalog.NewCounters(c, time.Hour)
	counters.Observe(&reel.Interaction{Reel: 1, Time: now})
	s := newFresh(c, counters, 48, 1000)
	for _, tc := range []struct {
		k    int
		want []int32
	}{{5, []int32{1, 2, 0}}, {2, []int32{1, 2}}, {1, []int32{1}}, {0, nil}} {
		if got := retrieveFrom(t, s, c, &Query{Now: now}, tc.k); !slices.Equal(got, tc.want) {
			t.Errorf("k=%d: %v, want %v", tc.k, got, tc.want)
		}
	}
}

// TestFreshBoundsItsMemory has more fresh reels than the source keeps at once;
// the least shown are the oldest of them, so they come last.
func TestFreshBoundsItsMemory(t *testing.T) {
	const now, n, k = 1_000_000, 300, 4
	reels := make([]reel.Reel, n)
	for i := range reels {
		reels[i] = reel.Reel{ID: reel.ReelID(i), Uploaded: now - int64(i)}
	}
	c := mustCatalog(t, reels...)
	counters := catalog.NewCounters(c, time.Hour)
	for i := range n - k {
		counters.Observe(&reel.Interaction{Reel: reel.ReelID(i), Time: now})
	}
	got := retrieveFrom(t, newFresh(c, counters, 48, 1000), c, &Query{Now: now}, k)
	if !slices.Equal(got, []int32{n - 4, n - 3, n - 2, n - 1}) {
		t.Errorf("got %v, want the four that were never shown", got)
	}
}

// TestFreshMatchesSorting compares with sorting all fresh reels, many of which tie.
func TestFreshMatchesSorting(t *testing.T) {
	const now, n = 1_000_000, 500
	r := rand.New(rand.NewPCG(1, 2))
	reels := make([]reel.Reel, n)
	for i := range reels {
		reels[i] = reel.Reel{ID: reel.ReelID(i), Uploaded: now - r.Int64N(60)}
	}
	c := mustCatalog(t, reels...)
	counters := catalog.NewCounters(c, time.Hour)
	for range 3 * n {
		counters.Observe(&reel.Interaction{Reel: reel.ReelID(r.IntN(n)), Time: now})
	}
	all := make([]shown, n)
	for i := range all {
		all[i] = shown{int32(i), counters.ReelTotals(int32(i)).Impressions, reels[i].Uploaded}
	}
	slices.SortFunc(all, compareShown)
	for _, k := range []int{1, 2, 7, 100, 499, 500, 600} {
		got := retrieveFrom(t, newFresh(c, counters, 48, 1000), c, &Query{Now: now}, k)
		for i := range all[:min(k, n)] {
			if got[i] != all[i].reel {
				t.Fatalf("k=%d: place %d has reel %d, want %d", k, i, got[i], all[i].reel)
			}
		}
	}
}

func TestTrendingWalksPastWhatWasSeen(t *testing.T) {
	reels := make([]reel.Reel, 60)
	for i := range reels {
		reels[i].ID = reel.ReelID(i)
	}
	c := mustCatalog(t, reels...)
	counters := catalog.NewCounters(c, time.Hour)
	p := reel.NewProfile(1)
	for i := range reels { // reel 0 trends most
		for range len(reels) - i {
			counters.Observe(&reel.Interaction{Reel: reels[i].ID, Time: 1000, Signals: reel.Liked})
		}
		if i < 50 {
			p.Apply(reel.Interaction{Reel: reels[i].ID})
		}
	}
	s := &trending{c, counters}
	if got := retrieveFrom(t, s, c, &Query{Now: 2000, Profile: p}, 3); !slices.Equal(got, []int32{50, 51, 52}) {
		t.Errorf("got %v, want the best three unseen ones: [50 51 52]", got)
	}
	if got := retrieveFrom(t, s, c, &Query{Now: 2000, Profile: p}, 100); len(got) != 10 {
		t.Errorf("%d reels, want the ten unseen ones", len(got))
	}
}

// trendingWorld has reels 0..29 about dance, 30..59 about chess and 60..89
// without a category. Within each the lower ids trend more, dance most of all.
func trendingWorld(t *testing.T) (*catalog.Catalog, *catalog.Counters) {
	reels := make([]reel.Reel, 90)
	for i := range reels {
		reels[i] = reel.Reel{ID: reel.ReelID(i), Category: []string{"dance", "chess", ""}[i/30]}
	}
	c := mustCatalog(t, reels...)
	counters := catalog.NewCounters(c, time.Hour)
	for i := range reels {
		place := "US"
		if i/30 == 2 {
			place = "BR"
		}
		for range 40*(3-i/30) + 30 - i%30 {
			counters.Observe(&reel.Interaction{Reel: reels[i].ID, Time: 1000, Signals: reel.Liked, Context: reel.Context{Place: place}})
		}
	}
	return c, counters
}

func TestTrendingDealsFromEveryListByItsShare(t *testing.T) {
	c, counters := trendingWorld(t)
	s := &trending{c, counters}
	fan := reel.NewProfile(1)
	fan.Apply(reel.Interaction{Reel: 35, Signals: reel.Liked}) // chess
	fan.Apply(reel.Interaction{Reel: 60, Signals: reel.Liked}) // of no known category: says nothing
	fan.Apply(reel.Interaction{Reel: 1, Signals: reel.Skipped})
	for _, tc := range []struct {
		name string
		q    Query
		want []int32
	}{
		{"nobody, nowhere", Query{}, []int32{0, 1, 2, 3, 4, 5, 6, 7}},
		{"a place takes turns with everywhere", Query{Context: reel.Context{Place: "BR"}}, []int32{60, 0, 61, 1, 62, 2, 63, 3}},
		{"an unknown place changes nothing", Query{Context: reel.Context{Place: "FR"}}, []int32{0, 1, 2, 3, 4, 5, 6, 7}},
		{"a category has twice the share", Query{Profile: fan}, []int32{30, 0, 31, 32, 2, 33, 34, 3}},
		{"all three", Query{Profile: fan, Context: reel.Context{Place: "BR"}}, []int32{30, 61, 0, 31, 32, 62, 2, 33}},
	} {
		tc.q.Now = 2000
		if got := retrieveFrom(t, s, c, &tc.q, 8); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
		all := retrieveFrom(t, s, c, &tc.q, 1000)
		unseen := 90
		if tc.q.Profile != nil {
			unseen -= 3
		}
		if slices.Sort(all); len(all) != unseen || len(slices.Compact(all)) != unseen {
			t.Errorf("%s: %d reels in all, want %d, each once", tc.name, len(all), unseen)
		}
	}
}

func TestTrendingSharesFollowTheUsersCategories(t *testing.T) {
	c, counters := trendingWorld(t)
	p := reel.NewProfile(1)
	for i := range 4 { // three of dance, one of chess: the older ones count a little less
		p.Apply(reel.Interaction{Reel: reel.ReelID([]int{20, 21, 22, 50}[i]), Signals: reel.Liked})
	}
	chess, _ := c.CategoryIndex("chess")
	dance, _ := c.CategoryIndex("dance")
	got := (&trending{c, counters}).enjoyedCategories(p)
	f := affinityFade
	sum := 1 + f + f*f + f*f*f
	if len(got) != 2 || got[0].category != dance || got[1].category != chess || math.Abs(got[1].share-1/sum) > 1e-9 || math.Abs(got[0].share+got[1].share-1) > 1e-9 {
		t.Errorf("categories are %+v, want dance and then chess with %.3f", got, 1/sum)
	}
}

func TestCowatchedSumsTheNeighboursOfWhatWasEnjoyed(t *testing.T) {
	var reels []reel.Reel
	for i := range 8 {
		reels = append(reels, reel.Reel{ID: reel.ReelID(i)})
	}
	reels[6].Uploaded = 9000 // not yet
	c := mustCatalog(t, reels...)
	together := cowatch.New(c, 0)
	enjoy := func(user reel.UserID, ids ...reel.ReelID) {
		var recent []reel.Interaction
		for _, id := range ids {
			it := reel.Interaction{User: user, Reel: id, Time: 1000, Signals: reel.Liked}
			together.Observe(&it, recent)
			recent = append(recent, it)
		}
	}
	enjoy(1, 0, 2, 6)
	enjoy(2, 0, 2)
	enjoy(3, 1, 2)
	enjoy(4, 0, 3)
	enjoy(5, 1, 4)
	enjoy(6, 5, 7)
	s := newCowatched(c, together)
	p := reel.NewProfile(9)
	p.Apply(reel.Interaction{Reel: 0, Time: 1000, Signals: reel.Liked})
	p.Apply(reel.Interaction{Reel: 1, Time: 1000, Signals: reel.Liked})
	p.Apply(reel.Interaction{Reel: 5, Time: 1000, Signals: reel.Skipped}) // its neighbour 7 is not wanted
	// 2 is enjoyed with both; 4 with the newer one, which fewer enjoyed.
	if got := retrieveFrom(t, s, c, &Query{Now: 2000, Profile: p}, 9); !slices.Equal(got, []int32{2, 4, 3}) {
		t.Errorf("got %v, want [2 4 3]", got)
	}
	if got := retrieveFrom(t, s, c, &Query{Now: 2000, Profile: p}, 1); !slices.Equal(got, []int32{2}) {
		t.Errorf("the best is %v, want [2]", got)
	}
	if got := retrieveFrom(t, s, c, &Query{Now: 2000}, 9); len(got) != 0 {
		t.Errorf("nobody in particular gets %v", got)
	}
	p.Apply(reel.Interaction{Reel: 2, Time: 1000})
	if got := retrieveFrom(t, s, c, &Query{Now: 2000, Profile: p}, 9); !slices.Equal(got, []int32{4, 3}) {
		t.Errorf("after reel 2 was seen: %v, want [4 3]", got)
	}
}

func TestFreshReelHasHadItsChance(t *testing.T) {
	c := mustCatalog(t, reel.Reel{ID: 1, Uploaded: 999_000}, reel.Reel{ID: 2, Uploaded: 999_001})
	counters := catalog.NewCounters(c, time.Hour)
	for range 5 {
		counters.Observe(&reel.Interaction{Reel: 2, Time: 999_500})
	}
	for enough, want := range map[int][]int32{1: {0}, 5: {0}, 6: {0, 1}} {
		if got := retrieveFrom(t, newFresh(c, counters, 48, enough), c, &Query{Now: 1_000_000}, 9); !slices.Equal(got, want) {
			t.Errorf("below %d impressions: %v, want %v", enough, got, want)
		}
	}
}

func TestCreatorsTakeTurns(t *testing.T) {
	c := mustCatalog(t,
		reel.Reel{ID: 10, Creator: 1, Uploaded: 100}, reel.Reel{ID: 11, Creator: 1, Uploaded: 300}, reel.Reel{ID: 12, Creator: 1, Uploaded: 200},
		reel.Reel{ID: 20, Creator: 2, Uploaded: 100}, reel.Reel{ID: 21, Creator: 2, Uploaded: 50},
		reel.Reel{ID: 30, Creator: 3, Uploaded: 100},
	)
	p := reel.NewProfile(1)
	p.Apply(reel.Interaction{Reel: 90, Creator: 2, Signals: reel.Followed})                                                               // 2
	p.Apply(reel.Interaction{Reel: 11, Creator: 1, Watch: 1, Observed: reel.AllObserved, Signals: reel.Liked | reel.Shared | reel.Saved}) // 4
	q := &Query{Now: 1000, Profile: p}
	// Creator 1 leads; its newest, reel 11, was seen; creator 3 is a stranger.
	if got := retrieveFrom(t, &creators{c}, c, q, 9); !slices.Equal(got, []int32{2, 3, 0, 4}) {
		t.Errorf("got %v, want the creators in turns: [2 3 0 4]", got)
	}
	if got := retrieveFrom(t, &creators{c}, c, q, 3); !slices.Equal(got, []int32{2, 3, 0}) {
		t.Errorf("got %v, want [2 3 0]", got)
	}
}

func TestCreatorAffinity(t *testing.T) {
	watched := func(creator reel.CreatorID, watch reel.WatchTime, signals reel.Signals) reel.Interaction {
		return reel.Interaction{Reel: reel.ReelID(creator), Creator: creator, Watch: watch, Observed: reel.AllObserved, Signals: signals}
	}
	for _, tc := range []struct {
		name   string
		recent []reel.Interaction
		want   []reel.CreatorID
	}{
		{"nothing", nil, []reel.CreatorID{}},
		{"one reel half watched is not enough", []reel.Interaction{watched(1, 0.6, 0)}, []reel.CreatorID{}},
		{"two enjoyed are", []reel.Interaction{watched(1, 0.6, 0), watched(1, 0.6, 0)}, []reel.CreatorID{1}},
		{"a follow is, whatever was watched", []reel.Interaction{watched(1, 0, reel.Followed)}, []reel.CreatorID{1}},
		{"not interested outweighs a follow", []reel.Interaction{watched(1, 0, reel.Followed), watched(1, 0, reel.NotInterested)}, []reel.CreatorID{}},
		{"more is first", []reel.Interaction{watched(1, 1, reel.Liked), watched(2, 1, reel.Liked|reel.Shared)}, []reel.CreatorID{2, 1}},
		{"later is first", []reel.Interaction{watched(1, 1, reel.Liked), watched(2, 1, reel.Liked)}, []reel.CreatorID{2, 1}},
		{"an unobserved watch time says nothing", []reel.Interaction{{Creator: 1, Watch: 1}, {Creator: 1, Watch: 1}}, []reel.CreatorID{}},
		{"ties by id", []reel.Interaction{watched(8, 0, 0), watched(5, 0, 0)}, []reel.CreatorID{5, 8}},
	} {
		p := reel.NewProfile(1)
		for _, it := range tc.recent {
			p.Apply(it)
		}
		if tc.name == "ties by id" {
			p.Follows[8], p.Follows[5] = struct{}{}, struct{}{}
		}
		if got := creatorsByAffinity(p); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}

// BenchmarkSources times each source alone, over 37,088 reels.
func BenchmarkSources(b *testing.B) {
	w := newWorld(b, 7, 37_088, 50, 100_000)
	r := mustRetriever(b, settings(), w.parts)
	for _, slot := range r.slots {
		b.Run(slot.Source.Name().String(), func(b *testing.B) {
			b.ReportAllocs()
			dst := make([]reel.Candidate, 0, 100)
			for n := 0; b.Loop(); n++ {
				if _, err := slot.Source.Retrieve(context.Background(), w.query(n%50).prepared(w.parts.Catalog), 100, dst); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

package feature

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/reel"
)

// fill writes over rubbish, so that a slot that Fill forgets shows.
func fill(b *ContextBuilder, i int32) []float32 {
	dst := make([]float32, ContextDim)
	for k := range dst {
		dst[k] = float32(math.NaN())
	}
	b.Fill(dst, i)
	return dst
}

// replay computes the context of every logged exposure as a trainer does: one
// pass, one builder, the features before the interaction is applied.
func (w *world) replay(visit func(n int, i int32, context []float32)) {
	s := w.newState()
	b := NewContextBuilder(w.cat, s.counters)
	for n := range w.log {
		it := &w.log[n]
		if i, ok := w.cat.Index(it.Reel); ok {
			b.Start(it.Time, it.Context, s.profile(it.User))
			visit(n, i, fill(b, i))
		}
		s.apply(it)
	}
}

func TestReplayEqualsWhatServingSees(t *testing.T) {
	w := newWorld(t, 11, 40, 400)
	compared := 0
	w.replay(func(n int, i int32, offline []float32) {
		if n%7 != 0 { // rebuilding is quadratic
			return
		}
		it := &w.log[n]
		s := w.after(n)
		b := NewContextBuilder(w.cat, s.counters).Fork()
		b.Start(it.Time, it.Context, s.profile(it.User))
		if online := fill(b, i); !slices.Equal(offline, online) {
			t.Fatalf("interaction %d: offline %v, online %v", n, offline, online)
		}
		compared++
	})
	if compared < 40 {
		t.Fatalf("compared %d contexts only", compared)
	}
}

func TestCandidatesAreTheSameTogetherAndAlone(t *testing.T) {
	w := newWorld(t, 17, 80, 600)
	s := w.after(600)
	b := NewContextBuilder(w.cat, s.counters)
	b.Start(start+900, reel.Context{Device: "ios", Place: "BR", Session: 1, Position: 3}, s.profile(2))
	reels := rand.New(rand.NewPCG(9, 9)).Perm(80)
	for _, n := range []int{0, 1, 7, 80, 30} { // fewer after more, too
		candidates := make([]int32, n)
		for k := range candidates {
			candidates[k] = int32(reels[k])
		}
		together := make([]float32, n*ContextDim)
		b.FillAll(together, candidates)
		for k, i := range candidates {
			if got, want := together[k*ContextDim:][:ContextDim], fill(b, i); !slices.Equal(got, want) {
				t.Fatalf("reel %d among %d: %v, alone %v", i, n, got, want)
			}
		}
	}
}

func TestNoFeatureSeesItsOwnOrALaterInteraction(t *testing.T) {
	w := newWorld(t, 12, 30, 300)
	const cut = 180
	before := make(map[int][]float32)
	w.replay(func(n int, _ int32, c []float32) {
		if n <= cut {
			before[n] = c
		}
	})
	r := rand.New(rand.NewPCG(5, 5))
	for n := cut; n < len(w.log); n++ { // another outcome now, another world later
		old := w.log[n]
		w.log[n] = anyInteraction(r, w.reels, old.Time)
		if n == cut { // the exposure stays, what came of it changes
			w.log[n] = old
			w.log[n].Watch, w.log[n].Signals = 1-old.Watch, old.Signals^reel.Liked^reel.Followed^reel.Shared
		}
	}
	w.replay(func(n int, _ int32, c []float32) {
		if n <= cut && !slices.Equal(c, before[n]) {
			t.Fatalf("the context of interaction %d changed with the outcome of %d or later", n, cut)
		}
	})
	if len(before) < cut/2 {
		t.Fatalf("compared %d contexts only", len(before))
	}
}

func TestContextIsBoundedAndEverySlotIsUsed(t *testing.T) {
	w := newWorld(t, 13, 30, 800)
	var used [ContextDim]bool
	w.replay(func(n int, _ int32, c []float32) {
		wantBounded(t, "context", c, MaxContext)
		for k, v := range c {
			used[k] = used[k] || v != 0
		}
	})
	// Two devices and three places leave some hash buckets empty.
	for k, s := range ContextSlots {
		hashed := k >= ctxDevice && k < ctxLogSessionPosition
		if !used[k] && !hashed && k != TowerDot {
			t.Errorf("%s was 0 in 800 contexts", s.Name)
		}
	}
	if used[TowerDot] {
		t.Error("tower_dot is the caller's to write")
	}
}

func TestContextIsBoundedAtTheEdges(t *testing.T) {
	w := newWorld(t, 14, 10, 50)
	s := w.after(50)
	b := NewContextBuilder(w.cat, s.counters)
	for _, now := range []int64{math.MinInt64, -1, 0, reel.MaxTime, math.MaxInt64 / 2} {
		for _, p := range []*reel.Profile{nil, {}, reel.NewProfile(1), s.profile(1)} {
			b.Start(now, reel.Context{Position: -5, Session: -1, Place: "?"}, p)
			wantBounded(t, "context", fill(b, 3), MaxContext)
		}
	}
	empty := NewContextBuilder(w.cat, catalog.NewCounters(w.cat, time.Hour))
	empty.Start(start, reel.Context{}, nil)
	got := fill(empty, 0)
	wantBounded(t, "first request ever", got, MaxContext)
	if n := sum(got[ctxHasHistory:ctxLogAge]); n != 0 {
		t.Errorf("an unknown user sums to %g, want zeros", n)
	}
	if n := sum(got[ctxLogTrend:]); n != 0 {
		t.Errorf("a reel that nobody saw sums to %g, want zeros", n)
	}
}

// The hand-made world: two cooks and a traveller.
func handMade(t *testing.T) *world {
	w := &world{reels: []reel.Reel{
		{ID: 10, Creator: 1, Category: "cooking", Language: "pt", Region: "BR", Duration: 19, Uploaded: start - 24*secondsPerHour},
		{ID: 20, Creator: 1, Category: "cooking", Language: "en", Region: "US", Duration: 9, Uploaded: start - 100*secondsPerDay},
		{ID: 30, Creator: 2, Category: "cooking"},
		{ID: 40, Creator: 3, Category: "travel", Language: "pt", Duration: 49},
	}}
	var err error
	if w.cat, err = catalog.New(w.reels); err != nil {
		t.Fatal(err)
	}
	seen := func(at int64, id reel.ReelID, creator reel.CreatorID, watch reel.WatchTime, did reel.Signals) {
		w.log = append(w.log, reel.Interaction{User: 9, Reel: id, Creator: creator, Time: at, Watch: watch, Signals: did,
			Observed: reel.AllObserved, Context: reel.Context{Session: 4}})
	}
	seen(start-4000, 40, 3, 0.1, reel.Skipped)
	seen(start-600, 20, 1, 0.9, reel.Followed)
	return w
}

func TestCrossesOfAHandMadeHistory(t *testing.T) {
	w := handMade(t)
	s := w.after(2)
	b := NewContextBuilder(w.cat, s.counters)
	b.Start(start, reel.Context{Place: "BR", Session: 4, Position: 2}, s.profile(9))
	minutes10 := 1 / (1 + math.Log(11))
	// Over all: one positive in two; the user's own rate is the same, with one
	// positive in one with creator 1 and in cooking: (1+2*0.5)/(1+2).
	affinity := math.Log((2.0/3 + rateFloor) / (0.5 + rateFloor))
	ofReel20 := math.Log(((1+20*0.5)/21 + rateFloor) / (0.5 + rateFloor))

	wantSlots(t, ContextSlots[:], fill(b, 0), map[string]float64{ // reel 10: the same creator, unseen
		"has_history": 1, "log_user_gap": (math.Log(601) - 7) / 3, "log_history": math.Log(3) / 3, "log_follows": math.Log(2) / 3,
		"log_session_events": math.Log(3) / 2, "log_session_position": math.Log(3) / 2,
		"user_positive_lift": 0, "user_follow_lift": 0,
		"creator_share": 0.5, "creator_affinity_positive": affinity, "creator_recency": minutes10,
		"category_share": 0.5, "category_affinity_positive": affinity, "category_recency": minutes10,
		"follows_creator": 1, "seen": 0, "same_category_as_last": 1,
		"duration_gap": math.Log(2), "duration_apart": math.Log(2),
		"language_share": 0.5, "region_share": 0, "region_is_place": 1,
		"log_age": (math.Log(25) - 5) / 2, "fresh": 1, "log_impressions": 0, "reel_positive_lift": 0, "log_trend": 0,
		"creator_log_impressions": math.Log(2) / 3, "creator_positive_lift": ofReel20,
	})
	wantSlots(t, ContextSlots[:], fill(b, 1), map[string]float64{ // reel 20: seen and enjoyed
		"seen": 1, "duration_gap": 0, "language_share": 0.5, "region_share": 0.5, "region_is_place": 0, "fresh": 0,
		"log_impressions": math.Log(2) / 3, "reel_positive_lift": ofReel20,
		"reel_watch_lift": math.Log(((0.9+20*0.5)/21 + rateFloor) / (0.5 + rateFloor)),
		"log_trend":       math.Log(1+math.Exp2(-600.0/(6*3600))) / 2,
	})
	wantSlots(t, ContextSlots[:], fill(b, 2), map[string]float64{ // reel 30: another cook, little known
		"creator_share": 0, "creator_recency": 0, "creator_affinity_positive": 0, "category_share": 0.5,
		"follows_creator": 0, "duration_gap": 0, "language_share": 0, "region_share": 0, "log_age": 0, "fresh": 0,
	})
	wantSlots(t, ContextSlots[:], fill(b, 3), map[string]float64{ // reel 40: skipped an hour ago
		"seen": 1, "same_category_as_last": 0, "creator_recency": 1 / (1 + math.Log(1+4000.0/60)),
		"creator_affinity_positive": math.Log((1.0/3 + rateFloor) / (0.5 + rateFloor)), "duration_gap": math.Log(5),
	})
}

// TestReplacedReelShowsInTheNextContext: builders that were there before see
// what is put later, their forks as well.
func TestReplacedReelShowsInTheNextContext(t *testing.T) {
	w := handMade(t)
	s := w.after(2)
	b := NewContextBuilder(w.cat, s.counters)
	fork := b.Fork()
	before := fill(startedFor(b, s), 2)
	w.cat.Put(reel.Reel{ID: 30, Creator: 1, Category: "travel", Language: "pt", Region: "BR", Duration: 49, Uploaded: start - 60})
	again := NewContextBuilder(w.cat, s.counters)
	want := fill(startedFor(again, s), 2)
	for name, old := range map[string]*ContextBuilder{"builder": b, "fork": fork} {
		if got := fill(startedFor(old, s), 2); !slices.Equal(got, want) || slices.Equal(got, before) {
			t.Errorf("a %s from before writes %v, a new one %v", name, got, want)
		}
	}
	wantSlots(t, ContextSlots[:], want, map[string]float64{"follows_creator": 1, "region_is_place": 1, "fresh": 1, "language_share": 0.5})
}

func startedFor(b *ContextBuilder, s *state) *ContextBuilder {
	b.Start(start, reel.Context{Place: "BR", Session: 4, Position: 2}, s.profile(9))
	return b
}

func TestRequestSlots(t *testing.T) {
	w := handMade(t)
	b := NewContextBuilder(w.cat, w.newState().counters)
	const sunday = 1_700_352_000 // 2023-11-19 00:00 UTC
	b.Start(sunday+18*secondsPerHour, reel.Context{Device: "android", Place: "BR"}, nil)
	got := fill(b, 0)
	wantSlots(t, ContextSlots[:], got, map[string]float64{
		"hour_sin": -1, "hour_cos": 0, "hour_night": 0, "hour_evening": 1, "weekend": 1,
		"week_sin": math.Sin(2 * math.Pi * 0.75 / 7), "log_session_position": 0,
	})
	if d, p := sum(got[ctxDevice:ctxPlace]), sum(got[ctxPlace:ctxLogSessionPosition]); d != 1 || p != 1 {
		t.Errorf("device sets %g slots and place %g, want one each", d, p)
	}
	b.Start(sunday+30*secondsPerHour, reel.Context{}, nil)
	got = fill(b, 0)
	wantSlots(t, ContextSlots[:], got, map[string]float64{"hour_morning": 1, "hour_evening": 0, "weekend": 0, "region_is_place": 0})
	if n := sum(got[ctxDevice:ctxLogSessionPosition]); n != 0 {
		t.Errorf("an unknown device and place set %g slots", n)
	}
}

func TestStartForgetsTheRequestBefore(t *testing.T) {
	w := newWorld(t, 15, 30, 300)
	s := w.after(300)
	used := NewContextBuilder(w.cat, s.counters)
	r := rand.New(rand.NewPCG(8, 8))
	for range 50 {
		user, now, ctx, i := reel.UserID(r.IntN(6)), start+r.Int64N(1_000_000), anyContext(r), int32(r.IntN(30))
		used.Start(now, ctx, s.profile(user))
		fresh := used.Fork()
		fresh.Start(now, ctx, s.profile(user))
		if got, want := fill(used, i), fill(fresh, i); !slices.Equal(got, want) {
			t.Fatalf("a used builder writes %v, a fresh one %v", got, want)
		}
	}
}

func TestBuilderDoesNotAllocate(t *testing.T) {
	w := newWorld(t, 16, 60, 600)
	s := w.after(600)
	b := NewContextBuilder(w.cat, s.counters)
	dst := make([]float32, ContextDim)
	p, ctx := s.profile(1), reel.Context{Device: "ios", Place: "BR", Session: 2}
	together, all := make([]float32, 60*ContextDim), make([]int32, 60)
	if n := testing.AllocsPerRun(50, func() {
		b.Start(start, ctx, p)
		b.FillAll(together, all)
		for i := range int32(60) {
			b.Fill(dst, i)
		}
	}); n != 0 {
		t.Errorf("%g allocations per request, want 0", n)
	}
}

package feature

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/reel"
)

// world is a small catalogue and a log over it, with every field that may be
// missing missing somewhere.
type world struct {
	reels []reel.Reel
	log   []reel.Interaction // by time
	cat   *catalog.Catalog
}

const start = 1_700_000_000 // a Tuesday

func newWorld(t testing.TB, seed uint64, reels, events int) *world {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	w := &world{}
	for i := range reels {
		w.reels = append(w.reels, anyReel(r, reel.ReelID(i*3+1)))
	}
	now := int64(start)
	for range events {
		now += r.Int64N(3) * r.Int64N(900) // equal times occur
		w.log = append(w.log, anyInteraction(r, w.reels, now))
	}
	var err error
	if w.cat, err = catalog.New(w.reels); err != nil {
		t.Fatal(err)
	}
	return w
}

func pick(r *rand.Rand, labels ...string) string { return labels[r.IntN(len(labels))] }

func vector(r *rand.Rand, dim int) []float32 {
	if r.IntN(4) == 0 {
		return nil
	}
	v := make([]float32, dim)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

func anyReel(r *rand.Rand, id reel.ReelID) reel.Reel {
	x := reel.Reel{
		ID: id, Creator: reel.CreatorID(r.IntN(12)),
		Category: fmt.Sprint("category", r.IntN(40)), Language: pick(r, "", "pt", "en", "es", "de", "fr", "ja", "ko", "hi"),
		Region: pick(r, "", "BR", "US", "IN", "JP"), Caption: pick(r, "", "a #day at the #sea", "soup"),
		Duration: float32(r.IntN(90)), Uploaded: start + secondsPerDay - r.Int64N(60*secondsPerDay),
		Video: vector(r, reel.VideoDim), Audio: vector(r, reel.AudioDim), Text: vector(r, reel.TextDim),
	}
	if r.IntN(10) == 0 {
		x.Uploaded, x.Category = 0, ""
	}
	return x
}

func anyInteraction(r *rand.Rand, reels []reel.Reel, now int64) reel.Interaction {
	x := &reels[r.IntN(len(reels))]
	it := reel.Interaction{
		User: reel.UserID(r.IntN(5)), Reel: x.ID, Creator: x.Creator, Time: now,
		Watch: reel.WatchTime(r.Float32()), Duration: x.Duration, Observed: reel.AllObserved,
		Context: anyContext(r),
	}
	if r.IntN(3) == 0 {
		it.Signals = reel.Signals(r.IntN(256)) &^ reel.Watched
	}
	if r.IntN(6) == 0 {
		it.Observed &^= reel.Watched
		it.Watch = 0
	}
	if r.IntN(10) == 0 {
		it.Reel += 1 // not in the catalogue
	}
	return it
}

func anyContext(r *rand.Rand) reel.Context {
	return reel.Context{
		Device: pick(r, "", "android", "ios"), Place: pick(r, "", "BR", "US", "nowhere"),
		Session: r.Int64N(3), Position: r.IntN(30),
	}
}

// state is a view of the log: what a trainer or a server knows at a moment.
type state struct {
	counters *catalog.Counters
	profiles map[reel.UserID]*reel.Profile
}

func (w *world) newState() *state {
	return &state{catalog.NewCounters(w.cat, 6*time.Hour), map[reel.UserID]*reel.Profile{}}
}

func (s *state) profile(u reel.UserID) *reel.Profile {
	if s.profiles[u] == nil {
		s.profiles[u] = reel.NewProfile(u)
	}
	return s.profiles[u]
}

func (s *state) apply(it *reel.Interaction) {
	s.profile(it.User).Apply(*it)
	s.counters.Observe(it)
}

// after is the state rebuilt from the first n interactions.
func (w *world) after(n int) *state {
	s := w.newState()
	for i := range n {
		s.apply(&w.log[i])
	}
	return s
}

func wantBounded(t testing.TB, what string, values []float32, limit float32) {
	t.Helper()
	for i, v := range values {
		if !(v >= -limit && v <= limit) {
			t.Fatalf("%s: number %d is %g, want it within ±%g", what, i, v, limit)
		}
	}
}

// slot is the place of a name in a table.
func slot(t testing.TB, table []Slot, name string) int {
	t.Helper()
	for i := range table {
		if table[i].Name == name {
			return i
		}
	}
	t.Fatalf("no slot is named %q", name)
	return 0
}

// wantSlots compares named numbers of a vector within 1e-6.
func wantSlots(t testing.TB, table []Slot, got []float32, want map[string]float64) {
	t.Helper()
	for name, v := range want {
		if g := float64(got[slot(t, table, name)]); !(g-v <= 1e-6 && v-g <= 1e-6) {
			t.Errorf("%s is %g, want %g", name, g, v)
		}
	}
}

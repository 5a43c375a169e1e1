package recommend

import (
	"bytes"
	"context"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/reel"
)

// savedTiny is a bundle of the tiny world.
func savedTiny(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "bundle")
	if err := fitted(t).Save(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// patient has no time budget, so that no answer depends on the machine.
func patient(own config.Config) (config.Config, error) {
	own.Retrieve.SourceBudget = 0
	return own, nil
}

// worldAfter is the world of some reels after the tiny world's log.
func worldAfter(t testing.TB, reels []reel.Reel) *World {
	t.Helper()
	w, err := NewWorld(brief(), reels, kept{})
	if err != nil {
		t.Fatal(err)
	}
	return replayed(brief(), w.catalog, tiny().Interactions)
}

func onto(t testing.TB, dir string, w *World) *Recommender {
	t.Helper()
	r, err := LoadOnto(t.Context(), dir, w, patient)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sameAnswers compares two recommenders over everybody.
func sameAnswers(t *testing.T, a, b *Recommender) {
	t.Helper()
	for _, user := range users(tiny().Interactions) {
		req := Request{User: user, K: 15}
		x, y := slate(t, a, req), slate(t, b, req)
		if !slices.Equal(answers(x), answers(y)) {
			t.Fatalf("user %d: %v, want %v", user, answers(x), answers(y))
		}
	}
}

func TestAModelOverAWorldAnswersAsItsBundleDoes(t *testing.T) {
	dir := savedTiny(t)
	bundled, err := LoadWith(t.Context(), dir, patient)
	if err != nil {
		t.Fatal(err)
	}
	sameAnswers(t, onto(t, dir, worldAfter(t, tiny().Reels)), bundled)
}

// TestReelsPutLiveAreAsIfTheyHadAlwaysBeenThere puts half of the reels, in the
// order of their ids so that they get the same indices, and replaces others by
// themselves.
func TestReelsPutLiveAreAsIfTheyHadAlwaysBeenThere(t *testing.T) {
	dir, reels := savedTiny(t), slices.Clone(tiny().Reels)
	slices.SortFunc(reels, func(a, b reel.Reel) int { return int(a.ID - b.ID) })
	half := len(reels) / 2
	w, err := NewWorld(brief(), reels[:half], kept{})
	if err != nil {
		t.Fatal(err)
	}
	r := onto(t, dir, w)
	for _, one := range reels[half : half+20] {
		if err := w.PutReels(t.Context(), one); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.PutReels(t.Context(), reels[half+20:]...); err != nil {
		t.Fatal(err)
	}
	changed := reels[3]
	changed.Category, changed.Video = "other", nil
	for _, put := range []reel.Reel{changed, reels[3]} {
		if err := w.PutReels(t.Context(), put); err != nil {
			t.Fatal(err)
		}
	}
	after := replayed(brief(), w.catalog, tiny().Interactions)
	e, err := r.engine.Load().over(after, 0)
	if err != nil {
		t.Fatal(err)
	}
	live := New(brief())
	live.engine.Store(e)
	sameAnswers(t, live, onto(t, dir, worldAfter(t, reels)))
}

func TestADeletedReelIsNeverReturned(t *testing.T) {
	w := worldAfter(t, tiny().Reels)
	r := onto(t, savedTiny(t), w)
	user := users(tiny().Interactions)[0]
	first := slate(t, r, Request{User: user, K: 20})
	for _, item := range first.Items[:10] {
		if ok, err := w.DeleteReel(t.Context(), item.Reel); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	gone, err := w.DeleteCreator(t.Context(), first.Items[12].Creator)
	if err != nil || gone == 0 {
		t.Fatal(gone, err)
	}
	for _, item := range slate(t, r, Request{User: user, K: 500}).Items {
		if slices.ContainsFunc(first.Items[:10], func(i Item) bool { return i.Reel == item.Reel }) || item.Creator == first.Items[12].Creator {
			t.Errorf("reel %d of creator %d was deleted", item.Reel, item.Creator)
		}
	}
	if ok, err := w.DeleteReel(t.Context(), first.Items[0].Reel); ok || err != nil {
		t.Errorf("deleted twice: %t, %v", ok, err)
	}
}

// TestSwappingUnderChangesKeepsAnswersSound swaps models while reels come and
// go and people ask: no answer fails, none holds a reel that was deleted before
// it was asked for, and in the end a reel that came in the middle is found.
func TestSwappingUnderChangesKeepsAnswersSound(t *testing.T) {
	dir := savedTiny(t)
	w := worldAfter(t, tiny().Reels)
	r := onto(t, dir, w)
	most := slices.MaxFunc(tiny().Reels, func(a, b reel.Reel) int { return int(a.ID - b.ID) }).ID
	var gone sync.Map // of reel.ReelID
	var stop atomic.Bool
	var all sync.WaitGroup
	all.Go(func() {
		random := rand.New(rand.NewPCG(5, 5))
		for n := reel.ReelID(1); !stop.Load(); n++ {
			added := tiny().Reels[random.IntN(len(tiny().Reels))]
			added.ID = most + n
			if err := w.PutReels(context.Background(), added); err != nil {
				t.Error(err)
				return
			}
			if id := most + 1 + reel.ReelID(random.IntN(int(n))); id != most+1 {
				if _, err := w.DeleteReel(context.Background(), id); err != nil {
					t.Error(err)
					return
				}
				gone.Store(id, true)
			}
		}
	})
	for worker := range 2 {
		all.Go(func() {
			random := rand.New(rand.NewPCG(6, uint64(worker)))
			everybody := users(tiny().Interactions)
			for !stop.Load() {
				before := map[reel.ReelID]bool{}
				gone.Range(func(id, _ any) bool { before[id.(reel.ReelID)] = true; return true })
				s, err := r.Recommend(context.Background(), Request{User: everybody[random.IntN(len(everybody))], K: 30})
				if err != nil {
					t.Error(err)
					return
				}
				for _, item := range s.Items {
					if before[item.Reel] {
						t.Errorf("reel %d had been deleted", item.Reel)
						return
					}
				}
			}
		})
	}
	for range 5 {
		if err := r.Swap(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
	}
	stop.Store(true)
	all.Wait()
	if len(w.readers) != 1 {
		t.Errorf("%d models follow the world, want the one in service", len(w.readers))
	}
	i, ok := w.catalog.Index(most + 1)
	if !ok {
		t.Fatal("the first reel that came is gone")
	}
	var score [1]float32
	e := r.engine.Load()
	if err := e.vectors.Scores(t.Context(), score[:], e.reels.RetrievalVector(i), []int32{i}); err != nil || score[0] < 0.99 {
		t.Errorf("the index scores a reel by its own vector as %g: %v", score[0], err)
	}
}

func TestARestoredWorldEqualsTheOneThatWasWritten(t *testing.T) {
	w := worldAfter(t, tiny().Reels)
	var counters, together bytes.Buffer
	if err := w.Write(&counters, &together); err != nil {
		t.Fatal(err)
	}
	again, err := NewWorld(brief(), tiny().Reels, w.profiles)
	if err != nil {
		t.Fatal(err)
	}
	if d := again.Difference(w); d == "" {
		t.Error("a world in which nothing has happened equals one in which something has")
	}
	if err := again.Restore(brief(), &counters, &together, w.Now(), w.Users()); err != nil {
		t.Fatal(err)
	}
	if d := again.Difference(w); d != "" {
		t.Error(d)
	}
	dir := savedTiny(t)
	sameAnswers(t, onto(t, dir, again), onto(t, dir, w))
}

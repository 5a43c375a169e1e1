package retrieve

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/catalog/cowatch"
	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/retrieve/ann"
)

// world is a small random catalogue with people who watched some of it.
type world struct {
	now      int64
	parts    Parts
	profiles []*reel.Profile
	vectors  [][]float32
}

const worldDim = 4

// newWorld draws a world: some reels are uploaded after now, some have an
// unknown upload time, and the last profile is of a user who did nothing yet.
func newWorld(t interface{ Fatal(...any) }, seed uint64, numReels, numUsers, events int) *world {
	r := rand.New(rand.NewPCG(seed, 0))
	w := &world{now: 1_000_000}
	reels := make([]reel.Reel, numReels)
	vectors := make([]float32, numReels*worldDim)
	for i := range reels {
		reels[i] = reel.Reel{
			ID: reel.ReelID(i*3 + 1), Creator: reel.CreatorID(r.IntN(1 + numReels/5)),
			Category: fmt.Sprint("topic ", r.IntN(4)), Uploaded: w.now - 400_000 + r.Int64N(500_000),
		}
		if r.IntN(20) == 0 {
			reels[i].Uploaded = 0
		}
	}
	for i := range vectors {
		vectors[i] = float32(r.NormFloat64())
	}
	c, err := catalog.New(reels)
	if err != nil {
		t.Fatal(err)
	}
	index, err := ann.New(vectors, worldDim)
	if err != nil {
		t.Fatal(err)
	}
	w.parts = Parts{Catalog: c, Counters: catalog.NewCounters(c, 24*time.Hour), Index: Embedded{index}, Together: cowatch.New(c, 0)}
	for u := range numUsers + 1 {
		w.profiles = append(w.profiles, reel.NewProfile(reel.UserID(u)))
		v := make([]float32, worldDim)
		for k := range v {
			v[k] = float32(r.NormFloat64())
		}
		w.vectors = append(w.vectors, v)
	}
	for e := range events {
		rl := &reels[r.IntN(numReels)]
		it := reel.Interaction{
			User: reel.UserID(r.IntN(numUsers)), Reel: rl.ID, Creator: rl.Creator, Time: w.now - int64(events-e),
			Watch: reel.WatchTime(r.Float32()), Observed: reel.AllObserved,
			Context: reel.Context{Place: []string{"", "BR", "US"}[r.IntN(3)]},
		}
		for _, s := range []reel.Signals{reel.Liked, reel.Followed, reel.NotInterested} {
			if r.IntN(10) == 0 {
				it.Signals |= s
			}
		}
		w.parts.Counters.Observe(&it)
		w.parts.Together.Observe(&it, w.profiles[it.User].Recent)
		w.profiles[it.User].Apply(it)
	}
	return w
}

func (w *world) query(user int) *Query {
	return &Query{Now: w.now, Profile: w.profiles[user], Vector: w.vectors[user], Context: reel.Context{Place: "BR"}}
}

func (w *world) newcomer() *Query {
	q := w.query(len(w.profiles) - 1)
	q.Vector = nil
	return q
}

func settings() config.Retrieve { return config.Default().Retrieve }

func mustRetriever(t testing.TB, cfg config.Retrieve, parts Parts) *Retriever {
	t.Helper()
	r, err := New(cfg, parts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

package feature

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/reelrank/reelrank/reel"
)

func TestEventSlots(t *testing.T) {
	prev := reel.Interaction{Time: 1000}
	for name, c := range map[string]struct {
		it   reel.Interaction
		prev *reel.Interaction
		want [EventDim]float64
	}{
		"first of the history": {
			reel.Interaction{Time: 1059, Watch: 0.5, Duration: 30, Observed: reel.AllObserved, Signals: reel.Liked}, nil,
			[EventDim]float64{0.5, 1, 1, 0, 0, 0, 0, math.Log(16) / 3},
		},
		"a minute later": {
			reel.Interaction{Time: 1059, Observed: reel.AllObserved, Signals: reel.Commented | reel.Saved | reel.Followed}, &prev,
			[EventDim]float64{0, 1, 1, 1, 1, 0, math.Log(60) / 8, 0},
		},
		"watch time not observed": {
			reel.Interaction{Time: 1000, Watch: 0.9, Duration: 30, Signals: reel.Skipped | reel.Shared}, &prev,
			[EventDim]float64{0, 0, 0, 1, 0, 1, 0, 0},
		},
		"clock went back": {
			reel.Interaction{Time: 5, Signals: reel.NotInterested}, &prev,
			[EventDim]float64{0, 0, 0, 0, 0, 1, 0, 0},
		},
	} {
		var got [EventDim]float32
		got[3] = 77 // rubbish is overwritten
		Event(got[:], &c.it, c.prev)
		for i, w := range c.want {
			if math.Abs(float64(got[i])-w) > 1e-6 {
				t.Errorf("%s: %s is %g, want %g", name, MetaSlots[metaEvent+i].Name, got[i], w)
			}
		}
	}
}

func TestEventIsBounded(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	w := newWorld(t, 7, 10, 0)
	for range 500 {
		a, b := anyInteraction(r, w.reels, r.Int64N(reel.MaxTime)), anyInteraction(r, w.reels, r.Int64N(reel.MaxTime))
		var got [EventDim]float32
		Event(got[:], &a, &b)
		wantBounded(t, "event", got[:], MaxValue)
	}
}

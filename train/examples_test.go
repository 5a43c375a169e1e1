package train

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/reel"
)

// Every exposure's features are those that a fresh replay of the log before
// it arrives at.
func TestFeaturesAreAsOfBeforeTheExposure(t *testing.T) {
	w := newWorld(11, 6, 20, 240)
	ex := w.prepare(t)
	cat := w.catalog(t)
	for n := 0; n < len(w.log); n += 13 { // replaying is quadratic
		counters, profiles := newCounters(cat), map[reel.UserID]*reel.Profile{}
		for i := range w.log[:n] {
			replay(&w.log[i], profiles)
			counters.Observe(&w.log[i])
		}
		it := &w.log[n]
		builder := feature.NewContextBuilder(cat, counters)
		builder.Start(it.Time, it.Context, profiles[it.User])
		want := make([]float32, feature.ContextDim)
		i, _ := cat.Index(it.Reel)
		builder.Fill(want, i)
		if got := ex.Context[n*feature.ContextDim : (n+1)*feature.ContextDim]; !sameBits(got, want) {
			t.Fatalf("interaction %d was noted with %v, a fresh replay gives %v", n, got, want)
		}
		if ex.Reel[n] != i {
			t.Errorf("interaction %d is of the reel at index %d, want %d", n, ex.Reel[n], i)
		}
	}
}

func replay(it *reel.Interaction, profiles map[reel.UserID]*reel.Profile) {
	if profiles[it.User] == nil {
		profiles[it.User] = reel.NewProfile(it.User)
	}
	profiles[it.User].Apply(*it)
}

func TestPrepareLeavesTheStateAfterTheLog(t *testing.T) {
	w := newWorld(12, 6, 20, 240)
	ex := w.prepare(t)
	cat, profiles := w.catalog(t), map[reel.UserID]*reel.Profile{}
	counters := newCounters(cat)
	for i := range w.log {
		counters.Observe(&w.log[i])
		replay(&w.log[i], profiles)
	}
	if !reflect.DeepEqual(ex.Profiles, profiles) {
		t.Error("the profiles are not those of the whole log")
	}
	if ex.Counters.All() != counters.All() || ex.Counters.ReelTotals(3) != counters.ReelTotals(3) {
		t.Error("the counters are not those of the whole log")
	}
	for u, rows := range ex.ByUser {
		for _, row := range rows {
			if w.log[row].User != ex.Users[u] {
				t.Fatalf("row %d of user %d is listed under user %d", row, w.log[row].User, ex.Users[u])
			}
		}
	}
	if got := slices.Sorted(slices.Values(slices.Concat(ex.ByUser...))); !slices.Equal(got, upTo(len(w.log))) {
		t.Errorf("%d rows are listed by user, want each of %d once", len(got), len(w.log))
	}
}

func TestPrepareRefusesABadLog(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(w *world)
		want  []string
	}{
		{"unknown reel", func(w *world) { w.log[17].Reel = 5 }, []string{"interaction 17", "reel 5", "catalogue"}},
		{"out of order", func(w *world) { w.log[30].Time = start - 1 }, []string{"interaction 30", "sort"}},
	} {
		w := newWorld(13, 4, 10, 60)
		c.spoil(w)
		enc, err := feature.Fit(w.reels)
		if err != nil {
			t.Fatal(err)
		}
		cat := w.catalog(t)
		_, err = Prepare(context.Background(), cat, newCounters(cat), enc, w.log, nil)
		if err == nil {
			t.Errorf("%s: it is taken", c.name)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %q does not say %q", c.name, err, want)
			}
		}
	}
}

func TestPrepareEndsWithItsContextAndTellsHowFarItIs(t *testing.T) {
	w := newWorld(14, 4, 10, 60)
	enc, err := feature.Fit(w.reels)
	if err != nil {
		t.Fatal(err)
	}
	cat := w.catalog(t)
	ctx, cancel := context.WithCancel(context.Background())
	var seen []int
	if _, err := Prepare(ctx, cat, newCounters(cat), enc, w.log, func(done, total int) { seen = append(seen, done, total) }); err != nil {
		t.Fatal(err)
	}
	if want := []int{0, 60, 60, 60}; !slices.Equal(seen, want) {
		t.Errorf("progress was told as %v, want %v", seen, want)
	}
	cancel()
	if _, err := Prepare(ctx, cat, newCounters(cat), enc, w.log, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended the error is %v", err)
	}
}

func TestBaseRatesCountWhatIsObserved(t *testing.T) {
	ex := &Examples{Interactions: []reel.Interaction{
		{Watch: 0.5, Observed: reel.Watched | reel.Liked, Signals: reel.Liked},
		{Watch: 1, Observed: reel.Watched | reel.Liked, Signals: reel.Shared}, // a share that the log does not record
		{Watch: 0.9, Observed: reel.Liked},
		{Watch: 1, Observed: reel.AllObserved, Signals: reel.Followed}, // behind the end
	}}
	if got, want := ex.BaseRates(3), [reel.NumHeads]float64{0.75, 1.0 / 3, 0.5, 0.5}; got != want {
		t.Errorf("the base rates are %v, want %v", got, want)
	}
}

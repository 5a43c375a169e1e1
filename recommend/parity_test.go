package recommend

import (
	"math"
	"slices"
	"testing"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/nn/kernel"
	"github.com/reelrank/reelrank/rank"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/train"
)

// moment is an exposure of the log as the engine sees it that moment.
type moment struct {
	row     int
	index   int32
	profile *reel.Profile
	engine  *engine
}

// replay walks the log through an engine's own state, and shows each exposure
// just before it counts.
func replay(t *testing.T, e *engine, log []reel.Interaction, show func(moment)) {
	t.Helper()
	past, err := e.at(nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for row := range log {
		it := &log[row]
		i, ok := e.catalog.Index(it.Reel)
		if !ok {
			t.Fatalf("row %d: reel %d is not in the catalogue", row, it.Reel)
		}
		profile, known := profileOfUser(past, it.User)
		show(moment{row, i, profile, past})
		past.world.Observe(it, profile.Recent)
		profile.Apply(*it)
		if !known {
			past.world.profiles.(kept)[it.User] = profile
		}
	}
}

// prepared are the examples that the model was trained on, made anew.
func prepared(t *testing.T, e *engine) *train.Examples {
	t.Helper()
	ex, err := train.Prepare(t.Context(), e.catalog, newCounters(e.cfg, e.catalog), e.encoder, e.data.Interactions, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ex
}

func TestTrainingAndServingReadTheSameFeatures(t *testing.T) {
	e := fitted(t).engine.Load()
	ex := prepared(t, e)
	for i := range int32(e.catalog.Len()) {
		var served [feature.ReelDim]float32
		e.fillReel(served[:], int(i))
		if !slices.Equal(bits(served[:]), bits(ex.Content(i))) {
			t.Fatalf("reel %d: the content differs", e.catalog.Reel(i).ID)
		}
	}
	replay(t, e, ex.Interactions, func(m moment) {
		it := &ex.Interactions[m.row]
		contexts := m.engine.contexts.Get().(*contexts)
		served := contexts.fill(it.Time, it.Context, m.profile, []reel.Candidate{{Index: m.index}})
		learned := ex.Context[m.row*feature.ContextDim : (m.row+1)*feature.ContextDim]
		for slot := range learned {
			if math.Float32bits(served[slot]) != math.Float32bits(learned[slot]) {
				t.Fatalf("row %d, %s: served %g, trained on %g", m.row, feature.ContextSlots[slot].Name, served[slot], learned[slot])
			}
		}
	})
}

func bits(v []float32) []uint32 {
	b := make([]uint32, len(v))
	for i, x := range v {
		b[i] = math.Float32bits(x)
	}
	return b
}

// historyBefore is what training feeds the user encoder before the n-th
// exposure of a user, from the examples alone.
func historyBefore(ex *train.Examples, rows []int32, n int) model.History {
	var h model.History
	var prev *reel.Interaction
	for _, row := range rows[max(0, n-reel.HistoryLen):n] {
		it := &ex.Interactions[row]
		var event [feature.EventDim]float32
		feature.Event(event[:], it, prev)
		h.Reels, h.Events, h.Liked = append(h.Reels, ex.Reel[row]), append(h.Events, event[:]...), append(h.Liked, it.Positive())
		prev = it
	}
	return h
}

func TestTrainingAndServingSeeTheSameUser(t *testing.T) {
	e := fitted(t).engine.Load()
	ex := prepared(t, e)
	place := map[int]struct{ user, n int }{} // of each row: whose it is, and the how manieth
	for u, rows := range ex.ByUser {
		for n, row := range rows {
			place[int(row)] = struct{ user, n int }{u, n}
		}
	}
	compared := 0
	replay(t, e, ex.Interactions, func(m moment) {
		if m.row%13 != 0 {
			return
		}
		at := place[m.row]
		want := e.users.Encode(historyBefore(ex, ex.ByUser[at.user], at.n))
		got := m.engine.encode(m.profile)
		if !slices.Equal(bits(got.State), bits(want.State)) || !slices.Equal(bits(got.Query), bits(want.Query)) {
			t.Fatalf("row %d: the user's vectors differ", m.row)
		}
		compared++
	})
	if compared == 0 {
		t.Error("nothing was compared")
	}
}

// TestServingPredictsWhatTrainingDid compares the rearranged network that
// serves with the one that trains, over whole histories of at most HistoryLen.
func TestServingPredictsWhatTrainingDid(t *testing.T) {
	own := fitted(t).engine.Load().trained
	for _, set := range kernel.Sets() {
		t.Run(set, func(t *testing.T) {
			restore, err := kernel.Select(set)
			if err != nil {
				t.Fatal(err)
			}
			defer restore()
			e, err := newEngine(own) // weights are packed for the set in use
			if err != nil {
				t.Fatal(err)
			}
			checkParity(t, e)
		})
	}
}

func checkParity(t *testing.T, e *engine) {
	t.Helper()
	ex := prepared(t, e)
	trained, err := train.Predict(t.Context(), e.model, ex, 0, len(ex.Interactions))
	if err != nil {
		t.Fatal(err)
	}
	seen, compared := map[reel.UserID]int{}, 0
	replay(t, e, ex.Interactions, func(m moment) {
		it := &ex.Interactions[m.row]
		seen[it.User]++
		if seen[it.User] > reel.HistoryLen || m.row%7 != 0 {
			return
		}
		one := []reel.Candidate{{Index: m.index, Reel: it.Reel}}
		m.engine.score(Request{Now: it.Time, Context: it.Context}, m.profile, m.engine.encode(m.profile), one, rank.Blend{})
		for h, want := range trained[m.row] {
			if got := one[0].Predictions[h]; apart(got, want) > 1e-4 {
				t.Fatalf("row %d, %s: served %g, trained %g", m.row, reel.Head(h), got, want)
			}
		}
		compared++
	})
	if compared == 0 {
		t.Error("nothing was compared")
	}
}

// TestReplayingTheLogIsTheStateAfterIt ties the tests above to what serves: a
// state built in one go answers as one that was walked to.
func TestReplayingTheLogIsTheStateAfterIt(t *testing.T) {
	e := fitted(t).engine.Load()
	log := e.data.Interactions
	half := len(log) / 2
	var walked *engine
	replay(t, e, log[:half+1], func(m moment) {
		if m.row == half {
			walked = m.engine
			at, err := e.at(log[:half], 0)
			if err != nil {
				t.Fatal(err)
			}
			req := Request{User: log[half].User, K: 20, Now: log[half].Time, Context: log[half].Context}
			profile, known := profileOfUser(at, req.User)
			want, err := at.recommend(t.Context(), req, profile, known)
			if err != nil {
				t.Fatal(err)
			}
			got, err := walked.recommend(t.Context(), req, m.profile, known)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(answers(got), answers(want)) {
				t.Errorf("%v, want %v", answers(got), answers(want))
			}
		}
	})
	if walked == nil {
		t.Error("the moment never came")
	}
}

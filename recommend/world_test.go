package recommend

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/dataset"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/simulate"
)

// brief are settings that train within a moment.
func brief() config.Config {
	cfg := config.Default()
	cfg.Model.Preset = "compact"
	cfg.Train.Epochs, cfg.Train.BatchEvents, cfg.Train.Negatives = 2, 400, 64
	cfg.Evaluate.Bootstrap = 50
	if testing.Short() { // keeps an epoch at several steps
		cfg.Train.BatchEvents = 100
	}
	return cfg
}

// tiny is the small simulated world that all tests share: 40 users, 600 reels
// and 2,000 interactions, or a tenth of that with -short, which is for the race
// detector. Nobody changes it.
var tiny = sync.OnceValue(func() *dataset.Dataset {
	params, err := simulate.Tiny.Params()
	if err != nil {
		panic(err)
	}
	params.Users, params.Interactions = 40, 2_000
	if testing.Short() {
		params.Users, params.Reels, params.Creators, params.Interactions = 8, 120, 12, 200
	}
	w, err := simulate.New(params, 1)
	if err != nil {
		panic(err)
	}
	if err := w.Generate(context.Background(), nil); err != nil {
		panic(err)
	}
	return &dataset.Dataset{Interactions: w.Interactions(), Reels: w.Reels(), Source: "simulated"}
})

// part is the tiny world's log up to a row.
func part(rows int) *dataset.Dataset {
	ds := *tiny()
	ds.Interactions = ds.Interactions[:rows]
	return &ds
}

var trainedOnce = sync.OnceValues(func() (*Recommender, error) {
	r := New(brief())
	_, err := r.Fit(context.Background(), tiny(), FitOptions{})
	return r, err
})

// fitted returns a recommender of the test's own over the model that all tests
// share, trained on the tiny world.
func fitted(t testing.TB) *Recommender {
	t.Helper()
	r, err := trainedOnce()
	if err != nil {
		t.Fatal(err)
	}
	own := New(r.cfg)
	own.engine.Store(r.engine.Load())
	return unhurried(t, own)
}

// fit trains on a dataset with the given settings.
func fit(t testing.TB, cfg config.Config, ds *dataset.Dataset) *Recommender {
	t.Helper()
	r := New(cfg)
	if _, err := r.Fit(t.Context(), ds, FitOptions{}); err != nil {
		t.Fatal(err)
	}
	return r
}

// unhurried takes the time budget off the sources, so that no answer depends
// on how busy the machine is.
func unhurried(t testing.TB, r *Recommender) *Recommender {
	t.Helper()
	e, err := r.current()
	if err != nil {
		t.Fatal(err)
	}
	if e, err = e.at(e.data.Interactions, 0); err != nil {
		t.Fatal(err)
	}
	r.engine.Store(e)
	return r
}

// adjusted is fitted with other settings of serving.
func adjusted(t testing.TB, adjust func(*config.Config)) *Recommender {
	t.Helper()
	r := fitted(t)
	changed := r.engine.Load().trained
	adjust(&changed.cfg)
	e, err := newEngine(changed)
	if err != nil {
		t.Fatal(err)
	}
	own := New(changed.cfg)
	own.engine.Store(e)
	return unhurried(t, own)
}

func slate(t testing.TB, r *Recommender, req Request) Slate {
	t.Helper()
	s, err := r.Recommend(t.Context(), req)
	if err != nil {
		t.Fatalf("%+v: %v", req, err)
	}
	return s
}

func prediction(t testing.TB, r *Recommender, user reel.UserID, id reel.ReelID) Prediction {
	t.Helper()
	p, err := r.Predict(t.Context(), user, id, reel.Context{}, nil)
	if err != nil {
		t.Fatalf("user %d, reel %d: %v", user, id, err)
	}
	return p
}

// users lists the users of a log, ascending.
func users(log []reel.Interaction) []reel.UserID {
	var ids []reel.UserID
	for _, it := range log {
		ids = append(ids, it.User)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// stranger is a user that the tiny world does not have.
const stranger reel.UserID = 1_000_000

func reelIDs(s Slate) []reel.ReelID {
	ids := make([]reel.ReelID, len(s.Items))
	for i, item := range s.Items {
		ids[i] = item.Reel
	}
	return ids
}

// answer is an item of a slate without the words.
type answer struct {
	Reel        reel.ReelID
	Score       float32
	Predictions reel.Predictions
}

func answers(s Slate) []answer {
	list := make([]answer, len(s.Items))
	for i, item := range s.Items {
		list[i] = answer{item.Reel, item.Score, item.Predictions}
	}
	return list
}

// profileOfUser is what an engine's world knows of a user.
func profileOfUser(e *engine, user reel.UserID) (*reel.Profile, bool) {
	p, known, err := e.world.profile(context.Background(), user)
	if err != nil {
		panic(err) // profiles of a replayed log are in memory
	}
	return p, known
}

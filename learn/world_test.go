package learn

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/dataset"
	"github.com/reelrank/reelrank/live"
	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/simulate"
)

// brief are settings that train within a moment, and answer without a hurry.
func brief() config.Config {
	cfg := config.Default()
	cfg.Model.Preset = "compact"
	cfg.Train.Epochs, cfg.Train.BatchEvents, cfg.Train.Negatives = 4, 400, 64
	cfg.Retrieve.SourceBudget = 0
	cfg.Evaluate.Bootstrap = 100
	cfg.Learn.MinEvents, cfg.Learn.MinUsers, cfg.Learn.Load = 50, 5, 1
	return cfg
}

// tiny is the small simulated world of all tests: 120 users, 400 reels, 7,500
// interactions, or a sixth of that with -short, which is for the race detector.
// Nobody changes it.
var tiny = sync.OnceValue(func() *dataset.Dataset {
	params, err := simulate.Tiny.Params()
	if err != nil {
		panic(err)
	}
	params.Users, params.Reels, params.Creators, params.Interactions = 120, 400, 40, 7_500
	if testing.Short() {
		params.Users, params.Reels, params.Creators, params.Interactions = 40, 120, 20, 1_250
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

// past is what of the tiny world's log the first model knows of; the rest comes
// while it serves.
func past() *dataset.Dataset {
	ds := *tiny()
	ds.Interactions = ds.Interactions[:len(ds.Interactions)*4/5]
	return &ds
}

// shared is where the tests' bundle lies; TestMain removes it.
var shared string

var bundleOnce = sync.OnceValues(func() (string, error) {
	r := recommend.New(brief())
	if _, err := r.Fit(context.Background(), past(), recommend.FitOptions{}); err != nil {
		return "", err
	}
	dir := filepath.Join(shared, "bundle")
	return dir, r.Save(context.Background(), dir)
})

func TestMain(m *testing.M) {
	var err error
	if shared, err = os.MkdirTemp("", "reelrank-learn"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(shared)
	os.Exit(code)
}

// firstBundle is the bundle that all tests start from.
func firstBundle(t testing.TB) string {
	t.Helper()
	dir, err := bundleOnce()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// registry opens a registry in a new directory.
func registry(t testing.TB, keep int) *Registry {
	t.Helper()
	return reopened(t, t.TempDir(), keep)
}

func reopened(t testing.TB, dir string, keep int) *Registry {
	t.Helper()
	r, err := OpenRegistry(dir, keep)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// deployment is a service over the first bundle, its registry and its loop.
type deployment struct {
	*live.Service
	models *Registry
	loop   *Loop
	first  string // the version that it began with
}

func deployed(t testing.TB, cfg config.Learn) *deployment {
	t.Helper()
	bundle, dir := firstBundle(t), t.TempDir()
	_, newest := tiny().Window()
	s, err := live.Open(t.Context(), live.Options{Dir: dir, Bundle: bundle, Config: brief(), Now: func() time.Time { return time.Unix(newest, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	d := &deployment{Service: s, models: reopened(t, Folder(dir), cfg.Keep)}
	if d.first, err = d.models.Adopt(bundle, "first start"); err != nil {
		t.Fatal(err)
	}
	d.loop = New(Options{Service: s, Registry: d.models, Serving: d.first, Config: cfg})
	return d
}

// liveOn brings the rest of the tiny world's log into the store.
func (d *deployment) liveOn(t testing.TB) {
	t.Helper()
	var events []live.Event
	for _, it := range tiny().Interactions[len(past().Interactions):] {
		events = append(events, live.Event{Interaction: it})
	}
	for batch := range slices.Chunk(events, live.MaxBatch) {
		done, err := d.Record(t.Context(), batch)
		if err != nil || done.Accepted != len(batch) {
			t.Fatalf("%+v, %v", done, err)
		}
	}
}

// current is the name of the current version.
func (d *deployment) current(t testing.TB) string {
	t.Helper()
	name, err := d.models.Current()
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// requests asks for a slate of every user, some times.
func (d *deployment) requests(t testing.TB, times int) {
	t.Helper()
	for range times {
		for user := range reel.UserID(100) {
			if _, err := d.Recommend(t.Context(), recommend.Request{User: user, K: 5}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// statuses are those of the versions, by name.
func statuses(t testing.TB, r *Registry) map[string]Status {
	t.Helper()
	versions, err := r.Versions()
	if err != nil {
		t.Fatal(err)
	}
	of := map[string]Status{}
	for _, v := range versions {
		of[v.Name] = v.Status
	}
	return of
}

package live

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/dataset"
	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/simulate"
)

// brief are settings that train within a moment, and answer without a hurry.
func brief() config.Config {
	cfg := config.Default()
	cfg.Model.Preset = "compact"
	cfg.Train.Epochs, cfg.Train.BatchEvents, cfg.Train.Negatives = 1, 400, 64
	cfg.Retrieve.SourceBudget = 0
	return cfg
}

// tiny is the small simulated world of all tests: 30 users, 300 reels, 1,000
// interactions. Nobody changes it.
var tiny = sync.OnceValue(func() *dataset.Dataset {
	params, err := simulate.Tiny.Params()
	if err != nil {
		panic(err)
	}
	params.Users, params.Reels, params.Creators, params.Interactions = 30, 300, 30, 1_000
	w, err := simulate.New(params, 1)
	if err != nil {
		panic(err)
	}
	if err := w.Generate(context.Background(), nil); err != nil {
		panic(err)
	}
	return &dataset.Dataset{Interactions: w.Interactions(), Reels: w.Reels(), Source: "simulated"}
})

// shared is where the tests' bundle lies; TestMain removes it.
var shared string

var bundleOnce = sync.OnceValues(func() (string, error) {
	r := recommend.New(brief())
	if _, err := r.Fit(context.Background(), tiny(), recommend.FitOptions{}); err != nil {
		return "", err
	}
	dir := filepath.Join(shared, "bundle")
	return dir, r.Save(context.Background(), dir)
})

func TestMain(m *testing.M) {
	var err error
	if shared, err = os.MkdirTemp("", "reelrank-live"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(shared)
	os.Exit(code)
}

// clock is a time that tests move. It starts when the tiny world's log ends.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock {
	_, newest := tiny().Window()
	return &clock{now: time.Unix(newest, 0)}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// options are those of a service in a directory.
func options(t testing.TB, dir string, c *clock) Options {
	t.Helper()
	bundle, err := bundleOnce()
	if err != nil {
		t.Fatal(err)
	}
	return Options{Dir: dir, Bundle: bundle, Config: brief(), Now: c.Now}
}

// open opens a service that the test closes at its end.
func open(t testing.TB, o Options) *Service {
	t.Helper()
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// fresh opens a service in a new directory.
func fresh(t testing.TB) (*Service, *clock) {
	t.Helper()
	c := newClock()
	return open(t, options(t, t.TempDir(), c)), c
}

// restarted closes a service and opens its directory again, with the saved
// state or without.
func restarted(t testing.TB, s *Service, keepState bool) *Service {
	t.Helper()
	o := s.options
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if !keepState {
		if err := os.RemoveAll(filepath.Join(o.Dir, stateFolder)); err != nil {
			t.Fatal(err)
		}
	}
	again, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	replace(s, again)
	return s
}

// replace lets the test's cleanup close the new service in the old one's place.
func replace(old, new *Service) {
	old.options, old.log, old.store, old.world, old.model = new.options, new.log, new.store, new.world, new.model
	old.stop, old.slates = func() { new.stop(); new.work.Wait() }, new.slates
	old.offset.Store(new.offset.Load())
}

// ask is a slate of ten for a user.
func ask(t testing.TB, s *Service, user reel.UserID) recommend.Slate {
	t.Helper()
	slate, err := s.Recommend(t.Context(), recommend.Request{User: user, K: 10})
	if err != nil {
		t.Fatal(err)
	}
	return slate
}

// answers are the reels and scores of a slate.
func answers(slate recommend.Slate) (list []string) {
	for _, item := range slate.Items {
		list = append(list, fmt.Sprintf("%d %v", item.Reel, item.Score))
	}
	return list
}

// everybody is the users of the tiny world.
func everybody() []reel.UserID {
	var ids []reel.UserID
	for _, it := range tiny().Interactions {
		ids = append(ids, it.User)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// watched is an event of a user who watched a reel and liked it.
func watched(user reel.UserID, id reel.ReelID) Event {
	return Event{Interaction: reel.Interaction{User: user, Reel: id, Watch: 1, Signals: reel.Liked, Observed: reel.AllObserved}}
}

// record records events that must all be accepted.
func record(t testing.TB, s *Service, events ...Event) {
	t.Helper()
	done, err := s.Record(t.Context(), events)
	if err != nil || len(done.Rejected) > 0 || done.Accepted != len(events) {
		t.Fatalf("%+v, %v", done, err)
	}
}

package embedded

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
	"github.com/reelrank/reelrank/store/storetest"
)

// seedsFlag is how many crashes are tried, and in proportion how many broken
// disks and flipped bytes: `go test ./store/embedded -seeds 5000` for a night.
var seedsFlag = flag.Int("seeds", 200, "how many seeds the crash tests run")

// seeds is a part of them, and a few of that with -short.
func seeds(part int) uint64 {
	n := *seedsFlag / part
	if testing.Short() {
		n /= 5
	}
	return uint64(max(n, 5))
}

func TestWhatWasAcknowledgedSurvivesACrash(t *testing.T) {
	for seed := range seeds(1) {
		c := &crashes{t: t, random: rand.New(rand.NewPCG(seed, 0)), fs: vfs.NewCrashableMem(), acknowledged: map[store.Offset]store.Event{}, erased: map[reel.UserID]bool{}}
		for generation := range 3 {
			c.run(generation)
			if t.Failed() {
				t.Fatalf("seed %d, crash %d", seed, generation)
			}
		}
	}
}

// crashes is a store that loses power again and again.
type crashes struct {
	t      *testing.T
	random *rand.Rand
	fs     *vfs.MemFS

	mu           sync.Mutex
	acknowledged map[store.Offset]store.Event // with whatever may have been erased since
	erased       map[reel.UserID]bool         // by a call that returned or not
}

const crashUsers = 4

// run opens the store, checks it, writes from several sides, and takes the
// power away at some moment. What is written afterwards is lost.
func (c *crashes) run(generation int) {
	s, err := Open(Options{Dir: "store", FS: c.fs, tune: smallTables})
	if err != nil {
		c.t.Errorf("open: %v", err)
		return
	}
	c.check(s)
	stop := make(chan struct{})
	var writers sync.WaitGroup
	for w := range uint64(3) {
		random := rand.New(rand.NewPCG(c.random.Uint64(), w))
		writers.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
					c.write(s, random, fmt.Sprint(generation, "-", w, "-", i))
				}
			}
		})
	}
	time.Sleep(time.Duration(c.random.IntN(4000)) * time.Microsecond)

	c.mu.Lock() // what is acknowledged now was so before the power went
	after := c.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: []int{0, 0, 30, 100}[c.random.IntN(4)], RNG: c.random})
	survivors := maps.Clone(c.acknowledged)
	erased := maps.Clone(c.erased)
	c.mu.Unlock()
	close(stop)
	writers.Wait()
	if err := s.Close(); err != nil {
		c.t.Errorf("close: %v", err)
	}
	c.fs, c.acknowledged, c.erased = after, survivors, erased
}

// write does one thing to the store.
func (c *crashes) write(s *Store, random *rand.Rand, id string) {
	ctx := context.Background()
	user := reel.UserID(random.IntN(crashUsers))
	switch random.IntN(60) {
	case 0:
		c.mu.Lock()
		c.erased[user] = true
		c.mu.Unlock()
		if err := s.Erase(ctx, user); err != nil {
			c.t.Errorf("erase: %v", err)
		}
		return
	case 1:
		if _, err := s.Retain(ctx, time.Now().Add(-time.Millisecond)); err != nil {
			c.t.Errorf("retain: %v", err)
		}
		return
	case 2, 3, 4:
		if _, err := s.Append(ctx, store.ReelPut{Reel: reel.Reel{ID: reel.ReelID(random.IntN(9)), Creator: reel.CreatorID(random.IntN(3)), Caption: id, Video: make([]float32, reel.VideoDim)}}, store.CreatorDeleted{ID: 0}); err != nil {
			c.t.Errorf("append: %v", err)
		}
		return
	}
	e := store.Event{ID: id, Interaction: reel.Interaction{User: user, Reel: reel.ReelID(random.IntN(1000)), Watch: reel.WatchTime(random.Float32()), Time: 1_700_000_000, Context: reel.Context{Device: id}}}
	outcomes, err := s.Append(ctx, e)
	if err != nil || outcomes[0].Duplicate {
		c.t.Errorf("append: %+v, %v", outcomes, err)
		return
	}
	c.mu.Lock()
	c.acknowledged[outcomes[0].Offset] = e
	c.mu.Unlock()
}

// check looks for everything acknowledged, for anything that is there twice,
// and for views that are not what the log says.
func (c *crashes) check(s *Store) {
	all, err := storetest.ReadAll(s, 1)
	if err != nil {
		c.t.Errorf("read: %v", err)
	}
	present := map[store.Offset]store.Record{}
	folded := map[reel.UserID]store.Offset{} // up to where a user's records are one
	ids := map[string]bool{}
	for _, r := range all {
		present[r.Offset] = r
		switch body := r.Body.(type) {
		case store.ProfileKept:
			folded[body.Profile.User] = r.Offset
		case store.Event:
			if ids[body.ID] {
				c.t.Errorf("event %s is in the log twice", body.ID)
			}
			ids[body.ID] = true
		}
	}
	for at, e := range c.acknowledged {
		r, ok := present[at]
		if c.erased[e.User] || at <= folded[e.User] {
			continue
		}
		if !ok || !storetest.SameRecord(r, store.Record{Offset: at, Time: r.Time, Body: e}) {
			c.t.Errorf("acknowledged record %d is %+v, want %+v", at, r, e)
		}
	}
	c.checkTotals(s)
	if differences, err := s.Differences(context.Background()); err != nil || len(differences) > 0 {
		c.t.Errorf("views differ from the log: %q, %v", differences, err)
	}
	if last := s.Last(); len(all) > 0 && all[len(all)-1].Offset > last {
		c.t.Errorf("the last offset is %d, the log goes to %d", last, all[len(all)-1].Offset)
	}
}

// checkTotals counts what users who were never erased did.
func (c *crashes) checkTotals(s *Store) {
	var did [crashUsers]int
	for _, e := range c.acknowledged {
		did[e.User]++
	}
	for user := range reel.UserID(crashUsers) {
		p, known, err := s.Profile(context.Background(), user)
		if err != nil || !c.erased[user] && did[user] > 0 && (!known || p.Total < did[user]) {
			c.t.Errorf("user %d did %d things that were acknowledged, the profile is %+v, %v", user, did[user], p, err)
		}
	}
}

func TestACrashWhileViewsAreMadeAnewIsMended(t *testing.T) {
	for seed := range seeds(10) {
		random := rand.New(rand.NewPCG(seed, 1))
		fs := vfs.NewCrashableMem()
		s := openAt(t, Options{Dir: "store", FS: fs, tune: smallTables})
		var want []*reel.Profile
		for i := range 200 {
			if _, err := s.Append(context.Background(), store.Event{ID: fmt.Sprint(i), Interaction: reel.Interaction{User: reel.UserID(i % 20), Reel: reel.ReelID(i)}}, store.ReelPut{Reel: reel.Reel{ID: reel.ReelID(i % 30)}}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Users(context.Background(), func(p *reel.Profile) error { want = append(want, p); return nil }); err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() { done <- s.Rebuild(context.Background()) }()
		time.Sleep(time.Duration(random.IntN(3000)) * time.Microsecond)
		crashed := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: random.IntN(2) * 50, RNG: random})
		if err := errors.Join(<-done, s.Close()); err != nil {
			t.Fatal(err)
		}
		s = openAt(t, Options{Dir: "store", FS: crashed, tune: smallTables})
		var got []*reel.Profile
		err := s.Users(context.Background(), func(p *reel.Profile) error { got = append(got, p); return nil })
		if err != nil || !slices.EqualFunc(got, want, store.SameProfile) {
			t.Fatalf("seed %d: there are %d profiles, %v, want %d", seed, len(got), err, len(want))
		}
		if differences, err := s.Differences(context.Background()); err != nil || len(differences) > 0 {
			t.Fatalf("seed %d: %q, %v", seed, differences, err)
		}
	}
}

// openAt opens a store that closes with the test.
func openAt(t *testing.T, o Options) *Store {
	t.Helper()
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, store.ErrClosed) {
			t.Error(err)
		}
	})
	return s
}

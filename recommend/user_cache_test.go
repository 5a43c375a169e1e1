package recommend

import (
	"slices"
	"testing"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/reel"
)

// own is a copy of a profile that a test may change.
func own(p *reel.Profile) *reel.Profile {
	mine := reel.NewProfile(p.User)
	for _, it := range p.Recent {
		mine.Apply(it)
	}
	return mine
}

func TestAUsersVectorIsKeptUntilTheNextEvent(t *testing.T) {
	e := fitted(t).engine.Load()
	it := tiny().Interactions[0]
	shared, _ := profileOfUser(e, it.User)
	profile := own(shared)
	for n, step := range []struct {
		what string
		kept bool
		next *reel.Interaction // applied before
	}{
		{"the first request", false, nil},
		{"the second", true, nil},
		{"one after an event", false, &reel.Interaction{User: it.User, Reel: it.Reel, Creator: it.Creator, Time: e.world.Now(), Watch: 1, Observed: reel.AllObserved}},
		{"one after that", true, nil},
		{"one after the same event once more", false, &reel.Interaction{User: it.User, Reel: it.Reel, Creator: it.Creator, Time: e.world.Now(), Watch: 1, Observed: reel.AllObserved}},
	} {
		if step.next != nil {
			profile.Apply(*step.next)
		}
		got, kept := e.recent.get(profile, e.encode)
		if kept != step.kept {
			t.Errorf("%s: kept %t, want %t", step.what, kept, step.kept)
		}
		if want := e.encode(profile); !slices.Equal(bits(got.State), bits(want.State)) || !slices.Equal(bits(got.Query), bits(want.Query)) {
			t.Errorf("%s (%d): the vectors are those of another moment", step.what, n)
		}
	}
	if hits, misses := e.recent.hits.Load(), e.recent.misses.Load(); hits != 2 || misses != 3 {
		t.Errorf("%d hits and %d misses, want 2 and 3", hits, misses)
	}
}

func TestAnAnswerTellsWhetherTheUserWasKept(t *testing.T) {
	r := fitted(t)
	req := Request{User: tiny().Interactions[0].User, K: 10}
	first, second := slate(t, r, req), slate(t, r, req)
	if !slices.Equal(answers(first), answers(second)) {
		t.Errorf("kept vectors answer %v, new ones %v", answers(second), answers(first))
	}
	if first.Stages[0].Stage != stageEncode || second.Stages[0].Stage != stageCached {
		t.Errorf("the requests begin with %q and %q", first.Stages[0].Stage, second.Stages[0].Stage)
	}
	slate(t, r, Request{User: stranger, K: 10}) // nothing to keep
	if f := r.Facts(); f.UserHits != 1 || f.UserMisses != 1 {
		t.Errorf("%d hits and %d misses, want one of each", f.UserHits, f.UserMisses)
	}
}

func TestOnlySoManyUsersAreKept(t *testing.T) {
	const most = 3
	for _, limit := range []int{0, most} {
		r := adjusted(t, func(c *config.Config) { c.Rank.CachedUsers = limit })
		for range 3 {
			for _, user := range users(tiny().Interactions) {
				slate(t, r, Request{User: user, K: 5})
			}
		}
		cache := r.engine.Load().recent
		if limit == 0 {
			if f := r.Facts(); f.UserHits+f.UserMisses != 0 {
				t.Errorf("without a cache there are %d hits and %d misses", f.UserHits, f.UserMisses)
			}
			continue
		}
		cache.users.CleanUp()
		if n := cache.users.EstimatedSize(); n > most {
			t.Errorf("%d users are kept, want at most %d", n, most)
		}
	}
}

func TestAnotherStateOfTheWorldHasVectorsOfItsOwn(t *testing.T) {
	e := fitted(t).engine.Load()
	user := tiny().Interactions[0].User
	profile, _ := profileOfUser(e, user)
	e.recent.get(profile, e.encode)
	other, err := e.at(e.data.Interactions, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, kept := other.recent.get(profile, other.encode); kept {
		t.Error("a vector of one engine's view answers in another's")
	}
}

package live

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

func TestAnEmptyStoreAnswersAsTheBundleDoes(t *testing.T) {
	s, _ := fresh(t)
	bundled, err := recommend.Load(t.Context(), s.options.Bundle)
	if err != nil {
		t.Fatal(err)
	}
	for _, user := range everybody() {
		want, err := bundled.Recommend(t.Context(), recommend.Request{User: user, K: 10})
		if err != nil {
			t.Fatal(err)
		}
		if got := ask(t, s, user); !slices.Equal(answers(got), answers(want)) {
			t.Fatalf("user %d: %v, want %v", user, answers(got), answers(want))
		}
	}
	if s.Facts().Users != len(everybody()) || s.Facts().Reels != len(tiny().Reels) {
		t.Errorf("%d users and %d reels", s.Facts().Users, s.Facts().Reels)
	}
}

func TestAWatchedReelIsGoneFromTheNextSlate(t *testing.T) {
	s, _ := fresh(t)
	for _, user := range append(everybody(), 1_000_001) { // the last one is new
		before := ask(t, s, user)
		record(t, s, watched(user, before.Items[0].Reel))
		after := ask(t, s, user)
		if !after.KnownUser || slices.ContainsFunc(after.Items, func(i recommend.Item) bool { return i.Reel == before.Items[0].Reel }) {
			t.Errorf("user %d is shown reel %d again", user, before.Items[0].Reel)
		}
		if slices.Equal(answers(after)[:9], answers(before)[1:]) {
			t.Errorf("user %d: the slate is the old one less a reel, so the event did not reach the user's vector", user)
		}
	}
}

func TestAFollowBringsThatCreatorsReels(t *testing.T) {
	s, _ := fresh(t)
	const user = 2_000_000
	cat := s.world.Catalog()
	first := ask(t, s, user)
	shown := map[reel.CreatorID]bool{}
	for _, item := range first.Items {
		shown[item.Creator] = true
	}
	var of *reel.Reel
	for i := range int32(cat.Len()) {
		if r := cat.Reel(i); !shown[r.Creator] && len(cat.ReelsOf(cat.CreatorOf(i))) > 3 {
			of = r
			break
		}
	}
	follow := watched(user, of.ID)
	follow.Signals |= reel.Followed
	record(t, s, follow)
	slate, err := s.Recommend(t.Context(), recommend.Request{User: user, K: 50})
	if err != nil {
		t.Fatal(err)
	}
	found := slices.ContainsFunc(slate.Items, func(i recommend.Item) bool {
		return i.Creator == of.Creator && slices.Contains(i.Sources, reel.SourceCreators.String())
	})
	if !found {
		t.Errorf("no reel of creator %d, whom the user follows now", of.Creator)
	}
}

func TestWhatIsNotWantedGoesDownAtOnce(t *testing.T) {
	s, _ := fresh(t)
	user := everybody()[3]
	best := ask(t, s, user).Items[0]
	record(t, s, Event{Interaction: reel.Interaction{User: user, Reel: best.Reel, Signals: reel.NotInterested, Observed: reel.AllObserved | reel.NotInterested}})
	slate, err := s.Recommend(t.Context(), recommend.Request{User: user, K: 100})
	if err != nil {
		t.Fatal(err)
	}
	explained := 0
	for _, item := range slate.Items {
		if item.Reel == best.Reel {
			t.Error("the reel itself is shown again")
		}
		says := strings.Join(item.Steps, "; ")
		if of := item.Creator == best.Creator; of != strings.Contains(says, "not interested in a reel of this creator") {
			t.Errorf("reel %d of creator %d, of whom one was not wanted: %t; %s", item.Reel, item.Creator, of, says)
		}
		if of := item.Category == best.Category; of != strings.Contains(says, "not interested in a reel of this category") {
			t.Errorf("reel %d of category %s, of which one was not wanted: %t; %s", item.Reel, item.Category, of, says)
		} else if of {
			explained++
		}
	}
	if explained == 0 {
		t.Error("the slate of 100 has no reel of that category")
	}
}

func TestWhatIsWrongWithAnEventKeepsNoOtherOut(t *testing.T) {
	s, c := fresh(t)
	good, now := tiny().Reels[0].ID, c.Now().Unix()
	bad := map[string]Event{
		"user_id":    {Interaction: reel.Interaction{User: -1, Reel: good}},
		"watch_time": {Interaction: reel.Interaction{Reel: good, Watch: 2}},
		"timestamp":  {Interaction: reel.Interaction{Reel: good, Time: now + mostAhead + 1}},
		"creator_id": {Interaction: reel.Interaction{Reel: 999_999}},
		"event_id":   {Interaction: reel.Interaction{Reel: good}, ID: strings.Repeat("x", store.MaxEventID+1)},
		"slate_id":   {Interaction: reel.Interaction{Reel: good}, Slate: strings.Repeat("x", maxSlateID+1)},
	}
	var events []Event
	var fields []string
	for field, e := range bad {
		events, fields = append(events, e, watched(5, good)), append(fields, field)
	}
	done, err := s.Record(t.Context(), events)
	if err != nil || done.Accepted != len(bad) || len(done.Rejected) != len(bad) {
		t.Fatalf("%+v, %v", done, err)
	}
	for k, r := range done.Rejected {
		if r.Index != 2*k || r.Field != fields[k] || r.Reason == "" {
			t.Errorf("%+v, want field %s at %d", r, fields[k], 2*k)
		}
	}
	if _, err := s.Record(t.Context(), make([]Event, MaxBatch+1)); err == nil {
		t.Error("a batch that is too large is taken")
	}
}

func TestARepeatedEventChangesNothing(t *testing.T) {
	s, _ := fresh(t)
	e := watched(1, tiny().Reels[7].ID)
	e.ID = "once"
	record(t, s, e)
	before := s.store.Last()
	done, err := s.Record(t.Context(), []Event{e, e})
	if err != nil || done.Accepted != 0 || done.Duplicates != 2 || s.store.Last() != before {
		t.Errorf("%+v, %v; the log grew by %d", done, err, s.store.Last()-before)
	}
}

func TestTheCatalogueChangesWhileServing(t *testing.T) {
	s, c := fresh(t)
	fresh := tiny().Reels[3]
	fresh.ID, fresh.Creator, fresh.Uploaded = 5_000_000, 777, c.Now().Unix()
	done, err := s.PutReels(t.Context(), []reel.Reel{fresh, {ID: -1}, {ID: 4, Video: []float32{1}}})
	if err != nil || done.Accepted != 1 || len(done.Rejected) != 2 || done.Rejected[1].Field != "video" {
		t.Fatalf("%+v, %v", done, err)
	}
	if got, err := s.Reel(fresh.ID); err != nil || got.Creator != 777 {
		t.Fatalf("%+v, %v", got, err)
	}
	one, err := s.Recommend(t.Context(), recommend.Request{User: 1, K: 5, Filter: recommend.Filter{Categories: []string{fresh.Category}}})
	if err != nil || len(one.Items) == 0 {
		t.Fatal(one, err)
	}
	if slate, _ := s.Recommend(t.Context(), recommend.Request{User: 3_000_000, K: 300}); !slices.ContainsFunc(slate.Items, func(i recommend.Item) bool { return i.Reel == fresh.ID }) {
		t.Error("the new reel is not among 300 for a new user")
	}
	if err := s.PutCreator(t.Context(), reel.Creator{ID: 777, Name: "Ana cooks"}); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Creator(777); err != nil || got.Name != "Ana cooks" {
		t.Errorf("%+v, %v", got, err)
	}
	if n, err := s.DeleteCreator(t.Context(), 777); n != 1 || err != nil {
		t.Errorf("deleted %d reels: %v", n, err)
	}
	for _, err := range []error{s.DeleteReel(t.Context(), fresh.ID), second(s.Reel(fresh.ID))} {
		if !errors.Is(err, ErrUnknownReel) {
			t.Errorf("%v, want ErrUnknownReel", err)
		}
	}
	if _, err := s.DeleteCreator(t.Context(), 777); !errors.Is(err, ErrUnknownCreator) {
		t.Errorf("%v, want ErrUnknownCreator", err)
	}
	slate := ask(t, s, 1)
	if err := s.DeleteReel(t.Context(), slate.Items[0].Reel); err != nil {
		t.Fatal(err)
	}
	if again := ask(t, s, 1); again.Items[0].Reel == slate.Items[0].Reel {
		t.Error("a deleted reel is shown")
	}
}

func second[T any](_ T, err error) error { return err }

func TestARestartChangesNoAnswer(t *testing.T) {
	for _, keeps := range []bool{true, false} {
		t.Run(fmt.Sprintf("state kept %t", keeps), func(t *testing.T) {
			s, c := fresh(t)
			for k, user := range everybody() {
				c.forward(time.Second)
				record(t, s, watched(user, tiny().Reels[k].ID), watched(user, tiny().Reels[2*k].ID))
				if k == 10 {
					if err := s.SaveState(); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := s.DeleteReel(t.Context(), tiny().Reels[0].ID); err != nil {
				t.Fatal(err)
			}
			want := map[reel.UserID][]string{}
			for _, user := range everybody() {
				want[user] = answers(ask(t, s, user))
			}
			facts := s.Facts()
			s = restarted(t, s, keeps)
			for _, user := range everybody() {
				if got := answers(ask(t, s, user)); !slices.Equal(got, want[user]) {
					t.Errorf("user %d: %v, want %v", user, got, want[user])
				}
			}
			if got := s.Facts(); got.Users != facts.Users || got.Reels != facts.Reels {
				t.Errorf("%d users and %d reels, want %d and %d", got.Users, got.Reels, facts.Users, facts.Reels)
			}
		})
	}
}

func TestServedSlatesAreInTheLogBeforeTheirEvents(t *testing.T) {
	s, _ := fresh(t)
	from := s.store.Last() + 1
	slate := ask(t, s, 1)
	if slate.ID == "" {
		t.Fatal("the slate has no id")
	}
	e := watched(1, slate.Items[2].Reel)
	e.Slate = slate.ID
	s.slates.flush() // what its goroutine is about to do
	record(t, s, e)
	var kinds []string
	err := s.store.Read(t.Context(), from, func(r store.Record) error {
		switch body := r.Body.(type) {
		case store.SlateServed:
			kinds = append(kinds, "slate "+body.ID)
			if len(body.Items) != 10 || body.Items[2].Reel != slate.Items[2].Reel || body.Model != slate.ModelVersion ||
				body.Items[2].Sources.String() != strings.Join(slate.Items[2].Sources, "+") || body.Items[0].Propensity != 1 {
				t.Errorf("%+v was served as %+v", slate, body)
			}
		case store.Event:
			kinds = append(kinds, "event of "+body.Slate)
		}
		return nil
	})
	if want := []string{"slate " + slate.ID, "event of " + slate.ID}; err != nil || !slices.Equal(kinds, want) {
		t.Errorf("%v, %v, want %v", kinds, err, want)
	}
}

func TestAnErasedUserIsForgotten(t *testing.T) {
	s, _ := fresh(t)
	user := everybody()[0]
	e := watched(user, tiny().Reels[9].ID)
	e.Context.Device, e.ID = "the-only-such-device", "an-id"
	record(t, s, e)
	var before bytes.Buffer
	if err := s.Export(t.Context(), user, &before); err != nil {
		t.Fatal(err)
	}
	var exported struct {
		User    reel.UserID `json:"user_id"`
		Profile struct{ Interactions int }
		Records []struct {
			Event *struct {
				Device  string
				EventID string `json:"event_id"`
			}
		}
	}
	if err := json.Unmarshal(before.Bytes(), &exported); err != nil {
		t.Fatalf("%v in %s", err, before.String())
	}
	last := exported.Records[len(exported.Records)-1].Event
	if exported.User != user || exported.Profile.Interactions != len(exported.Records) || last == nil || last.Device != e.Context.Device || last.EventID != "an-id" {
		t.Errorf("exported %s", before.String())
	}
	users := s.Facts().Users
	if err := s.Erase(t.Context(), user); err != nil {
		t.Fatal(err)
	}
	if slate := ask(t, s, user); slate.KnownUser || s.Facts().Users != users-1 {
		t.Errorf("known: %t, %d users of %d", slate.KnownUser, s.Facts().Users, users)
	}
	s.slates.flush()
	if err := s.Erase(t.Context(), user); err != nil { // the slate that was just shown to them
		t.Fatal(err)
	}
	for _, err := range []error{s.Export(t.Context(), 9_999_999, &before), s.Erase(t.Context(), 9_999_999)} {
		if !errors.Is(err, ErrUnknownUser) {
			t.Errorf("%v, want ErrUnknownUser", err)
		}
	}
}

func TestRebuiltEqualsLive(t *testing.T) {
	s, c := fresh(t)
	for k, user := range everybody() {
		c.forward(time.Minute)
		record(t, s, watched(user, tiny().Reels[3*k].ID))
		one := tiny().Reels[k]
		one.ID += 10_000
		if _, err := s.PutReels(t.Context(), []reel.Reel{one}); err != nil {
			t.Fatal(err)
		}
		record(t, s, watched(user, one.ID))
		if k%4 == 0 {
			if err := s.DeleteReel(t.Context(), one.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	live, users := s.world, s.Facts().Users
	o := s.options
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	done, err := Rebuild(t.Context(), o)
	if err != nil || done.Users != users || done.Reels != live.Catalog().Count() {
		t.Fatalf("%+v, %v", done, err)
	}
	alone, err := openStore(o)
	if err != nil {
		t.Fatal(err)
	}
	w, err := alone.replay(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := w.Difference(live); d != "" {
		t.Error(d)
	}
	differences, err := alone.store.Differences(t.Context())
	if err != nil || len(differences) > 0 {
		t.Error(differences, err)
	}
	if err := alone.store.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	replace(s, again)
}

func TestABackupIsOpenedLikeTheOriginal(t *testing.T) {
	s, _ := fresh(t)
	record(t, s, watched(1, tiny().Reels[5].ID))
	want := answers(ask(t, s, 1))
	dir := t.TempDir() + "/copy"
	if err := s.Backup(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	record(t, s, watched(1, tiny().Reels[6].ID)) // after the backup
	if err := s.Backup(t.Context(), dir); err == nil {
		t.Error("a backup overwrites another")
	}
	o := s.options
	o.Dir = dir
	if got := answers(ask(t, open(t, o), 1)); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestABackupOfAStoreInUseIsMadeByItsProcess(t *testing.T) {
	s, _ := fresh(t)
	record(t, s, watched(1, tiny().Reels[5].ID))
	dir := t.TempDir() + "/copy"
	if err := Backup(t.Context(), s.options, dir); err != nil { // the store's lock keeps even this process out
		t.Fatal(err)
	}
	sum, err := Verify(t.Context(), dir)
	if err != nil || sum.Users != s.Facts().Users || sum.Reels != s.Facts().Reels {
		t.Errorf("%+v, %v", sum, err)
	}
	if err := Backup(t.Context(), s.options, dir); err == nil {
		t.Error("a backup overwrites another")
	}
}

func TestOldInteractionsAreDroppedAndAnswersStay(t *testing.T) {
	s, c := fresh(t)
	want := answers(ask(t, s, everybody()[2]))
	c.forward(48 * time.Hour)
	removed, err := s.store.Retain(t.Context(), c.Now().Add(-time.Hour))
	if err != nil || removed < len(tiny().Interactions) {
		t.Fatal(removed, err)
	}
	s = restarted(t, s, true)
	if got := answers(ask(t, s, everybody()[2])); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

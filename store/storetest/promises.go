package storetest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

func testReadYourWrites(t *testing.T, open Opener) {
	c := newClock()
	var applied []store.Offset
	e := Environment{Dir: filepath.Join(t.TempDir(), "store"), Now: c.Now, RememberIDs: week, Applied: func(all []store.Applied) {
		for _, a := range all {
			applied = append(applied, a.Offset)
		}
	}}
	s := reopen(t, open, e)
	for i := range reel.ReelID(100) {
		at := mustAppend(t, s, watched(1, i))[0].Offset
		if len(applied) != int(i)+1 || applied[i] != at {
			t.Fatalf("record %d was acknowledged and not applied: %v", at, applied)
		}
		if p := mustProfile(t, s, 1); p.Total != int(i)+1 || !p.HasSeen(i) {
			t.Fatalf("the profile lacks reel %d: %+v", i, p)
		}
		if exported, err := ExportAll(s, 1); err != nil || len(exported) != int(i)+1 {
			t.Fatalf("%d records are exported, %v, want %d", len(exported), err, i+1)
		}
		if s.Last() != at {
			t.Fatalf("the last offset is %d, want %d", s.Last(), at)
		}
	}
}

func testIDs(t *testing.T, open Opener) {
	c := newClock()
	s, e := fresh(t, open, c)
	mine, yours := watched(1, 10), watched(2, 10)
	mine.ID, yours.ID = "a", "a"
	first := mustAppend(t, s, mine, yours, mine)
	if first[0].Duplicate || first[1].Duplicate || !first[2].Duplicate || first[2].Offset != first[0].Offset {
		t.Fatalf("of two users' events and a repeated one: %+v", first)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = reopen(t, open, e)
	c.advance(week - time.Second)
	if again := mustAppend(t, s, mine); !again[0].Duplicate || again[0].Offset != first[0].Offset {
		t.Fatalf("within the week, after a restart: %+v", again)
	}
	c.advance(2 * time.Second)
	if later := mustAppend(t, s, mine); later[0].Duplicate {
		t.Fatalf("after the week: %+v", later)
	}
	if p := mustProfile(t, s, 1); p.Total != 2 {
		t.Errorf("the profile counts %d interactions, want 2", p.Total)
	}
}

func testConcurrentAppends(t *testing.T, open Opener) {
	const writers, each = 16, 40
	s, _ := fresh(t, open, newClock())
	var g errgroup.Group
	for w := range writers {
		g.Go(func() error {
			for i := range each {
				e := watched(reel.UserID(w%5), reel.ReelID(w*each+i))
				e.ID = fmt.Sprint(w, "-", i/2) // every second one is a repetition
				outcomes, err := s.Append(context.Background(), e)
				if err != nil {
					return err
				}
				if outcomes[0].Duplicate != (i%2 == 1) {
					return fmt.Errorf("event %d of writer %d came out as %+v", i, w, outcomes)
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	all, err := ReadAll(s, 1)
	if err != nil || len(all) != writers*each/2 {
		t.Fatalf("the log holds %d records, %v, want %d", len(all), err, writers*each/2)
	}
	o := &Oracle{Now: newClock().Now, RememberIDs: week}
	for i, r := range all {
		if r.Offset != store.Offset(i+1) {
			t.Fatalf("record %d is at offset %d", i, r.Offset)
		}
		o.Append(r.Body)
	}
	if err := Compare(s, o, 5); err != nil {
		t.Error(err)
	}
}

func testImmutableProfiles(t *testing.T, open Opener) {
	s, _ := fresh(t, open, newClock())
	mustAppend(t, s, watched(1, 10))
	before := mustProfile(t, s, 1)
	follow := watched(1, 11)
	follow.Signals = reel.Followed
	mustAppend(t, s, follow, store.UserErased{User: 1})
	if before.Total != 1 || len(before.Recent) != 1 || before.HasSeen(11) || before.IsFollowing(1) {
		t.Errorf("the profile handed out before became %+v", before)
	}
}

func testReadStops(t *testing.T, open Opener) {
	s, _ := fresh(t, open, newClock())
	mustAppend(t, s, watched(1, 1), watched(1, 2), watched(1, 3), store.ReelPut{Reel: reel.Reel{ID: 1}}, store.CreatorPut{})
	enough := errors.New("enough")
	calls := 0
	stop := func() error { calls++; return enough }
	ctx := context.Background()
	for name, walk := range map[string]func() error{
		"read":     func() error { return s.Read(ctx, 2, func(store.Record) error { return stop() }) },
		"export":   func() error { return s.Export(ctx, 1, func(store.Record) error { return stop() }) },
		"users":    func() error { return s.Users(ctx, func(*reel.Profile) error { return stop() }) },
		"reels":    func() error { return s.Reels(ctx, func(reel.Reel) error { return stop() }) },
		"creators": func() error { return s.Creators(ctx, func(reel.Creator) error { return stop() }) },
	} {
		if calls = 0; !errors.Is(walk(), enough) || calls != 1 {
			t.Errorf("%s went on after the error, %d calls", name, calls)
		}
	}
}

func testErase(t *testing.T, open Opener) {
	c := newClock()
	s, e := fresh(t, open, c)
	mine := watched(1, 10)
	mine.ID = "a"
	mustAppend(t, s, mine, watched(2, 10), store.SlateServed{ID: "s", User: 1}, store.ProfileKept{Profile: reel.NewProfile(3)})
	last := s.Last()
	if err := s.Erase(context.Background(), 1); err != nil {
		t.Fatal(err)
	}
	check := func() {
		t.Helper()
		if p := mustProfile(t, s, 1); p != nil {
			t.Errorf("the erased user has the profile %+v", p)
		}
		if exported, err := ExportAll(s, 1); err != nil || len(exported) > 0 {
			t.Errorf("records of the erased user: %+v, %v", exported, err)
		}
		if all, err := ReadAll(s, 1); err != nil || len(all) != 3 || all[2].Body != (store.UserErased{User: 1}) || all[2].Offset != last+1 {
			t.Errorf("the log is %+v, %v, want those of others and the erasure", all, err)
		}
		if p := mustProfile(t, s, 2); p == nil || p.Total != 1 {
			t.Errorf("the profile of another user is %+v", p)
		}
	}
	check()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = reopen(t, open, e)
	check()
	if back := mustAppend(t, s, mine); back[0].Duplicate {
		t.Error("the erased event's id is remembered")
	}
	if p := mustProfile(t, s, 1); p == nil || p.Total != 1 {
		t.Errorf("back again, the user's profile is %+v", p)
	}
}

func testRetain(t *testing.T, open Opener) {
	c := newClock()
	s, e := fresh(t, open, c)
	for i := range reel.ReelID(60) {
		mustAppend(t, s, watched(1, i), store.SlateServed{User: 1})
	}
	c.advance(time.Hour)
	cut := c.Now()
	mustAppend(t, s, watched(1, 100), watched(2, 100))
	before := mustProfile(t, s, 1)
	if removed, err := s.Retain(context.Background(), cut); err != nil || removed != 120 {
		t.Fatalf("%d records are dropped, %v, want 120", removed, err)
	}
	if removed, err := s.Retain(context.Background(), cut); err != nil || removed != 0 {
		t.Fatalf("again, %d records are dropped, %v", removed, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = reopen(t, open, e)
	if after := mustProfile(t, s, 1); !store.SameProfile(before, after) {
		t.Errorf("the profile became %+v", after)
	}
	all, err := ReadAll(s, 1)
	if err != nil || len(all) != 3 {
		t.Fatalf("the log is %+v, %v", all, err)
	}
	if kept, ok := all[0].Body.(store.ProfileKept); !ok || all[0].Offset != 119 || kept.Profile.Total != 60 || kept.Profile.Seen.Len() != 60 {
		t.Errorf("in the place of what was dropped is %+v", all[0])
	}
	if next := mustAppend(t, s, watched(1, 101)); next[0].Offset != 123 {
		t.Errorf("the next offset is %d, want 123", next[0].Offset)
	}
}

func testBackup(t *testing.T, open Opener) {
	c := newClock()
	s, e := fresh(t, open, c)
	mustAppend(t, s, watched(1, 1))
	stop := make(chan struct{})
	var g errgroup.Group
	g.Go(func() error {
		for i := reel.ReelID(2); ; i++ {
			select {
			case <-stop:
				return nil
			default:
			}
			if _, err := s.Append(context.Background(), watched(1, i)); err != nil {
				return err
			}
		}
	})
	dir := filepath.Join(filepath.Dir(e.Dir), "backup")
	least := s.Last()
	err := s.Backup(context.Background(), dir)
	close(stop)
	if err := firstError(err, g.Wait()); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(context.Background(), dir); err == nil {
		t.Error("a backup was written over another one")
	}
	e.Dir = dir
	copied := reopen(t, open, e)
	all, err := ReadAll(copied, 1)
	if err != nil || len(all) < int(least) || copied.Last() != store.Offset(len(all)) {
		t.Fatalf("the backup holds %d records up to %d, %v, want at least %d", len(all), copied.Last(), err, least)
	}
	if p := mustProfile(t, copied, 1); p.Total != len(all) {
		t.Errorf("the backup's profile counts %d interactions of %d", p.Total, len(all))
	}
}

func testClosed(t *testing.T, open Opener) {
	s, _ := fresh(t, open, newClock())
	mustAppend(t, s, watched(1, 1))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	_, appended := s.Append(ctx, watched(1, 2))
	_, _, asked := s.Profile(ctx, 1)
	_, retained := s.Retain(ctx, time.Now())
	for name, err := range map[string]error{
		"append": appended, "profile": asked, "retain": retained,
		"read": s.Read(ctx, 1, nil), "reels": s.Reels(ctx, nil), "creators": s.Creators(ctx, nil), "users": s.Users(ctx, nil),
		"export": s.Export(ctx, 1, nil), "erase": s.Erase(ctx, 1), "backup": s.Backup(ctx, "nowhere"), "close": s.Close(),
	} {
		if !errors.Is(err, store.ErrClosed) {
			t.Errorf("%s says %v", name, err)
		}
	}
}

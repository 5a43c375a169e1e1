package storetest

import (
	"context"
	"fmt"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// Compare asks a store everything that can be asked of it and returns the
// first answer that is not the oracle's.
func Compare(s store.Store, o *Oracle, users int) error {
	if got, want := s.Last(), o.Last(); got != want {
		return fmt.Errorf("the last offset is %d, want %d", got, want)
	}
	for _, from := range []store.Offset{0, 1, o.Last()/2 + 1} {
		got, err := ReadAll(s, from)
		if err := firstError(err, sameRecords(got, o.Records(from))); err != nil {
			return fmt.Errorf("read from %d: %w", from, err)
		}
	}
	for user := range reel.UserID(users) {
		if err := compareUser(s, o, user); err != nil {
			return fmt.Errorf("user %d: %w", user, err)
		}
	}
	return firstError(compareProfiles(s, o), compareCatalog(s, o))
}

// ReadAll reads the log from an offset on.
func ReadAll(s store.Store, from store.Offset) (all []store.Record, err error) {
	err = s.Read(context.Background(), from, func(r store.Record) error {
		all = append(all, r)
		return nil
	})
	return all, err
}

// ExportAll reads everything about a user.
func ExportAll(s store.Store, user reel.UserID) (all []store.Record, err error) {
	err = s.Export(context.Background(), user, func(r store.Record) error {
		all = append(all, r)
		return nil
	})
	return all, err
}

func sameRecords(got, want []store.Record) error {
	for i := range min(len(got), len(want)) {
		if !SameRecord(got[i], want[i]) {
			return fmt.Errorf("record %d of %d is %+v, want %+v", i, len(want), got[i], want[i])
		}
	}
	if len(got) != len(want) {
		return fmt.Errorf("there are %d records, want %d", len(got), len(want))
	}
	return nil
}

func compareUser(s store.Store, o *Oracle, user reel.UserID) error {
	want := o.Profile(user)
	got, known, err := s.Profile(context.Background(), user)
	if err != nil || known != (want != nil) || !store.SameProfile(got, want) {
		return fmt.Errorf("the profile is %+v (%t, %v), want %+v", got, known, err, want)
	}
	exported, err := ExportAll(s, user)
	return firstError(err, sameRecords(exported, o.About(user)))
}

func compareProfiles(s store.Store, o *Oracle) error {
	var got []*reel.Profile
	if err := s.Users(context.Background(), func(p *reel.Profile) error { got = append(got, p); return nil }); err != nil {
		return err
	}
	want := o.Profiles()
	if len(got) != len(want) {
		return fmt.Errorf("there are %d profiles, want %d", len(got), len(want))
	}
	for i := range got {
		if !store.SameProfile(got[i], want[i]) {
			return fmt.Errorf("profile %d is %+v, want %+v", i, got[i], want[i])
		}
	}
	return nil
}

func compareCatalog(s store.Store, o *Oracle) error {
	var reels []reel.Reel
	var creators []reel.Creator
	err := firstError(
		s.Reels(context.Background(), func(r reel.Reel) error { reels = append(reels, r); return nil }),
		s.Creators(context.Background(), func(c reel.Creator) error { creators = append(creators, c); return nil }))
	if err != nil {
		return err
	}
	wantReels, wantCreators := o.Catalog()
	if len(reels) != len(wantReels) || len(creators) != len(wantCreators) {
		return fmt.Errorf("there are %d reels and %d creators, want %d and %d", len(reels), len(creators), len(wantReels), len(wantCreators))
	}
	for i := range reels {
		if !SameReel(reels[i], wantReels[i]) {
			return fmt.Errorf("reel %d is not the one that was put last", reels[i].ID)
		}
	}
	for i := range creators {
		if creators[i] != wantCreators[i] {
			return fmt.Errorf("creator %+v, want %+v", creators[i], wantCreators[i])
		}
	}
	return nil
}

// CompareApplied compares what a store handed to those who follow it.
func CompareApplied(got []store.Applied, o *Oracle) error {
	for i := range min(len(got), len(o.Applied)) {
		g, w := got[i], o.Applied[i]
		if !SameRecord(g.Record, w.Record) || !store.SameProfile(g.Before, w.Before) || !store.SameProfile(g.After, w.After) {
			return fmt.Errorf("applied record %d is %+v, want %+v", i, g, w)
		}
	}
	if len(got) != len(o.Applied) {
		return fmt.Errorf("%d records were applied, want %d", len(got), len(o.Applied))
	}
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

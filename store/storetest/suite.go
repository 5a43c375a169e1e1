package storetest

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// Environment is what a store is opened with. The same Dir again is the same
// store after a restart.
type Environment struct {
	Dir         string
	Now         func() time.Time
	RememberIDs time.Duration
	Applied     func([]store.Applied)
}

// Opener opens a store.
type Opener func(Environment) (store.Store, error)

// week is how long the suite lets IDs count.
const week = 7 * 24 * time.Hour

// Run runs the whole suite.
func Run(t *testing.T, open Opener) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Opener)
	}{
		{"RandomOperationsWithRestartsMatchTheOracle", testOracle},
		{"WhatWasAppendedIsReadAtOnce", testReadYourWrites},
		{"AnIDCountsOncePerUserAndForATime", testIDs},
		{"ConcurrentAppendsAreEachThereOnce", testConcurrentAppends},
		{"AProfileHandedOutNeverChanges", testImmutableProfiles},
		{"ReadStopsWithTheErrorOfItsCaller", testReadStops},
		{"AnErasedUserIsGoneAndMayComeBack", testErase},
		{"RetentionDropsRecordsAndKeepsProfiles", testRetain},
		{"ABackupTakenInUseIsAStore", testBackup},
		{"AfterCloseEverythingIsRefused", testClosed},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open) })
	}
}

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Unix(SmallWorld.Now, 0)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
}

// fresh opens a new store that closes with the test.
func fresh(t *testing.T, open Opener, c *clock) (store.Store, Environment) {
	t.Helper()
	e := Environment{Dir: filepath.Join(t.TempDir(), "store"), Now: c.Now, RememberIDs: week}
	return reopen(t, open, e), e
}

func reopen(t *testing.T, open Opener, e Environment) store.Store {
	t.Helper()
	s, err := open(e)
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

func mustAppend(t *testing.T, s store.Store, bodies ...store.Body) []store.Outcome {
	t.Helper()
	outcomes, err := s.Append(context.Background(), bodies...)
	if err != nil {
		t.Fatal(err)
	}
	return outcomes
}

func mustProfile(t *testing.T, s store.Store, user reel.UserID) *reel.Profile {
	t.Helper()
	p, known, err := s.Profile(context.Background(), user)
	if err != nil || known != (p != nil) {
		t.Fatalf("profile of user %d: %+v, %t, %v", user, p, known, err)
	}
	return p
}

// watched is an event of a user who watched a reel.
func watched(user reel.UserID, id reel.ReelID) store.Event {
	return store.Event{Interaction: reel.Interaction{
		User: user, Reel: id, Creator: 1, Time: SmallWorld.Now, Watch: 0.85, Duration: 14, Observed: reel.AllObserved,
	}}
}

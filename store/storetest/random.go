package storetest

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/reelrank/reelrank/store"
)

// testOracle does random things to a store and to the oracle, and compares
// all that they know.
func testOracle(t *testing.T, open Opener) {
	root, runs := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		runs++
		m := &machine{open: open, clock: newClock(), root: filepath.Join(root, fmt.Sprint(runs))}
		m.oracle = &Oracle{Now: m.clock.Now, RememberIDs: week}
		m.start(t)
		t.Repeat(map[string]func(*rapid.T){
			"append":       m.append,
			"append again": m.append,
			"wait":         m.wait,
			"restart":      m.restart,
			"erase":        m.erase,
			"retain":       m.retain,
			"backup":       m.backup,
			"":             m.checkLast,
		})
		m.restart(t)
		m.close(t)
	})
}

// machine is a store under test beside the oracle.
type machine struct {
	open    Opener
	clock   *clock
	root    string
	backups int
	store   store.Store
	oracle  *Oracle
	applied []store.Applied
}

func (m *machine) start(t *rapid.T) {
	var err error
	m.store, err = m.open(Environment{
		Dir: filepath.Join(m.root, "store"), Now: m.clock.Now, RememberIDs: week,
		Applied: func(a []store.Applied) { m.applied = append(m.applied, a...) },
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (m *machine) close(t *rapid.T) {
	if err := m.store.Close(); err != nil {
		t.Fatal(err)
	}
}

func (m *machine) append(t *rapid.T) {
	bodies := rapid.SliceOfN(SmallWorld.Body(), 1, 6).Draw(t, "bodies")
	got, err := m.store.Append(context.Background(), bodies...)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range m.oracle.Append(bodies...) {
		if got[i] != want {
			t.Fatalf("body %d (%+v) came out as %+v, want %+v", i, bodies[i], got[i], want)
		}
	}
	for _, body := range bodies {
		if user, ok := body.About(); ok {
			if err := compareUser(m.store, m.oracle, user); err != nil {
				t.Fatalf("user %d: %v", user, err)
			}
		}
	}
}

func (m *machine) wait(t *rapid.T) {
	m.clock.advance(time.Duration(rapid.Int64Range(0, int64(3*week/4)).Draw(t, "wait")))
}

func (m *machine) restart(t *rapid.T) {
	m.check(t)
	m.close(t)
	m.start(t)
	m.check(t)
}

func (m *machine) check(t *rapid.T) {
	if err := firstError(Compare(m.store, m.oracle, SmallWorld.Users), CompareApplied(m.applied, m.oracle)); err != nil {
		t.Fatal(err)
	}
}

func (m *machine) checkLast(t *rapid.T) {
	if got, want := m.store.Last(), m.oracle.Last(); got != want {
		t.Fatalf("the last offset is %d, want %d", got, want)
	}
}

func (m *machine) erase(t *rapid.T) {
	user := SmallWorld.user(t)
	if err := m.store.Erase(context.Background(), user); err != nil {
		t.Fatal(err)
	}
	m.oracle.Append(store.UserErased{User: user})
	m.check(t)
}

func (m *machine) retain(t *rapid.T) {
	before := m.clock.Now().Add(-time.Duration(rapid.Int64Range(-int64(time.Hour), int64(2*week)).Draw(t, "age")))
	got, err := m.store.Retain(context.Background(), before)
	if err != nil {
		t.Fatal(err)
	}
	if want := m.oracle.Retain(before); got != want {
		t.Fatalf("%d records are dropped, want %d", got, want)
	}
	m.check(t)
}

func (m *machine) backup(t *rapid.T) {
	m.backups++
	dir := filepath.Join(m.root, fmt.Sprint("backup", m.backups))
	if err := m.store.Backup(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	copied, err := m.open(Environment{Dir: dir, Now: m.clock.Now, RememberIDs: week})
	if err != nil {
		t.Fatal(err)
	}
	if err := firstError(Compare(copied, m.oracle, SmallWorld.Users), copied.Close()); err != nil {
		t.Fatalf("the backup: %v", err)
	}
}

package bundle

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var errCrash = errors.New("crash")

// crashing is a file system of which only the first `left` operations happen.
// After them the process counts as dead: nothing is undone either.
type crashing struct {
	osReplacer
	left int
}

func (c *crashing) step(do func() error) error {
	if c.left--; c.left < 0 {
		return errCrash
	}
	return do()
}

func (c *crashing) Rename(from, to string) error {
	return c.step(func() error { return c.osReplacer.Rename(from, to) })
}

func (c *crashing) RemoveAll(path string) error {
	return c.step(func() error { return c.osReplacer.RemoveAll(path) })
}

func (c *crashing) SyncDir(path string) error {
	return c.step(func() error { return c.osReplacer.SyncDir(path) })
}

// fillOf tells which bundle is at dir.
func fillOf(t *testing.T, dir string) float32 {
	t.Helper()
	b, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	x, _ := b.Tensor("gru.bias")
	return x.Data[0]
}

func TestACrashAtAnyStepLeavesTheOldOrTheNewBundle(t *testing.T) {
	var old, new int
	for steps := 0; ; steps++ {
		dir := filepath.Join(t.TempDir(), "feed")
		write(t, dir, 1)
		_, err := tryWrite(dir, 2, &crashing{left: steps})
		switch fill := fillOf(t, dir); fill {
		case 1:
			old++
		case 2:
			new++
		default:
			t.Fatalf("after %d steps the bundle holds %g", steps, fill)
		}
		if new > 0 && fillOf(t, dir) != 2 {
			t.Fatalf("after %d steps the old bundle is back", steps)
		}
		write(t, dir, 3) // the next run finds whatever was left and goes on
		if fillOf(t, dir) != 3 {
			t.Fatalf("after %d steps the bundle cannot be replaced", steps)
		}
		if exists(asidePath(dir)) {
			t.Errorf("after %d steps the old bundle was left aside", steps)
		}
		if err == nil && steps > 10 {
			break
		}
	}
	if old == 0 || new == 0 {
		t.Errorf("%d crashes left the old one, %d the new one; want some of both", old, new)
	}
}

// failing fails the n-th rename and goes on working, as a full or read-only
// disk would.
type failing struct {
	osReplacer
	renames, fails int
}

func (f *failing) Rename(from, to string) error {
	if f.renames++; f.renames == f.fails {
		return errCrash
	}
	return f.osReplacer.Rename(from, to)
}

func TestAFailedCommitLeavesTheOldBundleInPlace(t *testing.T) {
	for fails := 1; fails <= 2; fails++ {
		dir := filepath.Join(t.TempDir(), "feed")
		write(t, dir, 1)
		if _, err := tryWrite(dir, 2, &failing{fails: fails}); !errors.Is(err, errCrash) {
			t.Fatalf("error %v", err)
		}
		if fillOf(t, dir) != 1 || exists(asidePath(dir)) {
			t.Errorf("rename %d failed: the old bundle is not in its place", fails)
		}
		if entries, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(entries) != 1 {
			t.Errorf("left behind: %v %v", entries, err)
		}
	}
}

func TestReadersNeverMeetAMixture(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "feed")
	write(t, dir, 1)
	done := make(chan error, 1)
	go func() {
		for i := range 60 {
			if _, err := tryWrite(dir, float32(i), nil); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for opened := 0; ; opened++ {
		select {
		case err := <-done:
			if err != nil || opened == 0 {
				t.Errorf("opened %d times, writer: %v", opened, err)
			}
			return
		default:
			if _, err := Open(dir); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestLeftoversOfKilledWritersAreCleared(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "feed")
	for _, name := range []string{"feed", "feed2"} {
		for range 2 {
			w, err := Create(filepath.Join(filepath.Dir(dir), name)) // killed: neither committed nor closed
			if err != nil {
				t.Fatal(err)
			}
			if err := w.AddTensors(nil, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	entries, err := os.ReadDir(filepath.Dir(dir))
	if err != nil || len(entries) != 4 {
		t.Fatalf("%v %v", entries, err)
	}
	long := time.Now().Add(-2 * stalePartialAge)
	old := ""
	for _, e := range entries { // one of each name is old
		if prefix := strings.Split(e.Name(), "-")[0]; prefix != old {
			old = prefix
			if err := os.Chtimes(filepath.Join(filepath.Dir(dir), e.Name()), long, long); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(t, dir, 1)
	if entries, err = os.ReadDir(filepath.Dir(dir)); err != nil || len(entries) != 4 { // 3 partial ones and the bundle
		t.Errorf("left: %v %v", entries, err)
	}
}

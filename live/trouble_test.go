//go:build unix

package live

import (
	"errors"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// limitFiles lets no file of this process grow beyond a size, which is how a
// full disk looks from inside, until the test or end says otherwise.
func limitFiles(t *testing.T, bytes uint64) (end func()) {
	t.Helper()
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Skip("file sizes cannot be limited here: ", err)
	}
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: was.Max}); err != nil {
		t.Skip("file sizes cannot be limited here: ", err)
	}
	end = func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(end)
	return end
}

func TestOnAFullDiskNothingIsAcknowledgedAndAnswersGoOn(t *testing.T) {
	o := options(t, t.TempDir(), newClock())
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	want := newOracle(newScript(0, false))
	at, err := os.Stat(newest(t, filepath.Join(o.Dir, logFolder, "*.log")))
	if err != nil {
		t.Fatal(err)
	}
	end := limitFiles(t, uint64(at.Size())+40_000)
	var refused error
	for n := 0; refused == nil; n++ {
		if refused = want.do(t.Context(), s, n); refused == nil {
			want.advance(n + 1)
		}
		if n == 10_000 {
			t.Fatal("nothing fails")
		}
	}
	if failed := (*store.FailedError)(nil); !errors.Is(refused, ErrUnavailable) || !errors.As(refused, &failed) || !errors.Is(refused, syscall.EFBIG) {
		t.Fatalf("after %d steps: %v", want.next, refused)
	}
	for _, again := range []error{
		second(s.Record(t.Context(), []Event{watched(1, tiny().Reels[0].ID)})), s.PutCreator(t.Context(), reel.Creator{ID: 9}), s.SaveState(),
	} {
		if failed := (*store.FailedError)(nil); !errors.As(again, &failed) {
			t.Errorf("a write after the failure: %v", again)
		}
	}
	if err := want.difference(t.Context(), s); err != nil {
		t.Errorf("while the disk is full: %v", err)
	}
	if err := s.Close(); !errors.Is(err, syscall.EFBIG) {
		t.Errorf("it closes with %v, want the reason", err)
	}
	end()
	want.check(t, open(t, o))
}

// newest is the file of a pattern with the highest number.
func newest(t *testing.T, pattern string) string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("there is no %s: %v", pattern, err)
	}
	return names[len(names)-1]
}

func TestReadOnlyDirectoryIsRefused(t *testing.T) {
	o := options(t, filepath.Join(shared, "read-only"), newClock())
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(o.Dir) })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	readOnly(t, o.Dir)
	s, err = Open(t.Context(), o)
	if err == nil {
		s.Close()
	}
	refused := (*store.DiskError)(nil)
	if !errors.Is(err, fs.ErrPermission) || !errors.As(err, &refused) {
		t.Errorf("a directory that cannot be written is opened with %v", err)
	}
	o.Dir = filepath.Join(o.Dir, "below")
	if _, err := Open(t.Context(), o); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("a directory that cannot be made is opened with %v", err)
	}
}

// readOnly takes the right to write below a directory from this process, which
// must not be root for it.
func readOnly(t *testing.T, dir string) {
	t.Helper()
	mode := func(bits fs.FileMode) {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() {
				err = os.Chmod(path, bits|0o111)
			} else if err == nil {
				err = os.Chmod(path, bits)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	mode(0o444)
	if os.Geteuid() != 0 {
		t.Cleanup(func() { mode(0o644) })
		return
	}
	const nobody = 65534
	if err := os.Chmod(shared, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Seteuid(nobody); err != nil {
		t.Skip("root can write everywhere, and cannot be somebody else here: ", err)
	}
	t.Cleanup(func() {
		if err := syscall.Seteuid(0); err != nil {
			t.Fatal(err)
		}
	})
}

func TestSecondProcessIsRefusedAndHarmsNothing(t *testing.T) {
	bundle, err := bundleOnce()
	if err != nil {
		t.Fatal(err)
	}
	about := task{Dir: t.TempDir(), Bundle: bundle, Next: make([]int, 1)}
	c := startChild(t, about)
	want, tried := newOracle(newScript(0, false)), false
	for c.lines.Scan() {
		var w, n int
		switch line := c.lines.Text(); {
		case line == "open":
			_, err := Open(t.Context(), about.options())
			if inUse := (*store.InUseError)(nil); !errors.As(err, &inUse) {
				t.Errorf("a second process opens it with %v", err)
			}
			tried = true
		case c.acknowledged(line, &w, &n):
			want.advance(n + 1)
		default:
			t.Error(line)
		}
		if want.next == 20 {
			c.kill()
		}
	}
	_ = c.command.Wait()
	if !tried || want.next < 20 {
		t.Fatalf("the child ended after %d steps", want.next)
	}
	want.check(t, open(t, about.options()))
}

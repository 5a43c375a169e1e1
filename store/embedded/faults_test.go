package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
	"github.com/reelrank/reelrank/store/storetest"
)

// failing is a disk whose writes fail from one on, for a number of writes.
type failing struct {
	*vfs.MemFS
	err   error
	from  atomic.Int64 // how many writes still succeed
	times int64        // how many fail then
}

func (d *failing) fs() vfs.FS {
	return errorfs.Wrap(d.MemFS, errorfs.InjectorFunc(func(op errorfs.Op) error {
		switch op.Kind {
		case errorfs.OpLock, errorfs.OpFileClose, errorfs.OpRemove, errorfs.OpFilePreallocate:
			return nil // cannot fail, or does not matter when it does
		}
		if op.Kind.ReadOrWrite() == errorfs.OpIsRead {
			return nil
		}
		if left := d.from.Add(-1); left < 0 && left >= -d.times {
			return &fs.PathError{Op: "write", Path: op.Path, Err: d.err}
		}
		return nil
	}))
}

// never is a number of writes that no test reaches.
const never = 1 << 40

func TestWriteThatFailsIsReportedAndNothingAcknowledgedIsLost(t *testing.T) {
	for seed := range seeds(4) {
		random := rand.New(rand.NewPCG(seed, 2))
		disk := &failing{MemFS: vfs.NewCrashableMem(), err: syscall.ENOSPC, times: []int64{1, 3, never}[random.IntN(3)]}
		disk.from.Store(never)
		s := openAt(t, Options{Dir: "store", FS: disk.fs(), tune: smallTables})
		disk.from.Store(random.Int64N(300))
		acknowledged := appendUntilFailure(t, s, seed)
		checkFailed(t, s, acknowledged)
		closed := s.Close()
		if failed := (*store.FailedError)(nil); !errors.As(closed, &failed) {
			t.Fatalf("seed %d: a failed store closes with %v", seed, closed)
		}
		disk.from.Store(never)
		for name, after := range map[string]*vfs.MemFS{
			"a restart": disk.MemFS,
			"a crash":   disk.CrashClone(vfs.CrashCloneCfg{}),
		} {
			checkSurvivors(t, fmt.Sprint("seed ", seed, " after ", name), after, acknowledged)
		}
	}
}

// appendUntilFailure appends until that fails, and returns how often it did not.
func appendUntilFailure(t *testing.T, s *Store, seed uint64) (acknowledged int) {
	t.Helper()
	for i := 0; ; i++ {
		e := store.Event{Interaction: reel.Interaction{User: 1, Reel: reel.ReelID(i), Context: reel.Context{Device: fmt.Sprintf("%0300d", i)}}}
		done := make(chan error, 1)
		go func() {
			_, err := s.Append(context.Background(), e)
			done <- err
		}()
		select {
		case err := <-done:
			failed := (*store.FailedError)(nil)
			switch {
			case err == nil && i == 20_000:
				t.Fatalf("seed %d: nothing failed", seed)
			case err == nil:
				continue
			case !errors.As(err, &failed) || !errors.Is(err, syscall.ENOSPC):
				t.Fatalf("seed %d: append %d fails with %v", seed, i, err)
			}
			return i
		case <-time.After(10 * time.Second):
			t.Fatalf("seed %d: append %d hangs", seed, i)
		}
	}
}

// checkFailed wants reads to go on, and writes to be refused. The append that
// failed may have got through: its caller was told that it may.
func checkFailed(t *testing.T, s *Store, acknowledged int) {
	t.Helper()
	all, err := storetest.ReadAll(s, 1)
	if n := len(all); err != nil || n != acknowledged && n != acknowledged+1 {
		t.Fatalf("after %d appends and a failure %d records are read, %v", acknowledged, n, err)
	}
	p, known, err := s.Profile(context.Background(), 1)
	if err != nil || known != (len(all) > 0) || known && p.Total != len(all) {
		t.Fatalf("after %d records the profile is %+v, %v", len(all), p, err)
	}
	if _, err := s.Append(context.Background(), store.CreatorDeleted{}); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("a failed store answers %v", err)
	}
}

// checkSurvivors opens what is left.
func checkSurvivors(t *testing.T, when string, fs vfs.FS, acknowledged int) {
	t.Helper()
	s, err := Open(Options{Dir: "store", FS: fs, tune: smallTables})
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	defer s.Close()
	if n := int(s.Last()); n != acknowledged && n != acknowledged+1 {
		t.Fatalf("%s: there are %d records, %d were acknowledged", when, n, acknowledged)
	}
	if differences, err := s.Differences(context.Background()); err != nil || len(differences) > 0 {
		t.Fatalf("%s: %q, %v", when, differences, err)
	}
}

func TestClosingAndErasingOnABrokenDiskEnd(t *testing.T) {
	for writes := range int64(20) {
		for name, last := range map[string]func(*Store) error{
			"close": (*Store).Close,
			"erase": func(s *Store) error { return errors.Join(s.Erase(context.Background(), 1), s.Close()) },
		} {
			disk := &failing{MemFS: vfs.NewMem(), err: syscall.ENOSPC, times: never}
			disk.from.Store(never)
			s := openAt(t, Options{Dir: "store", FS: disk.fs()})
			if _, err := s.Append(context.Background(), store.Event{Interaction: reel.Interaction{User: 2}}); err != nil {
				t.Fatal(err)
			}
			disk.from.Store(writes)
			ended := make(chan error, 1)
			go func() { ended <- last(s) }()
			select {
			case err := <-ended:
				if left := disk.from.Load(); left < 0 && !errors.Is(err, syscall.ENOSPC) {
					t.Errorf("%s after %d writes: %v", name, writes, err)
				}
			case <-time.After(10 * time.Second):
				t.Fatalf("%s after %d writes hangs", name, writes)
			}
			disk.from.Store(never)
			s = openAt(t, Options{Dir: "store", FS: disk.MemFS})
			if p, known, err := s.Profile(context.Background(), 2); err != nil || !known || p.Total != 1 {
				t.Errorf("%s after %d writes: the profile is %+v, %v", name, writes, p, err)
			}
			s.Close()
		}
	}
}

func TestOpeningOnABrokenDiskSaysSo(t *testing.T) {
	for _, cause := range []error{syscall.ENOSPC, syscall.EROFS, syscall.EACCES} {
		for writes := range int64(60) {
			disk := &failing{MemFS: vfs.NewMem(), err: cause, times: never}
			disk.from.Store(writes)
			s, err := Open(Options{Dir: "store", FS: disk.fs()})
			if err == nil { // it needs fewer writes
				disk.from.Store(never)
				s.Close()
				break
			}
			if refused := (*store.DiskError)(nil); !errors.As(err, &refused) || !errors.Is(err, cause) {
				t.Fatalf("after %d writes: %v", writes, err)
			}
			disk.from.Store(never)
			s = openAt(t, Options{Dir: "store", FS: disk.fs()})
			if _, err := s.Append(context.Background(), store.CreatorDeleted{}); err != nil {
				t.Fatalf("the disk is mended after %d writes: %v", writes, err)
			}
			s.Close()
		}
	}
}

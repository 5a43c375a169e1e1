package embedded

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
	"github.com/reelrank/reelrank/store/storetest"
)

func TestSecondOpenIsToldWhichDirectoryIsInUse(t *testing.T) {
	dir := t.TempDir()
	openAt(t, Options{Dir: dir})
	_, err := Open(Options{Dir: dir})
	if used := (*store.InUseError)(nil); !errors.As(err, &used) || used.Dir != dir {
		t.Errorf("in this process: %v", err)
	}
	if os.Getenv(childDir) != "" {
		return
	}
	child := exec.Command(os.Args[0], "-test.run", "^TestChild$")
	child.Env = append(os.Environ(), childDir+"="+dir)
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("in another process: %v\n%s", err, out)
	}
}

// childDir names, for TestChild, a directory that its parent has open.
const childDir = "REELRANK_TEST_STORE_IN_USE"

// TestChild is the other process of TestSecondOpenIsToldWhichDirectoryIsInUse.
func TestChild(t *testing.T) {
	dir := os.Getenv(childDir)
	if dir == "" {
		t.Skip("runs as the child of another test")
	}
	_, err := Open(Options{Dir: dir})
	if used := (*store.InUseError)(nil); !errors.As(err, &used) || used.Dir != dir {
		t.Errorf("error %v", err)
	}
}

func TestDirectoryOfAnotherVersionIsRefused(t *testing.T) {
	fs := vfs.NewMem()
	openAt(t, Options{Dir: "store", FS: fs}).Close()
	write := func(key, value []byte) {
		db, err := pebble.Open("store", &pebble.Options{FS: fs, FormatMajorVersion: pebble.FormatNewest, Logger: pebbleLog{}})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(db.Set(key, value, pebble.Sync), db.Close()); err != nil {
			t.Fatal(err)
		}
	}
	write(versionOfLayout, binary.AppendUvarint(nil, version+1))
	_, err := Open(Options{Dir: "store", FS: fs})
	if other := (*store.VersionError)(nil); !errors.As(err, &other) || other.Found != version+1 || other.Want != version {
		t.Errorf("of a later version: %v", err)
	}
	fs = vfs.NewMem()
	write([]byte("anything"), nil)
	if _, err = Open(Options{Dir: "store", FS: fs}); !errors.As(err, new(*store.VersionError)) {
		t.Errorf("of another program: %v", err)
	}
}

func TestIDsCountAsLongAsTheOptionsSayNow(t *testing.T) {
	fs, now := vfs.NewMem(), time.Unix(1_700_000_000, 0)
	open := func(remember time.Duration) *Store {
		return openAt(t, Options{Dir: "store", FS: fs, RememberIDs: remember, Now: func() time.Time { return now }})
	}
	e := store.Event{ID: "a", Interaction: reel.Interaction{User: 1}}
	duplicate := func(s *Store) bool {
		t.Helper()
		outcomes, err := s.Append(context.Background(), e)
		if err != nil {
			t.Fatal(err)
		}
		return outcomes[0].Duplicate
	}
	s := open(time.Hour)
	if duplicate(s) {
		t.Error("the first one is a duplicate")
	}
	s.Close()
	now = now.Add(2 * time.Hour)
	s = open(24 * time.Hour)
	if !duplicate(s) {
		t.Error("after two hours of a day it is not remembered")
	}
	s.Close()
	if s = open(time.Hour); duplicate(s) {
		t.Error("after two hours of one it is still remembered")
	}
}

func TestTimeNeverFallsAlongTheLog(t *testing.T) {
	fs, now := vfs.NewMem(), time.Unix(1_700_000_000, 0)
	for range 3 {
		s := openAt(t, Options{Dir: "store", FS: fs, Now: func() time.Time { return now }})
		if _, err := s.Append(context.Background(), store.CreatorDeleted{}); err != nil {
			t.Fatal(err)
		}
		now = now.Add(-time.Hour)
		all, err := storetest.ReadAll(s, 1)
		if err != nil || all[len(all)-1].Time != 1_700_000_000_000 {
			t.Errorf("the newest record is %+v, %v", all[len(all)-1], err)
		}
		s.Close()
	}
}

func TestNoGoroutineOutlivesTheStore(t *testing.T) {
	before := goleak.IgnoreCurrent()
	// In stores that other tests made fail, Pebble goes on trying to flush, in
	// ever new goroutines. They wait in the fuse, which nothing does in a sound one.
	failed := goleak.IgnoreAnyFunction("github.com/reelrank/reelrank/store/embedded.(*fuse).Create")
	s := openAt(t, Options{Dir: filepath.Join(t.TempDir(), "a", "b")})
	if _, err := s.Append(context.Background(), store.Event{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	goleak.VerifyNone(t, before, failed)
}

func TestAppendThatIsGivenUpSaysWhy(t *testing.T) {
	hold := make(chan struct{})
	s := openAt(t, Options{Dir: "store", FS: vfs.NewMem(), Applied: func([]store.Applied) { <-hold }})
	ctx, giveUp := context.WithCancelCause(context.Background())
	gone := errors.New("the client is gone")
	giveUp(gone)
	if _, err := s.Append(ctx, store.Event{}); !errors.Is(err, gone) {
		t.Errorf("error %v", err)
	}
	close(hold)
}

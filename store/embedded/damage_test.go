package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
	"github.com/reelrank/reelrank/store/storetest"
)

// damagedStore is a store with files of every kind: tables of an earlier run
// and a log that was never flushed, as after a crash.
func damagedStore(t *testing.T) (fs *vfs.MemFS, want []store.Record) {
	t.Helper()
	fs = vfs.NewCrashableMem()
	s := openAt(t, Options{Dir: "store", FS: fs, tune: smallTables})
	put := func(from, to int) {
		for i := from; i < to; i++ {
			if _, err := s.Append(context.Background(),
				store.Event{ID: fmt.Sprint(i), Interaction: reel.Interaction{User: reel.UserID(i % 7), Reel: reel.ReelID(i), Watch: 0.5}},
				store.ReelPut{Reel: reel.Reel{ID: reel.ReelID(i % 9), Caption: fmt.Sprint("take ", i)}},
				store.CreatorPut{Creator: reel.Creator{ID: reel.CreatorID(i % 3), Name: fmt.Sprint("name ", i)}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	put(0, 100)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openAt(t, Options{Dir: "store", FS: fs})
	put(100, 130)
	want, err := storetest.ReadAll(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	return fs.CrashClone(vfs.CrashCloneCfg{}), want
}

func TestFlippedByteIsFoundOrHarmless(t *testing.T) {
	whole, want := damagedStore(t)
	names, err := whole.List("store")
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(5, 6))
	kinds := map[string]int{}
	for _, name := range names {
		size := len(readFile(t, whole, "store/"+name))
		for range min(size, int(seeds(4))) {
			at := random.IntN(size)
			fs := whole.CrashClone(vfs.CrashCloneCfg{})
			flip(t, fs, "store/"+name, at)
			got, err := readThrough(fs)
			where := fmt.Sprintf("byte %d of %d of %s", at, size, name)
			kinds[kindOfFile(name)]++
			checkDamage(t, where, name, got, err, want)
		}
	}
	for _, kind := range []string{"log", "sst", "MANIFEST", "OPTIONS"} {
		if kinds[kind] == 0 {
			t.Errorf("no byte of a file of kind %s was flipped: %v", kind, kinds)
		}
	}
}

// checkDamage wants the records whole, or a typed error that blames the file.
// The last commit of the log is the exception: what is unreadable at its very
// end is what a crash in the middle of a write leaves, and was not acknowledged.
func checkDamage(t *testing.T, where, name string, got []store.Record, err error, want []store.Record) {
	t.Helper()
	if err != nil {
		damaged := (*store.DamageError)(nil)
		if !errors.As(err, &damaged) {
			t.Errorf("%s: the error has no type: %v", where, err)
		} else if damaged.File != name && (damaged.File != "" || kindOfFile(name) != "OPTIONS") { // of which Pebble gives no name
			t.Errorf("%s: the error blames %q: %v", where, damaged.File, err)
		}
		return
	}
	lost := len(want) - len(got)
	if !slices.EqualFunc(got, want[:len(got)], storetest.SameRecord) || lost > 3 || lost > 0 && kindOfFile(name) != "log" {
		t.Errorf("%s: %d of %d records are read, and no error", where, len(got), len(want))
	}
}

func kindOfFile(name string) string {
	if kind, _, ok := strings.Cut(name, "-"); ok {
		return kind
	}
	return name[strings.LastIndex(name, ".")+1:]
}

// readThrough opens a store and reads all there is.
func readThrough(fs vfs.FS) (all []store.Record, err error) {
	s, err := Open(Options{Dir: "store", FS: fs})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if all, err = storetest.ReadAll(s, 1); err != nil {
		return nil, err
	}
	differences, err := s.Differences(context.Background())
	if err == nil && len(differences) > 0 {
		err = errors.New(strings.Join(differences, "; "))
	}
	return all, err
}

func readFile(t *testing.T, fs vfs.FS, path string) []byte {
	t.Helper()
	f, err := fs.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func flip(t *testing.T, fs vfs.FS, path string, at int) {
	t.Helper()
	b := readFile(t, fs, path)
	b[at] ^= 1 << (at % 8)
	f, err := fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

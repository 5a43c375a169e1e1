package live

import (
	"encoding/json"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// wreck is what a killed service left, with files of every kind, and what is
// in there.
type wreck struct {
	dir  string
	want *oracle
}

// newWreck writes in two lives, the second of which ends without closing. Its
// very last record is nobody's: damage there is what a kill in the middle of a
// write leaves, and no store can tell.
func newWreck(t *testing.T) wreck {
	t.Helper()
	const steps = 40
	o := options(t, filepath.Join(t.TempDir(), "store"), newClock())
	script := newScript(0, true)
	write := func(s *Service, from, to int) {
		for n := from; n < to; n++ {
			if err := script.do(t.Context(), s, n); err != nil {
				t.Fatal(err)
			}
		}
	}
	first, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	write(first, 0, steps/2)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	s := open(t, o)
	write(s, steps/2, steps-5)
	if err := s.SaveState(); err != nil {
		t.Fatal(err)
	}
	write(s, steps-5, steps)
	if err := s.PutCreator(t.Context(), reel.Creator{ID: 9}); err != nil {
		t.Fatal(err)
	}
	w := wreck{filepath.Join(t.TempDir(), "left"), newOracle(script)}
	w.want.advance(steps)
	if err := os.CopyFS(w.dir, os.DirFS(o.Dir)); err != nil {
		t.Fatal(err)
	}
	return w
}

// files are the names of all files that hold something.
func (w wreck) files(t *testing.T) (names []string) {
	t.Helper()
	err := filepath.WalkDir(w.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if at, err := entry.Info(); err == nil && at.Size() > 0 {
			name, _ := filepath.Rel(w.dir, path)
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// readThrough opens a copy in which a byte is changed, and returns an error
// unless all is there.
func (w wreck) readThrough(t *testing.T, file string, at int) (err error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(w.dir)); err != nil {
		t.Fatal(err)
	}
	flip(t, filepath.Join(dir, file), at)
	s, err := Open(t.Context(), options(t, dir, newClock()))
	if err != nil {
		return err
	}
	defer s.Close()
	if err := w.want.difference(t.Context(), s); err != nil {
		return err
	}
	again, err := s.replay(t.Context())
	if err != nil {
		return err
	}
	if d := s.world.Difference(again); d != "" {
		return errors.New("the counts are not those of the log: " + d)
	}
	return nil
}

func flip(t *testing.T, path string, at int) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content[at] ^= 1 << (at % 8)
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestFlippedByteIsFoundOrHarmless(t *testing.T) {
	w := newWreck(t)
	random := rand.New(rand.NewPCG(3, 4))
	var kinds []string
	for _, name := range w.files(t) {
		at, err := os.Stat(filepath.Join(w.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, kindOfFile(name))
		inLog := filepath.Dir(name) == logFolder
		for range 4 {
			where := random.IntN(int(at.Size()))
			err := w.readThrough(t, name, where)
			damaged := (*store.DamageError)(nil)
			if err != nil && !(inLog && errors.As(err, &damaged)) { // the state can always be made anew
				t.Errorf("byte %d of %s: %v", where, name, err)
			}
		}
	}
	for _, kind := range []string{"log", "sst", "MANIFEST", "OPTIONS", stateFile, countersFile, togetherFile} {
		if !slices.Contains(kinds, kind) {
			t.Errorf("no byte of a %s was flipped, but of %v", kind, kinds)
		}
	}
}

// kindOfFile is the first word of 'MANIFEST-000001', the extension of
// '000004.sst', and the whole name of a file of the state.
func kindOfFile(path string) string {
	name := filepath.Base(path)
	if filepath.Dir(path) != logFolder {
		return name
	}
	if kind, _, ok := strings.Cut(name, "-"); ok {
		return kind
	}
	return strings.TrimPrefix(filepath.Ext(name), ".")
}

func TestEveryDigitOfTheSavedStateIsChecked(t *testing.T) {
	w := newWreck(t)
	path := filepath.Join(stateFolder, stateFile)
	content, err := os.ReadFile(filepath.Join(w.dir, path))
	if err != nil {
		t.Fatal(err)
	}
	for at, b := range content {
		if b < '0' || b > '9' || at%3 > 0 { // a third of them takes long enough
			continue
		}
		if err := w.readThrough(t, path, at); err != nil {
			t.Errorf("byte %d of %s: %v", at, content, err)
		}
	}
}

// halfSeeded leaves a directory in which the bundle's data are on their way.
func halfSeeded(t *testing.T) Options {
	t.Helper()
	o := options(t, t.TempDir(), newClock())
	s, err := openStore(o)
	if err != nil {
		t.Fatal(err)
	}
	about, err := json.Marshal(seeding{Reels: len(tiny().Reels), Interactions: len(tiny().Interactions)})
	if err != nil {
		t.Fatal(err)
	}
	if err := writeSynced(filepath.Join(o.Dir, seedingFile), about); err != nil {
		t.Fatal(err)
	}
	if err := s.appendAll(t.Context(), tiny().Reels, tiny().Interactions[:100]); err != nil {
		t.Fatal(err)
	}
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	return o
}

// checkSeeded wants all of the bundle's data in a service, once.
func checkSeeded(t *testing.T, s *Service) {
	t.Helper()
	if got, want := int(s.store.Last()), len(tiny().Reels)+len(tiny().Interactions); got != want {
		t.Errorf("the log has %d records, want %d", got, want)
	}
	bundled, err := recommend.Load(t.Context(), s.options.Bundle)
	if err != nil {
		t.Fatal(err)
	}
	for _, user := range everybody()[:5] {
		want, err := bundled.Recommend(t.Context(), recommend.Request{User: user, K: 10})
		if err != nil {
			t.Fatal(err)
		}
		if got := ask(t, s, user); !slices.Equal(answers(got), answers(want)) {
			t.Errorf("user %d: %v, want %v", user, answers(got), answers(want))
		}
	}
}

func TestFirstStartThatWasKilledIsTakenUp(t *testing.T) {
	checkSeeded(t, open(t, halfSeeded(t)))
}

func TestFirstStartThatWasKilledBeforeItsFirstRecordBeginsAnew(t *testing.T) {
	for _, left := range []string{"", `{"reels":3`, `{"reels":3,"interactions":4}`} {
		o := options(t, t.TempDir(), newClock())
		if err := os.WriteFile(filepath.Join(o.Dir, seedingFile), []byte(left), 0o644); err != nil {
			t.Fatal(err)
		}
		checkSeeded(t, open(t, o))
	}
}

func TestDamagedNoteOfAFirstStartIsRefusedOrHarmless(t *testing.T) {
	half := halfSeeded(t)
	whole, err := os.ReadFile(filepath.Join(half.Dir, seedingFile))
	if err != nil {
		t.Fatal(err)
	}
	for at := range whole {
		o := half
		o.Dir = t.TempDir()
		if err := os.CopyFS(o.Dir, os.DirFS(half.Dir)); err != nil {
			t.Fatal(err)
		}
		flip(t, filepath.Join(o.Dir, seedingFile), at)
		s, err := Open(t.Context(), o)
		switch {
		case err == nil: // a letter of a name in the other case
			checkSeeded(t, s)
			s.Close()
		case !strings.Contains(err.Error(), o.Dir):
			t.Errorf("byte %d: the error does not name the directory: %v", at, err)
		}
	}
}

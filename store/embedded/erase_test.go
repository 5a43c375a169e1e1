package embedded

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/cockroachdb/pebble/v2"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

func TestNoFileHoldsWhatWasErased(t *testing.T) {
	const marker = "device-of-the-erased-user"
	dir := t.TempDir()
	options := Options{Dir: dir, NoCompression: true, tune: func(o *pebble.Options) {
		smallTables(o)
		for i := range o.TargetFileSizes {
			o.TargetFileSizes[i] = 4 << 10
		}
		o.DisableAutomaticCompactions = true // which might do by chance what Erase has to
	}}
	s := openAt(t, options)
	ctx := context.Background()
	write := func(times int) {
		for i := range times {
			theirs := store.Event{ID: marker, Slate: marker, Interaction: reel.Interaction{User: 1, Reel: reel.ReelID(i), Context: reel.Context{Device: marker, Place: marker}}}
			others := store.Event{Interaction: reel.Interaction{User: reel.UserID(2 + i%5), Reel: reel.ReelID(i), Context: reel.Context{Device: "android"}}}
			slate := store.SlateServed{User: 1, ID: marker, Context: reel.Context{Device: marker}}
			theirs.ID = ""
			if i%3 == 0 {
				theirs.ID = marker + string(rune('a'+i%26))
			}
			if _, err := s.Append(ctx, theirs, others, slate, others, others, others); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(200)
	if err := s.db.Compact(ctx, []byte{0}, []byte{0xff}, false); err != nil { // into many small tables
		t.Fatal(err)
	}
	s.Close()
	s = openAt(t, options) // tables of an earlier run, and a log of this one
	write(50)
	if len(filesHolding(t, dir, marker)) == 0 {
		t.Fatal("the marker is nowhere to begin with: this test finds nothing")
	}
	if err := s.Erase(ctx, 1); err != nil {
		t.Fatal(err)
	}
	if found := filesHolding(t, dir, marker); len(found) > 0 {
		t.Errorf("after the erasure %v hold it", found)
	}
	p, known, err := s.Profile(ctx, 2)
	if err != nil || !known || p.Total != 50*4 {
		t.Errorf("the profile of another user: %+v, %v", p, err)
	}
	if differences, err := s.Differences(ctx); err != nil || len(differences) > 0 {
		t.Errorf("%q, %v", differences, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if found := filesHolding(t, dir, marker); len(found) > 0 {
		t.Errorf("after closing %v hold it", found)
	}
}

// filesHolding lists the files of a directory that hold a text.
func filesHolding(t *testing.T, dir, text string) (found []string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte(text)) {
			found = append(found, f.Name())
		}
	}
	return found
}

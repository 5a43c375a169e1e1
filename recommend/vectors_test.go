package recommend

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/reelrank/reelrank/reel"
)

// TestASavedIndexAnswersInAnotherOrderOfReels saves an index whose reels came
// in another order than they are read in again, with some put and deleted
// since.
func TestASavedIndexAnswersInAnotherOrderOfReels(t *testing.T) {
	bundle, saved := savedTiny(t), t.TempDir()
	reels := slices.Clone(tiny().Reels)
	slices.SortFunc(reels, func(a, b reel.Reel) int { return int(a.ID - b.ID) })
	w := worldAfter(t, reels[100:])
	onto(t, bundle, w)
	if err := w.PutReels(t.Context(), reels[:100]...); err != nil {
		t.Fatal(err)
	}
	if err := w.SaveVectors(saved, 0); err != nil {
		t.Fatal(err)
	}
	changed := reels[50]
	changed.Video, changed.Text = nil, nil
	now := append(slices.Clone(reels[:50]), changed)
	now = append(now, reels[52:]...) // the one before was deleted
	now = append(now, reel.Reel{ID: reels[len(reels)-1].ID + 1, Creator: 3, Duration: 12})

	again := worldAfter(t, now)
	again.UseVectors(SavedVectors{Dir: saved, Changed: map[reel.ReelID]bool{changed.ID: true}, Trouble: func(err error) { t.Error(err) }})
	fromFile, anew := onto(t, bundle, again), onto(t, bundle, worldAfter(t, now))
	sameAnswers(t, fromFile, anew)
	x := fromFile.engine.Load().vectors
	if x.Len() != len(now) {
		t.Errorf("%d vectors, want %d", x.Len(), len(now))
	}
}

func TestADamagedIndexIsBuiltAnew(t *testing.T) {
	bundle, saved := savedTiny(t), t.TempDir()
	w := worldAfter(t, tiny().Reels)
	onto(t, bundle, w)
	if err := w.SaveVectors(saved, 0); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(saved)
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		path := filepath.Join(saved, f.Name())
		sound, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		broken := slices.Clone(sound)
		broken[len(broken)/2] ^= 1
		if err := os.WriteFile(path, broken, 0o600); err != nil {
			t.Fatal(err)
		}
		var trouble error
		again := worldAfter(t, tiny().Reels)
		again.UseVectors(SavedVectors{Dir: saved, Trouble: func(err error) { trouble = err }})
		sameAnswers(t, onto(t, bundle, again), onto(t, bundle, worldAfter(t, tiny().Reels)))
		if trouble == nil {
			t.Errorf("nobody hears of the damage in %s", f.Name())
		}
		if err := os.WriteFile(path, sound, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

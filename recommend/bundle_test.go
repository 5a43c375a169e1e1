package recommend

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/dataset"
	"github.com/reelrank/reelrank/model/bundle"
	"github.com/reelrank/reelrank/train"
)

// saved saves a recommender into a directory of the test's own.
func saved(t testing.TB, r *Recommender) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "bundle")
	if err := r.Save(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func loaded(t testing.TB, dir string) *Recommender {
	t.Helper()
	r, err := Load(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return unhurried(t, r)
}

// files reads a directory.
func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	content := map[string][]byte{}
	for _, entry := range entries {
		if content[entry.Name()], err = os.ReadFile(filepath.Join(dir, entry.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return content
}

func TestAReloadAnswersBitIdentically(t *testing.T) {
	before := fitted(t)
	after := loaded(t, saved(t, before))
	for _, user := range append(users(tiny().Interactions), stranger) {
		req := Request{User: user, K: 20}
		a, b := slate(t, before, req), slate(t, after, req)
		if !slices.Equal(answers(a), answers(b)) || a.KnownUser != b.KnownUser || a.ModelVersion != b.ModelVersion {
			t.Fatalf("user %d: %v, before saving %v", user, answers(b), answers(a))
		}
		for i := range a.Items {
			x, y := a.Items[i], b.Items[i]
			if !slices.Equal(x.Reasons, y.Reasons) || !slices.Equal(x.Steps, y.Steps) || !slices.Equal(x.Sources, y.Sources) {
				t.Fatalf("user %d, reel %d: %+v, before saving %+v", user, x.Reel, y, x)
			}
		}
	}
	for n, it := range tiny().Interactions {
		if n%10 != 0 {
			continue
		}
		a, b := prediction(t, before, it.User, it.Reel), prediction(t, after, it.User, it.Reel)
		if a.Predictions != b.Predictions || a.Score != b.Score {
			t.Fatalf("user %d, reel %d: %v, before saving %v", it.User, it.Reel, b, a)
		}
	}
}

func TestSavingTwiceGivesEqualBytes(t *testing.T) {
	r := fitted(t)
	first := saved(t, r)
	again := saved(t, r)
	reloaded := saved(t, loaded(t, first))
	want := files(t, first)
	for _, dir := range []string{again, reloaded} {
		got := files(t, dir)
		if len(got) != len(want) {
			t.Errorf("%d files, want %d", len(got), len(want))
		}
		for name := range want {
			if !bytes.Equal(got[name], want[name]) {
				t.Errorf("%s differs", name)
			}
		}
	}
}

func TestABundleTellsNothingOfTheMachine(t *testing.T) {
	cfg := brief()
	cfg.Train.Epochs, cfg.Train.CheckpointDir = 1, filepath.Join(t.TempDir(), "checkpoints")
	dir := saved(t, fit(t, cfg, part(len(tiny().Interactions)/4)))
	if manifest := files(t, dir)[bundle.ManifestFile]; bytes.Contains(manifest, []byte(cfg.Train.CheckpointDir)) {
		t.Error("the manifest holds the checkpoints' directory, so equal runs give different bundles")
	}
}

func TestSaveReplacesABundleAndNothingElse(t *testing.T) {
	r := fitted(t)
	dir := saved(t, r)
	if err := r.Save(t.Context(), dir); err != nil {
		t.Error(err)
	}
	other := filepath.Join(t.TempDir(), "holiday")
	if err := os.MkdirAll(other, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(other, "photo.jpg"), []byte("beach"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := r.Save(t.Context(), other); err == nil || !strings.Contains(err.Error(), other) {
		t.Errorf("saved over a folder of something else: %v", err)
	}
	if got := files(t, other); string(got["photo.jpg"]) != "beach" {
		t.Error("the folder was changed")
	}
}

func TestAnInterruptedSaveLeavesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	parent := t.TempDir()
	if err := fitted(t).Save(ctx, filepath.Join(parent, "bundle")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if left := files(t, parent); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestSaveWithoutAModel(t *testing.T) {
	if err := New(brief()).Save(t.Context(), filepath.Join(t.TempDir(), "bundle")); !errors.Is(err, ErrNotFitted) {
		t.Errorf("got %v", err)
	}
}

// restored writes a bundle's files anew, with one of them changed.
func restored(t *testing.T, dir string, good map[string][]byte, name string, change func([]byte) []byte) {
	t.Helper()
	for file, content := range good {
		if file == name {
			content = change(bytes.Clone(content))
		}
		if err := os.WriteFile(filepath.Join(dir, file), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// resealed puts a changed manifest under a fitting checksum.
func resealed(t *testing.T, dir string, good map[string][]byte, change func(manifest map[string]any)) {
	t.Helper()
	restored(t, dir, good, bundle.ManifestFile, func(text []byte) []byte {
		var m map[string]any
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&m); err != nil {
			t.Fatal(err)
		}
		change(m)
		text, err := json.MarshalIndent(m, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		return append(text, '\n')
	})
	text, err := os.ReadFile(filepath.Join(dir, bundle.ManifestFile))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	line := hex.EncodeToString(sum[:]) + "  " + bundle.ManifestFile + "\n"
	if err := os.WriteFile(filepath.Join(dir, bundle.ChecksumFile), []byte(line), 0o644); err != nil {
		t.Fatal(err)
	}
}

// refused checks that a bundle does not load, and that the error names the
// directory once and the file.
func refused(t *testing.T, dir, file string) error {
	t.Helper()
	r, err := Load(t.Context(), dir)
	if err == nil {
		t.Errorf("%s: it was loaded", file)
		return nil
	}
	if r != nil {
		t.Errorf("%s: half a recommender came with the error", file)
	}
	if !strings.Contains(err.Error(), file) || strings.Count(err.Error(), dir) != 1 {
		t.Errorf("the error does not name %s once and %s: %v", dir, file, err)
	}
	return err
}

func TestLoadRefusesADamagedFile(t *testing.T) {
	dir := saved(t, fitted(t))
	good := files(t, dir)
	for _, name := range []string{bundle.ManifestFile, bundle.ChecksumFile, bundle.WeightsFile, dataset.InteractionsFile, dataset.ReelsFile} {
		if _, ok := good[name]; !ok {
			t.Fatalf("the bundle has no %s", name)
		}
		restored(t, dir, good, name, func(b []byte) []byte { return b[:len(b)/2] })
		err := refused(t, dir, name)
		var file *bundle.FileError
		if !errors.As(err, &file) || file.File != name {
			t.Errorf("%s truncated: %v", name, err)
		}
		restored(t, dir, good, name, func(b []byte) []byte { b[len(b)/2] ^= 1; return b })
		refused(t, dir, name)
		restored(t, dir, good, "", nil)
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if err := refused(t, dir, name); !errors.Is(err, bundle.ErrMissing) {
			t.Errorf("%s removed: %v", name, err)
		}
	}
	restored(t, dir, good, "", nil)
	if _, err := Load(t.Context(), dir); err != nil {
		t.Errorf("the whole bundle: %v", err)
	}
}

func TestLoadRefusesAManifestThatIsNotItsOwn(t *testing.T) {
	dir := saved(t, fitted(t))
	good := files(t, dir)
	section := func(m map[string]any, path ...string) map[string]any {
		for _, key := range path {
			m = m[key].(map[string]any)
		}
		return m
	}
	for _, c := range []struct {
		name, file string
		change     func(m map[string]any)
	}{
		{"another format version", bundle.ManifestFile, func(m map[string]any) { m["format_version"] = 2 }},
		{"a setting that no version knows", bundle.ManifestFile, func(m map[string]any) { section(m, "config")["telepathy"] = true }},
		{"no preprocessing", bundle.ManifestFile, func(m map[string]any) { m["pipeline"] = map[string]any{} }},
		{"other sizes than the weights", bundle.WeightsFile, func(m map[string]any) { section(m, "config", "model")["hidden"] = 32 }},
	} {
		resealed(t, dir, good, c.change)
		if err := refused(t, dir, c.file); err == nil {
			t.Errorf("%s was accepted", c.name)
		}
	}
	resealed(t, dir, good, func(map[string]any) {})
	if _, err := Load(t.Context(), dir); err != nil {
		t.Errorf("unchanged, but sealed anew: %v", err)
	}
}

func TestLoadRefusesACheckpoint(t *testing.T) {
	cfg := withCheckpoints(t)
	if err := interrupt(t, New(cfg), 1, 1); !errors.Is(err, train.ErrInterrupted) {
		t.Fatal(err)
	}
	_, err := Load(t.Context(), filepath.Join(cfg.Train.CheckpointDir, "latest"))
	if err == nil || !strings.Contains(err.Error(), "checkpoint, not a bundle") {
		t.Errorf("got %v", err)
	}
}

func TestLoadOfNothingSaysWhatToDo(t *testing.T) {
	err := refused(t, filepath.Join(t.TempDir(), "nowhere"), bundle.ManifestFile)
	if !errors.Is(err, bundle.ErrMissing) || !strings.Contains(err.Error(), "train a model first") {
		t.Errorf("got %v", err)
	}
}

func TestLoadStopsWithItsContext(t *testing.T) {
	dir := saved(t, fitted(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Load(ctx, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestLoadWithServesByTheAdjustedSettings(t *testing.T) {
	dir := saved(t, fitted(t))
	var own config.Config
	r, err := LoadWith(t.Context(), dir, func(c config.Config) (config.Config, error) {
		own = c
		c.Rerank.MaxPerCreator = 1
		return c, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if own.Rerank.MaxPerCreator != brief().Rerank.MaxPerCreator || own.Model.Preset != "compact" {
		t.Errorf("adjust was given %+v, want the settings that the model was fitted with", own)
	}
	unhurried(t, r)
	for _, user := range users(tiny().Interactions) {
		s := slate(t, r, Request{User: user, K: 10})
		if got := mostOfOneCreator(s); got > 1 && !slices.Contains(s.Relaxed, "max_per_creator") {
			t.Fatalf("user %d: %d reels of one creator", user, got)
		}
	}
	wrong := errors.New("no such setting")
	if _, err := LoadWith(t.Context(), dir, func(c config.Config) (config.Config, error) { return c, wrong }); !errors.Is(err, wrong) {
		t.Errorf("adjust failed, and LoadWith gave %v", err)
	}
	_, err = LoadWith(t.Context(), dir, func(c config.Config) (config.Config, error) { c.Retrieve.Candidates = 0; return c, nil })
	if err == nil || !strings.Contains(err.Error(), "retrieve.candidates") {
		t.Errorf("adjust made it impossible, and LoadWith gave %v", err)
	}
}

func TestDescribe(t *testing.T) {
	seed, err := DescribePreset("seed")
	if err != nil || seed.Total != 2_480_517 {
		t.Errorf("the seed preset has %d parameters (%v), want 2,480,517", seed.Total, err)
	}
	for _, table := range []ModelTable{seed} {
		sum := 0
		for _, row := range table.Rows {
			sum += row.Parameters
		}
		if sum != table.Total {
			t.Errorf("%s: the rows add up to %d, the total is %d", table.Title, sum, table.Total)
		}
	}
	if _, err := DescribePreset("huge"); err == nil || !strings.Contains(err.Error(), "compact, default, seed") {
		t.Errorf("an unknown preset: %v, want the known ones", err)
	}
	r := fitted(t)
	own, err := DescribeBundle(saved(t, r))
	if err != nil || own.Total != r.Facts().Parameters || !strings.Contains(own.Title, r.Facts().ModelVersion) {
		t.Errorf("the bundle's table is %q with %d parameters (%v), want %d", own.Title, own.Total, err, r.Facts().Parameters)
	}
	if _, err := DescribeBundle(t.TempDir()); !errors.Is(err, bundle.ErrMissing) {
		t.Errorf("no bundle: %v", err)
	}
}

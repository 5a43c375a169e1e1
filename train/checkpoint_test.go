package train

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/model/bundle"
)

// resumable is a world whose epochs have a handful of steps, and the settings
// of a run over it.
func resumable(t testing.TB) (w *world, ex *Examples, cfg config.Train) {
	w, cfg = newWorld(61, 6, 24, 240), tinyTrain()
	cfg.BatchEvents = 72
	return w, w.prepare(t), cfg
}

// stopAfter runs a trainer and cancels at the n-th report, counted from 1. It
// returns the error, nil where the run was done before.
func stopAfter(trainer *Trainer, n int) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, err := trainer.Run(ctx, func(Progress) {
		if n--; n == 0 {
			cancel()
		}
	})
	return err
}

// checkpointDir is where the trainer's checkpoint lies.
func checkpointDir(t *Trainer) string { return filepath.Join(t.cfg.CheckpointDir, checkpointName) }

func TestAResumedRunEqualsOneThatWasNotStopped(t *testing.T) {
	w, ex, cfg := resumable(t)
	reports := 0
	straight := mustTrainer(t, newModel(t, tinyModel, 1), ex, cfg, w.parts())
	mustRun(t, straight, func(Progress) { reports++ })
	want, finished := straight.standing(), weights(straight.m)
	if reports < 8 {
		t.Fatalf("the run has %d reports only", reports)
	}
	for _, every := range []int{0, 2} {
		for stop := 1; stop < reports; stop += 1 + every {
			cfg.CheckpointDir, cfg.CheckpointEvery = t.TempDir(), every
			first := mustTrainer(t, newModel(t, tinyModel, 1), ex, cfg, w.parts())
			if err := stopAfter(first, stop); stop < reports-1 && !errors.Is(err, ErrInterrupted) {
				t.Fatalf("stopped at report %d: the error is %v", stop, err)
			}
			second := mustTrainer(t, newModel(t, tinyModel, 99), ex, cfg, w.parts()) // its own weights are of no account
			if err := second.Resume(); err != nil {
				t.Fatalf("stopped at report %d: %v", stop, err)
			}
			r := mustRun(t, second, nil)
			checkSameStanding(t, "resumed", second.standing(), want)
			if !sameBits(weights(second.m), finished) || r.BestEpoch != straight.state.BestEpoch || len(r.Epochs) != cfg.Epochs {
				t.Errorf("stopped at report %d, checkpoints every %d: the resumed run ends otherwise", stop, every)
			}
			if t.Failed() {
				return
			}
		}
	}
}

// A run that is stopped at every step and resumed each time is still the same.
func TestARunOfManyPiecesEqualsOneThatWasNotStopped(t *testing.T) {
	w, ex, cfg := resumable(t)
	straight := mustTrainer(t, newModel(t, tinyModel, 1), ex, cfg, w.parts())
	mustRun(t, straight, nil)
	cfg.CheckpointDir = t.TempDir()
	err := stopAfter(mustTrainer(t, newModel(t, tinyModel, 1), ex, cfg, w.parts()), 1)
	pieces := 1
	var last *Trainer
	for ; errors.Is(err, ErrInterrupted) && pieces < 100; pieces++ {
		last = mustTrainer(t, newModel(t, tinyModel, 7), ex, cfg, w.parts())
		if err := last.Resume(); err != nil {
			t.Fatal(err)
		}
		err = stopAfter(last, 1)
	}
	if err != nil || pieces < 6 {
		t.Fatalf("%d pieces, then %v", pieces, err)
	}
	checkSameStanding(t, "in pieces", last.standing(), straight.standing())
}

// A process that dies leaves the last checkpoint that it wrote by itself.
func TestARunThatDiedGoesOnFromItsLastCheckpoint(t *testing.T) {
	w, ex, cfg := resumable(t)
	cfg.CheckpointEvery = 2
	straight := mustTrainer(t, newModel(t, tinyModel, 1), ex, cfg, w.parts())
	mustRun(t, straight, nil)
	want := straight.standing()

	cfg.CheckpointDir = t.TempDir()
	left := map[int]string{} // a copy of the checkpoint as it was at each step
	steps := 0
	first := mustTrainer(t, newModel(t, tinyModel, 1), ex, cfg, w.parts())
	mustRun(t, first, func(p Progress) {
		if steps++; steps < 3 {
			return // none is written yet
		}
		left[steps] = t.TempDir()
		if err := os.CopyFS(filepath.Join(left[steps], checkpointName), os.DirFS(checkpointDir(first))); err != nil {
			t.Fatal(err)
		}
	})
	for step, dir := range left {
		moved := cfg
		moved.CheckpointDir, moved.CheckpointEvery = dir, 5 // where and how often is free to change
		second := mustTrainer(t, newModel(t, tinyModel, 7), ex, moved, w.parts())
		if err := second.Resume(); err != nil {
			t.Fatalf("dead after report %d: %v", step, err)
		}
		if second.state.Updates == 0 || second.state.Updates >= step+1 {
			t.Errorf("dead after report %d: the run goes on from update %d", step, second.state.Updates)
		}
		mustRun(t, second, nil)
		checkSameStanding(t, "after its death", second.standing(), want)
	}
}

func TestAFinishedRunResumesToItsResult(t *testing.T) {
	w, ex, cfg := resumable(t)
	cfg.CheckpointDir = t.TempDir()
	first := mustTrainer(t, newModel(t, tinyModel, 1), ex, cfg, w.parts())
	want := mustRun(t, first, nil)
	second := mustTrainer(t, newModel(t, tinyModel, 7), ex, cfg, w.parts())
	if err := second.Resume(); err != nil {
		t.Fatal(err)
	}
	got := mustRun(t, second, func(p Progress) { t.Errorf("a finished run trains on: %+v", p) })
	if got.BestEpoch != want.BestEpoch || !sameBits(weights(second.m), weights(first.m)) {
		t.Error("the result is another")
	}
}

func TestAnInterruptedRunSaysWhereItStands(t *testing.T) {
	w, ex, cfg := resumable(t)
	err := stopAfter(mustTrainer(t, newModel(t, tinyModel, 1), ex, cfg, w.parts()), 2)
	if !errors.Is(err, ErrInterrupted) || !strings.Contains(err.Error(), "epoch 1") || !strings.Contains(err.Error(), "train.checkpoint_dir is not set") {
		t.Errorf("without a directory the error is %v", err)
	}

	cfg.CheckpointDir = filepath.Join(t.TempDir(), "not", "there", "yet")
	trainer := mustTrainer(t, newModel(t, tinyModel, 1), ex, cfg, w.parts())
	err = stopAfter(trainer, 2)
	if !errors.Is(err, ErrInterrupted) || !strings.Contains(err.Error(), cfg.CheckpointDir) || !strings.Contains(err.Error(), "after 2 steps") {
		t.Errorf("with a directory the error is %v", err)
	}
	b, err := bundle.Open(checkpointDir(trainer))
	if err != nil {
		t.Fatalf("its checkpoint does not load: %v", err)
	}
	if b.Manifest.Kind != bundle.KindCheckpoint || b.Manifest.Preset != "tiny" {
		t.Errorf("its checkpoint is a %s of %s", b.Manifest.Kind, b.Manifest.Preset)
	}

	occupied := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(occupied, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cfg.CheckpointDir = occupied
	err = stopAfter(mustTrainer(t, newModel(t, tinyModel, 1), ex, cfg, w.parts()), 2)
	if !errors.Is(err, ErrInterrupted) || !strings.Contains(err.Error(), "its checkpoint failed") || !strings.Contains(err.Error(), occupied) {
		t.Errorf("where no checkpoint can be written the error is %v", err)
	}
}

func TestARunThatIsStoppedBeforeItBeginsCanBeResumed(t *testing.T) {
	w, ex, cfg := resumable(t)
	cfg.CheckpointDir = t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	first := mustTrainer(t, newModel(t, tinyModel, 1), ex, cfg, w.parts())
	if _, err := first.Run(ctx, nil); !errors.Is(err, ErrInterrupted) {
		t.Fatalf("the error is %v", err)
	}
	second := mustTrainer(t, newModel(t, tinyModel, 7), ex, cfg, w.parts())
	if err := second.Resume(); err != nil {
		t.Fatal(err)
	}
	checkSameStanding(t, "before the first step", second.standing(), first.standing())
}

// stopped leaves a checkpoint in the middle of the first epoch.
func stopped(t *testing.T) (w *world, cfg config.Train) {
	t.Helper()
	w, ex, cfg := resumable(t)
	cfg.CheckpointDir = t.TempDir()
	if err := stopAfter(mustTrainer(t, newModel(t, tinyModel, 1), ex, cfg, w.parts()), 2); !errors.Is(err, ErrInterrupted) {
		t.Fatal(err)
	}
	return w, cfg
}

func TestTheCheckpointOfAnotherRunIsRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(w *world, m *model.Config, cfg *config.Train, seed *uint64, parts *Parts)
	}{
		{"seed", func(_ *world, _ *model.Config, _ *config.Train, seed *uint64, _ *Parts) { *seed = 2 }},
		{"epochs", func(_ *world, _ *model.Config, cfg *config.Train, _ *uint64, _ *Parts) { cfg.Epochs++ }},
		{"learning rate", func(_ *world, _ *model.Config, cfg *config.Train, _ *uint64, _ *Parts) { cfg.LearningRate *= 2 }},
		{"dropout", func(_ *world, m *model.Config, _ *config.Train, _ *uint64, _ *Parts) { m.Dropout = 0.2 }},
		{"width", func(_ *world, m *model.Config, _ *config.Train, _ *uint64, _ *Parts) { m.Hidden++ }},
		{"training part", func(_ *world, _ *model.Config, _ *config.Train, _ *uint64, parts *Parts) { parts.Train-- }},
		{"a watch time", func(w *world, _ *model.Config, _ *config.Train, _ *uint64, _ *Parts) { w.log[50].Watch = 0.123 }},
		{"a signal", func(w *world, _ *model.Config, _ *config.Train, _ *uint64, _ *Parts) { w.log[50].Signals ^= 1 << 5 }},
		{"a place", func(w *world, _ *model.Config, _ *config.Train, _ *uint64, _ *Parts) { w.log[50].Context.Place = "JP" }},
		{"a reel's content", func(w *world, _ *model.Config, _ *config.Train, _ *uint64, _ *Parts) { w.reels[3].Video[5]++ }},
		{"a reel's upload", func(w *world, _ *model.Config, _ *config.Train, _ *uint64, _ *Parts) { w.reels[23].Uploaded += 1 }},
	} {
		w, cfg := stopped(t)
		sizes, seed, parts := tinyModel, uint64(1), w.parts()
		c.change(w, &sizes, &cfg, &seed, &parts)
		m := newModel(t, sizes, 7)
		trainer, err := New(m, w.prepare(t), cfg, seed, parts)
		if err != nil {
			t.Fatal(err)
		}
		before := trainer.standing()
		if err := trainer.Resume(); !errors.Is(err, ErrOtherRun) || !strings.Contains(err.Error(), cfg.CheckpointDir) {
			t.Errorf("another %s: the error is %v", c.name, err)
		}
		checkSameStanding(t, "refused for another "+c.name, trainer.standing(), before)
	}
}

func TestADamagedCheckpointIsRefusedByName(t *testing.T) {
	flip := func(b []byte) []byte {
		b = bytes.Clone(b)
		b[len(b)/2] ^= 1
		return b
	}
	half := func(b []byte) []byte { return b[:len(b)/2] }
	for _, file := range []string{stateFile, bundle.WeightsFile, "manifest.json"} {
		for name, damage := range map[string]func([]byte) []byte{"flipped": flip, "cut short": half, "gone": nil} {
			w, cfg := stopped(t)
			path := filepath.Join(cfg.CheckpointDir, checkpointName, file)
			if damage == nil {
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
			} else {
				content, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, damage(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			trainer := mustTrainer(t, newModel(t, tinyModel, 7), w.prepare(t), cfg, w.parts())
			before := trainer.standing()
			if err := trainer.Resume(); err == nil || !strings.Contains(err.Error(), file) {
				t.Errorf("%s %s: the error is %v", file, name, err)
			}
			checkSameStanding(t, file+" "+name, trainer.standing(), before)
		}
	}
}

// A checkpoint with sound checksums can still hold what no run can stand at.
func TestAnImpossibleStateIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(s *state){
		"best epoch of the future": func(s *state) { s.BestEpoch = 99 },
		"negative step":            func(s *state) { s.Step = -1 },
		"negative updates":         func(s *state) { s.Updates = -5 },
	} {
		w, ex, cfg := resumable(t)
		cfg.CheckpointDir = t.TempDir()
		trainer := mustTrainer(t, newModel(t, tinyModel, 1), ex, cfg, w.parts())
		spoil(&trainer.state)
		if err := trainer.Checkpoint(); err != nil {
			t.Fatal(err)
		}
		if err := mustTrainer(t, newModel(t, tinyModel, 1), ex, cfg, w.parts()).Resume(); err == nil || !strings.Contains(err.Error(), stateFile) {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
}

func TestOnlyACheckpointIsResumed(t *testing.T) {
	w, ex, cfg := resumable(t)
	resume := func() error { return mustTrainer(t, newModel(t, tinyModel, 1), ex, cfg, w.parts()).Resume() }
	if err := resume(); err == nil || !strings.Contains(err.Error(), "train.checkpoint_dir is not set") {
		t.Errorf("without a directory the error is %v", err)
	}
	cfg.CheckpointDir = t.TempDir()
	if err := resume(); err == nil || !strings.Contains(err.Error(), cfg.CheckpointDir) {
		t.Errorf("with an empty directory the error is %v", err)
	}
	out, err := bundle.Create(filepath.Join(cfg.CheckpointDir, checkpointName))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := out.AddTensors(newModel(t, tinyModel, 1).Tensors(), nil); err != nil {
		t.Fatal(err)
	}
	served := bundle.Manifest{Kind: bundle.KindBundle, Preset: "tiny", Config: []byte("{}"), Pipeline: []byte("{}"), Vocabulary: []byte("{}")}
	if _, err := out.Commit(served); err != nil {
		t.Fatal(err)
	}
	if err := resume(); err == nil || !strings.Contains(err.Error(), "not a checkpoint") {
		t.Errorf("with a served model in its place the error is %v", err)
	}
}

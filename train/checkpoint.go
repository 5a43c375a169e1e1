package train

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"

	"github.com/cespare/xxhash/v2"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/model/bundle"
)

// checkpointName is the directory within train.checkpoint_dir. Writing it
// anew replaces it as a whole, so there is always one that loads.
const checkpointName = "latest"

const stateFile = "state.json"

// Prefixes of a checkpoint's tensors.
const (
	weightPrefix = "weight/"
	bestPrefix   = "best/"
	meanPrefix   = "adam.m/"
	squarePrefix = "adam.v/"
)

// ErrOtherRun: the checkpoint belongs to a run with other settings or data.
var ErrOtherRun = errors.New("the checkpoint is of a run with other settings or data")

// run identifies what a checkpoint may be resumed with.
type run struct {
	Model model.Config `json:"model"`
	Train config.Train `json:"train"`
	Seed  uint64       `json:"seed"`
	Parts Parts        `json:"parts"`
	Data  string       `json:"data"` // hash of the interactions, the reels and their features
}

func (t *Trainer) run() run {
	if t.data == "" {
		t.data = t.ex.hash()
	}
	r := run{Model: t.m.Config, Train: t.cfg, Seed: t.seed, Parts: t.parts, Data: t.data}
	r.Train.CheckpointDir, r.Train.CheckpointEvery = "", 0 // where and how often does not change the result
	return r
}

// hash identifies the examples' data: the log, the reels, and the features of
// both, which depend on every other field and setting.
func (ex *Examples) hash() string {
	d := xxhash.New()
	var buf [32]byte
	for i := range ex.Interactions {
		it := &ex.Interactions[i]
		binary.LittleEndian.PutUint64(buf[0:], uint64(it.User))
		binary.LittleEndian.PutUint64(buf[8:], uint64(it.Reel))
		binary.LittleEndian.PutUint64(buf[16:], uint64(it.Time))
		binary.LittleEndian.PutUint32(buf[24:], math.Float32bits(float32(it.Watch)))
		binary.LittleEndian.PutUint16(buf[28:], uint16(it.Signals))
		binary.LittleEndian.PutUint16(buf[30:], uint16(it.Observed))
		_, _ = d.Write(buf[:]) // a hash never fails
	}
	for i := range int32(ex.Reels()) {
		r := ex.catalog.Reel(i)
		binary.LittleEndian.PutUint64(buf[0:], uint64(r.ID))
		binary.LittleEndian.PutUint64(buf[8:], uint64(r.Creator))
		binary.LittleEndian.PutUint64(buf[16:], uint64(r.Uploaded))
		_, _ = d.Write(buf[:24])
	}
	hashFloats(d, ex.content)
	hashFloats(d, ex.Context)
	return fmt.Sprintf("%016x", d.Sum64())
}

func hashFloats(d *xxhash.Digest, x []float32) {
	buf := make([]byte, 0, 4*feature.ReelDim)
	for lo := 0; lo < len(x); lo += feature.ReelDim {
		buf = buf[:0]
		for _, v := range x[lo:min(lo+feature.ReelDim, len(x))] {
			buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(v))
		}
		_, _ = d.Write(buf)
	}
}

// Checkpoint writes where the run stands to the configured directory. Without
// one it does nothing.
func (t *Trainer) Checkpoint() error {
	if t.cfg.CheckpointDir == "" {
		return nil
	}
	dir := filepath.Join(t.cfg.CheckpointDir, checkpointName)
	if err := t.writeCheckpoint(dir); err != nil {
		return fmt.Errorf("write checkpoint %s: %w", dir, err)
	}
	return nil
}

func (t *Trainer) writeCheckpoint(dir string) error {
	w, err := bundle.Create(dir)
	if err != nil {
		return err
	}
	defer w.Close()
	if err := w.AddTensors(t.tensors(), nil); err != nil {
		return err
	}
	if err := w.Add(stateFile, func(out io.Writer) error { return json.NewEncoder(out).Encode(t.state) }); err != nil {
		return err
	}
	cfg, err := json.Marshal(t.run())
	if err != nil {
		return err
	}
	_, err = w.Commit(bundle.Manifest{
		Kind: bundle.KindCheckpoint, Preset: t.m.Config.Preset, Config: cfg,
		Pipeline: json.RawMessage("{}"), Vocabulary: json.RawMessage("{}"),
	})
	return err
}

// tensors are all that a checkpoint holds; their Data is the live memory.
func (t *Trainer) tensors() []bundle.Tensor {
	var all []bundle.Tensor
	for _, w := range t.m.Tensors() {
		all = append(all, bundle.Tensor{Name: weightPrefix + w.Name, Shape: w.Shape, Data: w.Data})
		all = append(all, bundle.Tensor{Name: bestPrefix + w.Name, Shape: w.Shape, Data: t.best[w.Name]})
	}
	for i, p := range t.adam.Params {
		all = append(all, bundle.Tensor{Name: meanPrefix + p.Name, Shape: p.Shape, Data: t.adam.M[i]})
		all = append(all, bundle.Tensor{Name: squarePrefix + p.Name, Shape: p.Shape, Data: t.adam.V[i]})
	}
	return all
}

// Resume continues from the checkpoint in the configured directory. It
// returns ErrOtherRun where the settings or the data differ from the
// checkpoint's.
func (t *Trainer) Resume() error {
	if t.cfg.CheckpointDir == "" {
		return errors.New("resume: train.checkpoint_dir is not set: name the directory of the checkpoint")
	}
	dir := filepath.Join(t.cfg.CheckpointDir, checkpointName)
	b, err := bundle.Open(dir)
	if err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	if b.Manifest.Kind != bundle.KindCheckpoint {
		return fmt.Errorf("resume: %s is a %s, not a checkpoint", dir, b.Manifest.Kind)
	}
	mine, err := json.Marshal(t.run())
	if err != nil {
		return err
	}
	var theirs bytes.Buffer
	if err := json.Compact(&theirs, b.Manifest.Config); err != nil {
		return fmt.Errorf("resume: %s: %w", dir, err)
	}
	if !bytes.Equal(theirs.Bytes(), mine) {
		return fmt.Errorf("resume %s: %w: start anew or use the same ones\n  checkpoint: %s\n  this run:   %s", dir, ErrOtherRun, theirs.Bytes(), mine)
	}
	return t.load(b)
}

func (t *Trainer) load(b *bundle.Bundle) error {
	raw, err := b.ReadFile(stateFile)
	if err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	var s state
	if err := json.Unmarshal(raw, &s); err != nil {
		return fmt.Errorf("resume: %s: %w", stateFile, err)
	}
	if s.Epoch < 0 || s.Step < 0 || s.Updates < 0 || s.BestEpoch < 0 || s.BestEpoch > len(s.History) {
		return fmt.Errorf("resume: %s holds impossible counts", stateFile)
	}
	live := t.tensors()
	for _, want := range live { // all before the first is overwritten
		if have, ok := b.Tensor(want.Name); !ok || len(have.Data) != len(want.Data) {
			return fmt.Errorf("resume: tensor %s is missing or of another size", want.Name)
		}
	}
	for _, want := range live {
		have, _ := b.Tensor(want.Name)
		copy(want.Data, have.Data)
	}
	t.state, t.adam.Step = s, s.Updates
	return nil
}

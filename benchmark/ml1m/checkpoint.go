package ml1m

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/reelrank/reelrank/model/bundle"
)

// run identifies what a checkpoint may be gone on with.
type run struct {
	Settings Settings `json:"settings"`
	Seed     uint64   `json:"seed"`
	Users    int      `json:"users"`
	Items    int      `json:"items"`
}

const stateFile = "state.json"

func (t *trainer) identity(d *Data) ([]byte, error) {
	return json.Marshal(run{t.s, t.seed, len(d.Sequences), d.Items})
}

// tensors are all that a checkpoint holds; their Data is the live memory.
func (t *trainer) tensors() []bundle.Tensor {
	var all []bundle.Tensor
	for i, p := range t.n.params() {
		for _, kept := range []struct {
			prefix string
			data   []float32
		}{{"weight/", p.Value}, {"mean/", t.mean[i]}, {"best/", t.best[i]}, {"adam.m/", t.adam.M[i]}, {"adam.v/", t.adam.V[i]}} {
			all = append(all, bundle.Tensor{Name: kept.prefix + p.Name, Shape: p.Shape, Data: kept.data})
		}
	}
	return all
}

// checkpoint writes where the run stands to dir, as a whole or not at all.
func (t *trainer) checkpoint(dir string, d *Data) error {
	if dir == "" {
		return nil
	}
	config, err := t.identity(d)
	if err != nil {
		return err
	}
	w, err := bundle.Create(dir)
	if err != nil {
		return fmt.Errorf("ml1m: checkpoint: %w", err)
	}
	defer w.Close()
	if err := w.AddTensors(t.tensors(), nil); err != nil {
		return fmt.Errorf("ml1m: checkpoint: %w", err)
	}
	if err := w.Add(stateFile, func(out io.Writer) error { return json.NewEncoder(out).Encode(t.state) }); err != nil {
		return fmt.Errorf("ml1m: checkpoint: %w", err)
	}
	_, err = w.Commit(bundle.Manifest{
		Kind: bundle.KindCheckpoint, Preset: "ml1m", Config: config,
		Pipeline: json.RawMessage("{}"), Vocabulary: json.RawMessage("{}"),
	})
	if err != nil {
		return fmt.Errorf("ml1m: checkpoint: %w", err)
	}
	return nil
}

// resume takes over the checkpoint in dir, where there is one. That of a run
// with other settings or data is an error.
func (t *trainer) resume(dir string, d *Data) error {
	if dir == "" {
		return nil
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	b, err := bundle.Open(dir)
	if err != nil {
		return fmt.Errorf("ml1m: checkpoint: %w", err)
	}
	mine, err := t.identity(d)
	if err != nil {
		return err
	}
	var theirs bytes.Buffer
	if err := json.Compact(&theirs, b.Manifest.Config); err != nil {
		return fmt.Errorf("ml1m: checkpoint %s: %w", dir, err)
	}
	if !bytes.Equal(theirs.Bytes(), mine) {
		return fmt.Errorf("ml1m: the checkpoint %s is of another run: remove it, or name another folder with --keep\n  checkpoint: %s\n  this run:   %s", dir, theirs.Bytes(), mine)
	}
	raw, err := b.ReadFile(stateFile)
	if err != nil {
		return fmt.Errorf("ml1m: checkpoint %s: %w", dir, err)
	}
	if err := json.Unmarshal(raw, &t.state); err != nil {
		return fmt.Errorf("ml1m: checkpoint %s: %s: %w", dir, stateFile, err)
	}
	for _, live := range t.tensors() {
		kept, ok := b.Tensor(live.Name)
		if !ok || len(kept.Data) != len(live.Data) {
			return fmt.Errorf("ml1m: checkpoint %s: tensor %s is missing or of another size", dir, live.Name)
		}
		copy(live.Data, kept.Data)
	}
	t.adam.Step = t.state.Steps
	return nil
}

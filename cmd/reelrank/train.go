package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/dataset"
	"github.com/reelrank/reelrank/model/bundle"
	"github.com/reelrank/reelrank/nn/kernel"
	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/train"
)

// trainCmd trains a model on a dataset, or on a log, and saves it.
type trainCmd struct {
	Data     string `help:"Dataset directory, as import or simulate wrote it." required:"" xor:"data" placeholder:"DIR"`
	FromLog  string `help:"Directory of a store instead, or of a backup of one: the training data is its log." required:"" xor:"data" placeholder:"DIR"`
	ToOffset uint64 `help:"Train on the log up to this record (default: all of it)." placeholder:"N"`
	Bundle   string `help:"Bundle directory to write (default: ${default})." default:"bundle" placeholder:"DIR"`
	Resume   bool   `help:"Continue an interrupted run from its checkpoint, which lies in train.checkpoint_dir (default: the bundle's path with .checkpoint)."`
}

// Run trains until validation stops improving. Ctrl-C leaves a checkpoint.
func (cmd *trainCmd) Run(ctx context.Context, c *console, loaded *config.Loaded) error {
	cfg := loaded.Config
	if cfg.Train.CheckpointDir == "" {
		cfg.Train.CheckpointDir = cmd.Bundle + ".checkpoint"
	}
	if err := cmd.check(cfg.Train.CheckpointDir); err != nil {
		return err
	}
	ds, err := cmd.read(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "data: %s\n", describe(ds))
	r := recommend.New(cfg)
	result, err := fit(ctx, c, r, ds, cmd.Resume)
	if errors.Is(err, train.ErrInterrupted) {
		return fmt.Errorf("%w\nto go on, add --resume to the same command", err)
	}
	if err != nil {
		return err
	}
	if err := r.Save(ctx, cmd.Bundle); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "saved %s (%s)\n", cmd.Bundle, r.Facts().ModelVersion)
	if cfg.Train.CheckpointDir != loaded.Config.Train.CheckpointDir { // the default one has done its work
		if err := os.RemoveAll(cfg.Train.CheckpointDir); err != nil {
			return err
		}
	}
	if result.Test > 0 {
		fmt.Fprintf(c.out, "next: reelrank evaluate --bundle %s\n", cmd.Bundle)
	}
	fmt.Fprintf(c.out, "next: reelrank serve --bundle %s\n", cmd.Bundle)
	return nil
}

func (cmd *trainCmd) read(ctx context.Context) (*dataset.Dataset, error) {
	if cmd.FromLog != "" {
		return readLog(ctx, cmd.FromLog, cmd.ToOffset)
	}
	if cmd.ToOffset != 0 {
		return nil, errors.New("--to-offset is of a log: name the store with --from-log")
	}
	return dataset.Read(ctx, cmd.Data)
}

// check finds out before a long training what would be in vain.
func (cmd *trainCmd) check(checkpoints string) error {
	if _, err := os.Stat(checkpoints); cmd.Resume && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("resume: there is no checkpoint at %s: leave out --resume to start anew", checkpoints)
	}
	w, err := bundle.Create(cmd.Bundle) // refuses a folder of anything else
	if err != nil {
		return err
	}
	return w.Close()
}

// fit trains with a progress bar and a line per epoch.
func fit(ctx context.Context, c *console, r *recommend.Recommender, ds *dataset.Dataset, resume bool) (recommend.FitResult, error) {
	start := time.Now()
	prepare, epoch := newBar(c, "reading the log"), newBar(c, "training")
	defer epoch.done()
	result, err := r.Fit(ctx, ds, recommend.FitOptions{
		Resume:   resume,
		Prepared: prepare.report,
		Trained: func(p train.Progress) {
			prepare.done()
			epoch.report(p.Step, p.Steps)
			epoch.describe("epoch %d/%d, loss %.4f", p.Epoch, p.Epochs, p.Loss)
			if p.Finished != nil {
				epoch.done()
				printEpoch(c.out, p)
			}
		},
	})
	if err != nil {
		return result, err
	}
	fmt.Fprintf(c.out, "trained %s parameters on %s interactions in %s with %s kernels; epoch %d was best on %s\n",
		thousands(result.Parameters), thousands(result.Train), time.Since(start).Round(100*time.Millisecond), kernel.Active(),
		result.Training.BestEpoch, judges(result))
	corrected := ""
	if result.Corrected {
		corrected = ", corrected by the context"
	}
	fmt.Fprintf(c.out, "score: the weighted heads and %g times the similarity%s\n", result.SimilarityWeight, corrected)
	return result, nil
}

// judges names what the best epoch was chosen by.
func judges(result recommend.FitResult) string {
	if result.Validation == 0 {
		return "the training part, since train.validation_share is 0"
	}
	return fmt.Sprintf("the %s validation interactions", thousands(result.Validation))
}

// printEpoch prints the losses: the total of training and validation, and the
// parts of the latter.
func printEpoch(out io.Writer, p train.Progress) {
	e := p.Finished
	fmt.Fprintf(out, "epoch %d/%d: loss %.3f in training, %.3f in validation (retrieval %.3f", p.Epoch, p.Epochs, e.TrainLoss, e.Validation, e.Retrieval)
	for h := range reel.Head(reel.NumHeads) {
		fmt.Fprintf(out, ", %s %.3f", h, e.Heads[h])
	}
	fmt.Fprintln(out, ")")
}

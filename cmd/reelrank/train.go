package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/dataset"
	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/train"
)

// trainCmd trains a model and saves it.
type trainCmd struct {
	Data   string `help:"Dataset directory, as import or simulate wrote it." required:"" placeholder:"DIR"`
	Bundle string `help:"Bundle directory to write." default:"bundle" placeholder:"DIR"`
	Resume bool   `help:"Continue from the checkpoint in train.checkpoint_dir."`
}

// Run trains until validation stops improving. Ctrl-C leaves a checkpoint.
func (cmd *trainCmd) Run(ctx context.Context, c *console, loaded *config.Loaded) error {
	cfg := loaded.Config
	if cfg.Train.CheckpointDir == "" {
		cfg.Train.CheckpointDir = cmd.Bundle + ".checkpoint"
	}
	ds, err := dataset.Read(ctx, cmd.Data)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "data: %s\n", describe(ds))
	r := recommend.New(cfg)
	if _, err := fit(ctx, c, r, ds, cmd.Resume); err != nil {
		return err
	}
	if err := r.Save(ctx, cmd.Bundle); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "saved %s (%s)\n", cmd.Bundle, r.Facts().ModelVersion)
	fmt.Fprintf(c.out, "next: reelrank evaluate --bundle %s, reelrank serve --bundle %s\n", cmd.Bundle, cmd.Bundle)
	return nil
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
	fmt.Fprintf(c.out, "trained %d parameters on %d interactions in %s; epoch %d was best on the %d validation interactions\n",
		result.Parameters, result.Train, time.Since(start).Round(100*time.Millisecond), result.Training.BestEpoch, result.Validation)
	return result, nil
}

func printEpoch(out io.Writer, p train.Progress) {
	e := p.Finished
	fmt.Fprintf(out, "epoch %d/%d: training loss %.4f, validation %.4f (retrieval %.4f", p.Epoch, p.Epochs, e.TrainLoss, e.Validation, e.Retrieval)
	for h := range reel.Head(reel.NumHeads) {
		fmt.Fprintf(out, ", %s %.4f", h, e.Heads[h])
	}
	fmt.Fprintln(out, ")")
}

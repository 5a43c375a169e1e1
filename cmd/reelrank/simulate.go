package main

import (
	"context"
	"fmt"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/dataset"
	"github.com/reelrank/reelrank/simulate"
)

// simulateCmd writes a simulated world.
type simulateCmd struct {
	Preset string `help:"Size of the world: tiny, demo or seed (500,000 interactions)." enum:"tiny,demo,seed" default:"demo"`
	Seed   uint64 `help:"Seed of the world (default: the configured one)." placeholder:"N"`
	Out    string `help:"Dataset directory to write." required:"" placeholder:"DIR"`
}

// Run generates the world and writes its log.
func (cmd *simulateCmd) Run(ctx context.Context, c *console, loaded *config.Loaded) error {
	w, err := generateWorld(ctx, c, cmd.Preset, firstNonZero(cmd.Seed, loaded.Config.Seed))
	if err != nil {
		return err
	}
	ds := worldDataset(w)
	if err := ds.Write(ctx, cmd.Out); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "wrote %s: %s\n", cmd.Out, describe(ds))
	fmt.Fprintf(c.out, "next: reelrank train --data %s\n", cmd.Out)
	return nil
}

// generateWorld makes the world of a preset and seed, with a progress bar.
func generateWorld(ctx context.Context, c *console, preset string, seed uint64) (*simulate.World, error) {
	params, err := simulate.Preset(preset).Params()
	if err != nil {
		return nil, err
	}
	w, err := simulate.New(params, seed)
	if err != nil {
		return nil, err
	}
	b := newBar(c, "simulating")
	defer b.done()
	return w, w.Generate(ctx, b.report)
}

func worldDataset(w *simulate.World) *dataset.Dataset {
	return &dataset.Dataset{Interactions: w.Interactions(), Reels: w.Reels(), Source: "simulated"}
}

// describe counts what a dataset holds, in one line.
func describe(ds *dataset.Dataset) string {
	d := ds.Describe()
	return fmt.Sprintf("%d interactions of %d users with %d reels", len(ds.Interactions), d.Users, len(ds.Reels))
}

func firstNonZero(a, b uint64) uint64 {
	if a != 0 {
		return a
	}
	return b
}

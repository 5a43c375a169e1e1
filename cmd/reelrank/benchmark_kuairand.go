package main

import (
	"context"

	"github.com/reelrank/reelrank/benchmark"
	"github.com/reelrank/reelrank/benchmark/kuairand"
)

// benchmarkKuaiRandCmd measures the ranker's heads on KuaiRand-Pure.
type benchmarkKuaiRandCmd struct {
	benchmarkFlags
	Seeds     int    `help:"How many networks, whose mean is measured." default:"5"`
	Ablations bool   `help:"Measure on validation what each part of the network is for, instead of the test."`
	Out       string `help:"Folder that keeps each finished network, so that an interrupted run goes on (default: reelrank/benchmark in the user's cache). Delete it to measure anew." placeholder:"DIR"`
}

// Run measures and prints.
func (cmd *benchmarkKuaiRandCmd) Run(ctx context.Context, c *console) error {
	dir, err := benchmark.Folder(cmd.Data, "kuairand_pure")
	if err != nil {
		return err
	}
	kept, err := keptIn(cmd.Out, "kuairand")
	if err != nil {
		return err
	}
	progress := newStages(c)
	tables, err := kuairand.Run(ctx, kuairand.Options{Dir: dir, Kept: kept, Seeds: cmd.Seeds, Ablations: cmd.Ablations, Progress: progress.report})
	progress.done()
	if err != nil {
		return err
	}
	return printTables(c, cmd.JSON, tables)
}

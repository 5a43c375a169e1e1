package main

import (
	"context"

	"github.com/reelrank/reelrank/benchmark"
	"github.com/reelrank/reelrank/benchmark/ml1m"
)

// benchmarkML1MCmd measures next-item prediction on MovieLens-1M.
type benchmarkML1MCmd struct {
	benchmarkFlags
}

// Run measures and prints.
func (cmd *benchmarkML1MCmd) Run(ctx context.Context, c *console) error {
	dir, err := benchmark.Folder(cmd.Data, "ml1m")
	if err != nil {
		return err
	}
	table, err := ml1m.Run(ctx, ml1m.Options{Dir: dir})
	if err != nil {
		return err
	}
	return cmd.print(c, table)
}

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/reelrank/reelrank/benchmark"
	"github.com/reelrank/reelrank/benchmark/ml1m"
	"github.com/reelrank/reelrank/model"
)

// benchmarkML1MCmd measures next-item prediction on MovieLens-1M.
type benchmarkML1MCmd struct {
	benchmarkFlags
	Encoder string        `help:"The encoder to train: gru, transformer, all or none; none prints the floors alone." enum:"gru,transformer,all,none" default:"all"`
	Seeds   int           `help:"Trainings of each encoder, from seed 1 on; the rows are their mean." default:"1"`
	Limit   time.Duration `help:"Most time of one training; after it the best epoch so far is judged. 0 sets none." default:"25m"`
	Keep    string        `help:"Folder for the checkpoints: a run that was stopped goes on from there, and one that ended is judged again without training." default:"ml1m.checkpoints" placeholder:"DIR"`
}

// Help is what --help says beyond the flags.
func (*benchmarkML1MCmd) Help() string {
	return "Trains on all but the last two movies of everyone, chooses the epoch by NDCG@10 on the movie before the last, and is judged on the last."
}

// Run measures and prints.
func (cmd *benchmarkML1MCmd) Run(ctx context.Context, c *console) error {
	dir, err := benchmark.Folder(cmd.Data, "ml1m")
	if err != nil {
		return err
	}
	if cmd.Seeds < 1 {
		return fmt.Errorf("--seeds is %d: want at least 1", cmd.Seeds)
	}
	o := ml1m.Options{
		Dir: dir, Seeds: cmd.Seeds, Limit: cmd.Limit, Keep: cmd.Keep,
		Progress: func(format string, args ...any) { fmt.Fprintf(c.err, format+"\n", args...) },
	}
	for _, kind := range model.Encoders() {
		if cmd.Encoder == kind || cmd.Encoder == "all" {
			o.Networks = append(o.Networks, ml1m.Defaults(kind))
		}
	}
	table, err := ml1m.Run(ctx, o)
	if err != nil {
		return err
	}
	return cmd.print(c, table)
}

package main

import (
	"context"
	"encoding/json"

	"github.com/reelrank/reelrank/bench"
)

// benchComputeCmd measures the speed of computing, with data made up for it.
type benchComputeCmd struct {
	Kernels []string `help:"Sets of kernels to compare: ${kernels} (default: all of these)." placeholder:"NAME"`
	Quick   bool     `help:"One short round over small batches: shows that it works, measures nothing."`
	JSON    bool     `name:"json" help:"Print the speeds as JSON."`
}

// Help is what --help says beyond the flags.
func (*benchComputeCmd) Help() string {
	return "Takes a few minutes, on a machine with nothing else to do: every figure is the median of five rounds in which " +
		"the kernels take turns, and other work on the machine would be measured too. Missing a promised speed is told and is no failure."
}

// Run measures and prints.
func (cmd *benchComputeCmd) Run(ctx context.Context, c *console) error {
	var b *bar
	section := ""
	speeds, err := bench.Compute(ctx, bench.Survey{
		Sets: cmd.Kernels, Quick: cmd.Quick,
		Progress: func(now string, done, total int) {
			if now != section {
				if b != nil {
					b.done()
				}
				b, section = newBar(c, now), now
			}
			b.report(done, total)
		},
	})
	if b != nil {
		b.done()
	}
	if err != nil {
		return err
	}
	if cmd.JSON {
		e := json.NewEncoder(c.out)
		e.SetIndent("", "  ")
		return e.Encode(speeds)
	}
	return speeds.Print(c.out)
}

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/reelrank/reelrank/benchmark"
	"github.com/reelrank/reelrank/benchmark/coldstart"
	"github.com/reelrank/reelrank/benchmark/seedworld"
	"github.com/reelrank/reelrank/simulate"
)

// worldFlags are those of the benchmarks on simulated worlds, which take no files.
type worldFlags struct {
	First uint64 `help:"First seed." default:"1"`
	World string `help:"Size of the worlds: ${enum} (seed: 500,000 interactions, 37,088 reels, 6,022 users)." enum:"tiny,demo,seed" default:"seed"`
	Out   string `help:"Folder that keeps each finished seed, so that an interrupted run goes on (default: reelrank/benchmark in the user's cache). Delete it to measure anew." placeholder:"DIR"`
	JSON  bool   `name:"json" help:"Print the tables as JSON."`
}

// seeds are n of them, from the first on.
func (f *worldFlags) seeds(n int) ([]uint64, error) {
	if n < 1 {
		return nil, fmt.Errorf("--seeds is %d: want at least 1", n)
	}
	all := make([]uint64, n)
	for i := range all {
		all[i] = f.First + uint64(i)
	}
	return all, nil
}

// keptIn is the folder for finished seeds.
func (f *worldFlags) keptIn(name string) (string, error) {
	if f.Out != "" {
		return f.Out, nil
	}
	return benchmark.KeptDir(name)
}

// print writes the tables as asked for.
func (f *worldFlags) print(c *console, tables []*benchmark.Table) error {
	if f.JSON {
		return printJSON(c, tables)
	}
	for i, t := range tables {
		if i > 0 {
			fmt.Fprintln(c.out)
		}
		if err := t.Print(c.out); err != nil {
			return err
		}
	}
	return nil
}

// stages shows on the error stream what a long benchmark is doing: a bar on a
// terminal, else a line for every new thing.
type stages struct {
	c     *console
	start time.Time
	what  string
	bar   *bar
}

func newStages(c *console) *stages { return &stages{c: c, start: time.Now()} }

func (s *stages) report(what string, done, total int) {
	if what != s.what {
		s.done()
		s.what, s.bar = what, newBar(s.c, what)
		if !isTerminal(s.c.err) {
			fmt.Fprintf(s.c.err, "%8s  %s\n", time.Since(s.start).Round(time.Second), what)
		}
	}
	s.bar.report(done, total)
}

func (s *stages) done() {
	if s.bar != nil {
		s.bar.done()
	}
}

// benchmarkSeedworldCmd measures the whole pipeline on simulated worlds.
type benchmarkSeedworldCmd struct {
	worldFlags
	Seeds  int    `help:"How many worlds, one per seed." default:"5"`
	Preset string `help:"Size of the network: ${enum}." enum:"compact,default,seed" default:"compact"`
}

// Help is what --help says beyond the flags.
func (*benchmarkSeedworldCmd) Help() string {
	return "Of each world the newest 15 % are the test part. Every finished seed is kept in the folder of --out, with the settings that it was " +
		"measured with, and is not measured again."
}

// Run measures what is not finished yet and prints all.
func (cmd *benchmarkSeedworldCmd) Run(ctx context.Context, c *console, g *globals) error {
	base := seedworld.Settings()
	base.Model.Preset = cmd.Preset
	loaded, err := g.load(&base)
	if err != nil {
		return err
	}
	seeds, err := cmd.seeds(cmd.Seeds)
	if err != nil {
		return err
	}
	dir, err := cmd.keptIn("seedworld")
	if err != nil {
		return err
	}
	progress := newStages(c)
	results, err := seedworld.Run(ctx, seedworld.Options{
		World: simulate.Preset(cmd.World), Config: loaded.Config, Seeds: seeds, Dir: dir, Progress: progress.report,
	})
	progress.done()
	if err != nil {
		return err
	}
	return cmd.print(c, seedworld.Tables(results))
}

// benchmarkColdstartCmd measures what a model makes of new reels and people.
type benchmarkColdstartCmd struct {
	worldFlags
	Seeds int `help:"How many worlds, one per seed." default:"1"`
}

// Help is what --help says beyond the flags.
func (*benchmarkColdstartCmd) Help() string {
	return "Leaves a tenth of the reels and of the people out of everything before the test window, and trains a network without each part of the " +
		"input. Every finished seed is kept in the folder of --out, and is not measured again."
}

// Run measures what is not finished yet and prints all.
func (cmd *benchmarkColdstartCmd) Run(ctx context.Context, c *console, g *globals) error {
	base := coldstart.Settings()
	loaded, err := g.load(&base)
	if err != nil {
		return err
	}
	seeds, err := cmd.seeds(cmd.Seeds)
	if err != nil {
		return err
	}
	dir, err := cmd.keptIn("coldstart")
	if err != nil {
		return err
	}
	progress := newStages(c)
	results, err := coldstart.Run(ctx, coldstart.Options{
		World: simulate.Preset(cmd.World), Config: loaded.Config, Seeds: seeds, Dir: dir, Progress: progress.report,
	})
	progress.done()
	if err != nil {
		return err
	}
	return cmd.print(c, coldstart.Tables(results))
}

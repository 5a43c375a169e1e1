package main

import (
	"context"
	"fmt"
	"time"

	"github.com/reelrank/reelrank/benchmark"
	"github.com/reelrank/reelrank/benchmark/coldstart"
	"github.com/reelrank/reelrank/benchmark/seedworld"
	"github.com/reelrank/reelrank/config"
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

// measure runs a benchmark on the worlds, with the settings that are given on
// top of its own, and prints its tables.
func (f *worldFlags) measure(c *console, g *globals, name string, own config.Config, seeds int, run func(benchmark.Worlds) ([]*benchmark.Table, error)) error {
	loaded, err := g.load(&own)
	if err != nil {
		return err
	}
	o := benchmark.Worlds{World: simulate.Preset(f.World), Config: loaded.Config}
	if o.Seeds, err = f.seeds(seeds); err != nil {
		return err
	}
	if o.Dir, err = keptIn(f.Out, name); err != nil {
		return err
	}
	progress := newStages(c)
	o.Progress = progress.report
	tables, err := run(o)
	progress.done()
	if err != nil {
		return err
	}
	return printTables(c, f.JSON, tables)
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
	own := seedworld.Settings()
	own.Model.Preset = cmd.Preset
	return cmd.measure(c, g, "seedworld", own, cmd.Seeds, func(o benchmark.Worlds) ([]*benchmark.Table, error) {
		results, err := seedworld.Run(ctx, o)
		if err != nil {
			return nil, err
		}
		return seedworld.Tables(results), nil
	})
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
	return cmd.measure(c, g, "coldstart", coldstart.Settings(), cmd.Seeds, func(o benchmark.Worlds) ([]*benchmark.Table, error) {
		results, err := coldstart.Run(ctx, o)
		if err != nil {
			return nil, err
		}
		return coldstart.Tables(results), nil
	})
}

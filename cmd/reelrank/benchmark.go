package main

import (
	"fmt"

	"github.com/reelrank/reelrank/benchmark"
)

// benchmarkCmd groups the benchmarks: quality on known data, from raw files to
// a table with the published figures beside.
type benchmarkCmd struct {
	ML1M      benchmarkML1MCmd      `cmd:"" name:"ml1m" help:"The next movie of everyone in MovieLens-1M, among all 3,416."`
	KuaiRand  benchmarkKuaiRandCmd  `cmd:"" name:"kuairand" help:"What comes of an exposure in KuaiRand-Pure: six signals and the watch time."`
	Seedworld benchmarkSeedworldCmd `cmd:"" help:"The whole pipeline on simulated worlds, beside baselines and an oracle."`
	Coldstart benchmarkColdstartCmd `cmd:"" help:"New reels and new people on simulated worlds, and what each part of the input is worth."`
}

// benchmarkFlags are those of every benchmark.
type benchmarkFlags struct {
	Data string `help:"Folder that holds the data sets." default:"../shared/data" placeholder:"DIR"`
	JSON bool   `name:"json" help:"Print the table as JSON."`
}

// print writes the table as asked for.
func (f *benchmarkFlags) print(c *console, t *benchmark.Table) error {
	if f.JSON {
		return printJSON(c, t)
	}
	return t.Print(c.out)
}

// printTables writes several tables as asked for.
func printTables(c *console, asJSON bool, tables []*benchmark.Table) error {
	if asJSON {
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

// keptIn is the folder for the finished parts of a benchmark: the one that was
// named, or its own in the user's cache.
func keptIn(out, name string) (string, error) {
	if out != "" {
		return out, nil
	}
	return benchmark.KeptDir(name)
}

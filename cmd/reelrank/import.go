package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/schollz/progressbar/v3"

	"github.com/reelrank/reelrank/dataset"
)

// importCmd reads logs of watching into a dataset directory.
type importCmd struct {
	Format  dataset.Format  `help:"Kind of input: csv, jsonl, parquet, kuairand or movielens." enum:"csv,jsonl,parquet,kuairand,movielens" required:""`
	Reels   string          `help:"File of reels (CSV, JSON lines or Parquet), beside csv, jsonl and parquet." placeholder:"FILE"`
	Out     string          `help:"Directory of the dataset to write." required:"" placeholder:"DIR"`
	History dataset.History `help:"What to make of the earlier exposures of kuairand: shown, watched or none." enum:"shown,watched,none" default:"shown"`
	Paths   []string        `arg:"" name:"path" help:"Files to read; for kuairand and movielens the folder of their files."`
}

// Run imports, writes the dataset, and says what was kept, what was rejected,
// and where the reject report lies.
func (cmd *importCmd) Run(ctx context.Context, c *console) error {
	rejects, err := createRejects(cmd.Out)
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	reading := newBar(c, "reading", progressbar.OptionShowBytes(true))
	ds, report, err := dataset.Import(ctx, dataset.Options{
		Format: cmd.Format, Paths: cmd.Paths, Reels: cmd.Reels, History: cmd.History,
		Rejects: rejects, Progress: reading.report64,
	})
	reading.done()
	if closed := rejects.Close(); closed != nil {
		err = errors.Join(err, closed)
	}
	if report.Rejected() == 0 {
		err = errors.Join(err, os.Remove(rejects.Name()))
	}
	if err != nil {
		return explainImport(err, report, rejects.Name())
	}
	if err := ds.Write(ctx, cmd.Out); err != nil {
		return err
	}
	if err := report.Print(c.out); err != nil {
		return err
	}
	if report.Rejected() > 0 {
		fmt.Fprintf(c.out, "rejects   %s\n", rejects.Name())
	}
	fmt.Fprintf(c.out, "written   %s\nnext      reelrank train --data %s\n", cmd.Out, cmd.Out)
	return nil
}

// explainImport adds to a failed import where its reject report lies.
func explainImport(err error, report *dataset.Report, rejects string) error {
	if report.Rejected() == 0 {
		return err
	}
	return fmt.Errorf("%w\nnothing was written; the %d rejected rows are listed in %s", err, report.Rejected(), rejects)
}

// createRejects opens the reject report beside the dataset directory, so that
// it is there also when no dataset could be made.
func createRejects(out string) (*os.File, error) {
	out, err := filepath.Abs(out)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return nil, err
	}
	return os.Create(out + ".rejects.jsonl")
}

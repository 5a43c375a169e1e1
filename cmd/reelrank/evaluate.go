package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/evaluate"
	"github.com/reelrank/reelrank/recommend"
)

// evaluateCmd measures a bundle.
type evaluateCmd struct {
	Bundle string `help:"Bundle directory (default: ${default})." default:"bundle" placeholder:"DIR"`
	JSON   string `name:"json" help:"Also write the report as JSON to this file (- for standard output, instead of the tables)." placeholder:"FILE"`
	Save   bool   `help:"Also write the metrics into the bundle's manifest, for /info to show."`
	HTML   string `name:"html" help:"Also write a self-contained HTML report with plots to this file." placeholder:"FILE"`
}

// Run prints the tables and writes the reports that were asked for.
func (cmd *evaluateCmd) Run(ctx context.Context, c *console, g *globals) error {
	r, err := loadBundle(ctx, cmd.Bundle, g)
	if err != nil {
		return err
	}
	b := newBar(c, "evaluating")
	report, err := r.Evaluate(ctx, recommend.EvaluateOptions{Title: "Evaluation of " + r.Facts().ModelVersion, Progress: b.report})
	b.done()
	if err != nil {
		return err
	}
	if cmd.Save {
		if err := r.Save(ctx, cmd.Bundle); err != nil {
			return err
		}
	}
	if cmd.JSON == "-" {
		if err := report.WriteJSON(c.out); err != nil {
			return err
		}
		return writeReports(&console{out: c.err, err: c.err}, report, "", cmd.HTML)
	}
	if err := report.WriteText(c.out); err != nil {
		return err
	}
	return writeReports(c, report, cmd.JSON, cmd.HTML)
}

// loadBundle opens a bundle with the settings given on top of its own.
func loadBundle(ctx context.Context, dir string, g *globals) (*recommend.Recommender, error) {
	return recommend.LoadWith(ctx, dir, func(own config.Config) (config.Config, error) {
		loaded, err := g.load(&own)
		if err != nil {
			return config.Config{}, err
		}
		return loaded.Config, nil
	})
}

// writeReports writes the report to the files that are named.
func writeReports(c *console, report *evaluate.Report, jsonPath, htmlPath string) error {
	for _, f := range []struct {
		path  string
		write func(io.Writer) error
	}{{jsonPath, report.WriteJSON}, {htmlPath, report.WriteHTML}} {
		if f.path == "" {
			continue
		}
		if err := writeFile(f.path, f.write); err != nil {
			return err
		}
		fmt.Fprintf(c.out, "wrote %s\n", f.path)
	}
	return nil
}

func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		f.Close()
		return fmt.Errorf("write %s: %w", path, err)
	}
	return f.Close()
}

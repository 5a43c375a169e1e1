package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/recommend"
)

// modelCmd groups what can be asked of models.
type modelCmd struct {
	Info modelInfoCmd `cmd:"" help:"Print a model's parameter table, of a preset or of a bundle."`
}

// modelInfoCmd prints a parameter table.
type modelInfoCmd struct {
	Preset string `help:"Preset to show: default (where nothing is named), seed or compact." placeholder:"NAME" xor:"what"`
	Bundle string `help:"Bundle directory to show instead." placeholder:"DIR" xor:"what"`
}

// Run prints the table.
func (cmd *modelInfoCmd) Run(_ context.Context, c *console) error {
	table, err := cmd.describe()
	if err != nil {
		return err
	}
	return printModel(c.out, table)
}

func (cmd *modelInfoCmd) describe() (recommend.ModelTable, error) {
	if cmd.Bundle != "" {
		return recommend.DescribeBundle(cmd.Bundle)
	}
	return recommend.DescribePreset(cmp.Or(cmd.Preset, config.Default().Model.Preset))
}

func printModel(out io.Writer, t recommend.ModelTable) error {
	fmt.Fprintf(out, "%s\n\n", t.Title)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "layer\tshapes\tparameters\t")
	for _, r := range t.Rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t\n", r.Layer, r.Shapes, thousands(r.Parameters))
	}
	fmt.Fprintf(w, "total\t\t%s\t\n", thousands(t.Total))
	return w.Flush()
}

// thousands writes 2480517 as 2,480,517.
func thousands(n int) string {
	s := fmt.Sprint(n)
	var groups []string
	for len(s) > 3 {
		groups = append([]string{s[len(s)-3:]}, groups...)
		s = s[:len(s)-3]
	}
	return strings.Join(append([]string{s}, groups...), ",")
}

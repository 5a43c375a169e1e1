package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/reelrank/reelrank/evaluate"
)

// printComparison prints the heart of a report: the model after each stage
// beside the baselines and the oracle, one line on the heads, and what each
// source of retrieval brings. The whole report is what `reelrank evaluate` prints.
func printComparison(out io.Writer, r *evaluate.Report) error {
	k := r.Table.HeadlineK()
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "  recommender\tNDCG@%d\tMAP@%d\tprecision@%d\trecall@%d\tcreator diversity\n", k, k, k, k)
	for _, row := range r.Table.Rows {
		at := func(metric string) evaluate.Estimate { return row.Estimates[evaluate.MetricAt(metric, k)] }
		fmt.Fprintf(w, "  %s\t%s\t%.4f\t%.4f\t%.4f\t%.4f\n", row.Name, at(evaluate.MetricNDCG), at(evaluate.MetricMAP).Value,
			at(evaluate.MetricPrecision).Value, at(evaluate.MetricRecall).Value, at(evaluate.MetricCreatorDiversity).Value)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "  %d users of the test window, whole catalogue, 95%% bootstrap intervals\n", r.Table.Cases)
	for _, line := range r.Headlines() {
		fmt.Fprintf(out, "  %s\n", line)
	}
	fmt.Fprint(out, "  heads:")
	for _, h := range r.Heads {
		if auc, ok := h.Metrics[evaluate.MetricAUC]; ok {
			fmt.Fprintf(out, " %s AUC %.3f,", h.Head, auc.Value)
		} else if xauc, ok := h.Metrics[evaluate.MetricXAUC]; ok {
			fmt.Fprintf(out, " %s XAUC %.3f,", h.Head, xauc.Value)
		}
	}
	if _, err := fmt.Fprintf(out, " on %d exposures\n", r.Window.Test); err != nil || r.Sources == nil {
		return err
	}
	for line := range strings.Lines(r.Sources.Text()) {
		if _, err := fmt.Fprint(out, "  ", line); err != nil {
			return err
		}
	}
	return nil
}

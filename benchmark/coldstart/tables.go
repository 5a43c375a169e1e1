package coldstart

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/reelrank/reelrank/benchmark"
	"github.com/reelrank/reelrank/evaluate"
)

// Tables are three per world: new reels, new people, and what taking a part
// away costs; and of several worlds the mean of that.
func Tables(results []*Result) []*benchmark.Table {
	var tables []*benchmark.Table
	for _, r := range results {
		tables = append(tables, reelsTable(r), peopleTable(r), removalsTable(r))
	}
	if len(results) > 1 {
		tables = append(tables, meanTable(results))
	}
	return tables
}

// meanTable is what a part is worth over all worlds.
func meanTable(results []*Result) *benchmark.Table {
	t := &benchmark.Table{
		Title:   fmt.Sprintf("mean of %d worlds, what a part is worth: NDCG@10 on new reels", len(results)),
		Columns: []benchmark.Column{{Name: "the part is worth", Digits: 4}},
	}
	for n, away := range results[0].Removed {
		costs := make([]evaluate.Estimate, len(results))
		for i, r := range results {
			costs[i] = r.Removed[n].Costs
		}
		t.Add(away.From+": "+joined(away.Parts), benchmark.Measured, meanOf(costs))
	}
	ahead, served := make([]evaluate.Estimate, len(results)), make([]evaluate.Estimate, len(results))
	for i, r := range results {
		ahead[i], served[i] = r.Ahead, r.Served
	}
	t.Notes = append(t.Notes, fmt.Sprintf("content only minus popular on new reels: NDCG@10 %s", meanOf(ahead).Signed()),
		fmt.Sprintf("reelrank minus the best baseline for new people: NDCG@10 %s", meanOf(served).Signed()))
	return t
}

// meanOf is the mean of estimates that are independent of each other: half the width
// of its interval is the root of the summed squares of theirs, over their number.
func meanOf(of []evaluate.Estimate) (mean evaluate.Estimate) {
	var below, above float64
	for _, e := range of {
		mean.Value += e.Value / float64(len(of))
		below += (e.Value - e.Lo) * (e.Value - e.Lo)
		above += (e.Hi - e.Value) * (e.Hi - e.Value)
	}
	mean.Lo = mean.Value - math.Sqrt(below)/float64(len(of))
	mean.Hi = mean.Value + math.Sqrt(above)/float64(len(of))
	return mean
}

// measures are the columns of the first two.
var measures = []struct{ title, metric string }{
	{"NDCG@10", evaluate.MetricNDCG}, {"MAP@10", evaluate.MetricMAP}, {"recall@10", evaluate.MetricRecall},
}

func fill(t *benchmark.Table, from *evaluate.Table, skip func(name string) bool) {
	for _, m := range measures {
		t.Columns = append(t.Columns, benchmark.Column{Name: m.title, Digits: 4})
	}
	for i := range from.Rows {
		row := &from.Rows[i]
		if skip(row.Name) {
			continue
		}
		var values []evaluate.Estimate
		for _, m := range measures {
			values = append(values, row.Estimates[evaluate.MetricAt(m.metric, 10)])
		}
		t.Add(row.Name, benchmark.Measured, values...)
	}
}

func reelsTable(r *Result) *benchmark.Table {
	t := &benchmark.Table{Title: fmt.Sprintf("seed %d, new reels: %d of them ranked among themselves for %d people", r.Seed, r.Shelf, r.Reels.Cases)}
	fill(t, r.Reels, func(name string) bool { return strings.Contains(name, " less ") })
	t.Notes = append(t.Notes, fmt.Sprintf("content only minus popular, paired: NDCG@10 %s", r.Ahead.Signed()))
	return t
}

func peopleTable(r *Result) *benchmark.Table {
	t := &benchmark.Table{Title: fmt.Sprintf("seed %d, new people: the whole catalogue for %d of them", r.Seed, r.People.Cases)}
	fill(t, r.People, func(string) bool { return false })
	t.Notes = append(t.Notes, fmt.Sprintf("reelrank minus the best baseline, paired: NDCG@10 %s", r.Served.Signed()))
	return t
}

func removalsTable(r *Result) *benchmark.Table {
	t := &benchmark.Table{
		Title: fmt.Sprintf("seed %d, what a part is worth: NDCG@10 on new reels of the network retrained without it", r.Seed),
		Columns: []benchmark.Column{
			{Name: "with", Digits: 4}, {Name: "without", Digits: 4}, {Name: "the part is worth", Digits: 4},
		},
	}
	for _, away := range r.Removed {
		with, _ := r.Reels.Row(away.From)
		without, _ := r.Reels.Row(away.Name)
		if with == nil || without == nil {
			continue
		}
		t.Add(away.From+": "+joined(away.Parts), benchmark.Measured, with.Estimates[headline], without.Estimates[headline], away.Costs)
	}
	weights := make([]string, 0, len(r.Weights))
	for name, w := range r.Weights {
		weights = append(weights, fmt.Sprintf("%s %g", name, w))
	}
	slices.Sort(weights)
	t.Notes = append(t.Notes, "weight of the similarity in the score, chosen on the validation fold: "+strings.Join(weights, "; "),
		fmt.Sprintf("%.0f s in all", r.Seconds))
	return t
}

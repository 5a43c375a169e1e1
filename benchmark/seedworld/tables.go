package seedworld

import (
	"fmt"
	"math"
	"slices"

	"github.com/reelrank/reelrank/benchmark"
	"github.com/reelrank/reelrank/evaluate"
)

// listLength is the length of the lists that the tables judge.
const listLength = 10

// measures are the columns of the tables.
var measures = []struct{ title, metric string }{
	{"NDCG@10", evaluate.MetricNDCG}, {"MAP@10", evaluate.MetricMAP},
	{"precision@10", evaluate.MetricPrecision}, {"recall@10", evaluate.MetricRecall},
}

// Tables are one per world, with intervals over its users, and then that of
// all worlds.
func Tables(results []*Result) []*benchmark.Table {
	var tables []*benchmark.Table
	for _, r := range results {
		tables = append(tables, table(r))
	}
	return append(tables, summary(results))
}

func columns() (all []benchmark.Column) {
	for _, m := range measures {
		all = append(all, benchmark.Column{Name: m.title, Digits: 4})
	}
	return all
}

// table is that of one world.
func table(r *Result) *benchmark.Table {
	t := &benchmark.Table{
		Title: fmt.Sprintf("%s: %d users of the test window, %d reels, in brackets 95 %% intervals over users",
			r.Report.Title, r.Report.Table.Cases, r.Report.Window.Reels),
		Columns: columns(),
	}
	for i := range r.Report.Table.Rows {
		row := &r.Report.Table.Rows[i]
		var values []evaluate.Estimate
		for _, m := range measures {
			values = append(values, row.Estimates[evaluate.MetricAt(m.metric, listLength)])
		}
		t.Add(row.Name, benchmark.Measured, values...)
	}
	for _, s := range r.Stages {
		t.Notes = append(t.Notes, fmt.Sprintf("%s: NDCG@10 %s from the best baseline (%s), %s of the oracle's",
			s.Name, s.Ahead.Signed(), s.Best, s.Oracle))
	}
	t.Notes = append(t.Notes, fmt.Sprintf("epoch %d of %d was best; %.0f s in all", r.Best, r.Epochs, r.Seconds))
	t.Notes = append(t.Notes, r.Report.Notes...)
	return t
}

// summary is that of all worlds: the mean of their values, and how far these
// lie apart.
func summary(results []*Result) *benchmark.Table {
	t := &benchmark.Table{
		Title:   fmt.Sprintf("mean of %d worlds, in brackets the least and the largest of them", len(results)),
		Columns: append(columns(), benchmark.Column{Name: "sd of NDCG@10", Digits: 4}, benchmark.Column{Name: "of the oracle's", Digits: 3}),
	}
	if len(results) == 0 {
		return t
	}
	oracle := over(results, benchmark.Oracle{}.Name(), headline)
	for _, row := range results[0].Report.Table.Rows {
		var values []evaluate.Estimate
		for _, m := range measures {
			values = append(values, spread(over(results, row.Name, evaluate.MetricAt(m.metric, listLength))))
		}
		ndcg := over(results, row.Name, headline)
		share := make([]float64, len(ndcg))
		for i := range share {
			share[i] = ndcg[i] / oracle[i]
		}
		t.Add(row.Name, benchmark.Measured, append(values, benchmark.Point(deviation(ndcg)), spread(share))...)
	}
	for s := range results[0].Stages {
		ahead, above := make([]float64, len(results)), 0
		for i, r := range results {
			ahead[i] = r.Stages[s].Ahead.Value
			if r.Stages[s].Ahead.Lo > 0 {
				above++
			}
		}
		t.Notes = append(t.Notes, fmt.Sprintf("%s minus the best baseline of each world: NDCG@10 %s, its interval above 0 in %d of %d worlds",
			results[0].Stages[s].Name, spread(ahead).Signed(), above, len(results)))
	}
	return t
}

// over is a metric of a row in every world.
func over(results []*Result, name, metric string) []float64 {
	values := make([]float64, len(results))
	for i, r := range results {
		values[i] = math.NaN()
		if row, ok := r.Report.Table.Row(name); ok {
			values[i] = row.Estimates[metric].Value
		}
	}
	return values
}

// spread is the mean, with the least and the largest value in the place of an
// interval.
func spread(values []float64) evaluate.Estimate {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return evaluate.Estimate{Value: sum / float64(len(values)), Lo: slices.Min(values), Hi: slices.Max(values)}
}

// deviation is the sample standard deviation; NaN of a single value.
func deviation(values []float64) float64 {
	mean, squares := spread(values).Value, 0.0
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	return math.Sqrt(squares / float64(len(values)-1))
}

package ml1m

import (
	"context"

	"github.com/reelrank/reelrank/benchmark"
	"github.com/reelrank/reelrank/evaluate"
)

// Options say what to run.
type Options struct {
	Dir string // holds ml-1m_sas.txt.gz
}

// The intervals are of the mean over users.
const (
	resamples  = 1000
	confidence = 0.95
)

// Run measures all methods and puts the published ones beside.
func Run(ctx context.Context, o Options) (*benchmark.Table, error) {
	d, err := Load(o.Dir)
	if err != nil {
		return nil, err
	}
	t := &benchmark.Table{
		Title:   "MovieLens-1M, the next of 3,416 movies, leave one out, full ranking without seen items",
		Columns: []benchmark.Column{{Name: "HR@10", Digits: 4}, {Name: "NDCG@10", Digits: 4}},
	}
	for _, floor := range []struct {
		name string
		fit  func([][]int32, int) Score
	}{{"popular", popular}, {"Markov, first order", markov}} {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		// As the sequences that are asked about, counts hold what is before the test's target.
		verdicts, err := JudgeAll(d.Test(), d.Items, floor.fit(d.until(1), d.Items))
		if err != nil {
			return nil, err
		}
		add(t, floor.name, verdicts)
	}
	addPublished(t)
	return t, nil
}

// add appends a measured row.
func add(t *benchmark.Table, name string, verdicts []Verdict) *benchmark.Row {
	hr, ndcg := make([]float64, len(verdicts)), make([]float64, len(verdicts))
	for i, v := range verdicts {
		hr[i], ndcg[i] = v.HR, v.NDCG
	}
	return t.Add(name, benchmark.Measured, evaluate.MeanOf(hr, resamples, confidence, 1), evaluate.MeanOf(ndcg, resamples, confidence, 1))
}

// addPublished appends what papers report.
func addPublished(t *benchmark.Table) {
	const same, larger = "on this file", "on the variant of 3,706 items"
	for _, p := range []struct {
		name     string
		hr, ndcg float64
		data     string
	}{
		{"SASRec", .2392, .1259, same},
		{"BERT4Rec", .2821, .1516, same},
		{"gSASRec", .3003, .1726, same},
		{"eSASRec", .3133, .1772, larger},
		{"HSTU", .3097, .172, larger},
		{"FuXi-alpha", .3164, .1813, larger},
	} {
		t.Add(p.name, benchmark.Published, benchmark.Point(p.hr), benchmark.Point(p.ndcg)).Note = p.data
	}
}

package ml1m

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/reelrank/reelrank/benchmark"
	"github.com/reelrank/reelrank/evaluate"
)

// Options say what to run.
type Options struct {
	Dir      string     // holds ml-1m_sas.txt.gz
	Networks []Settings // to be trained, each with every seed
	Seeds    int
	Limit    time.Duration                    // of a network's training, after which its best epoch so far is judged; 0 for none
	Keep     string                           // folder of the checkpoints; empty keeps none
	Progress func(format string, args ...any) // nil: nobody asks
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
	for _, s := range o.Networks {
		if err := o.train(ctx, t, d, s); err != nil {
			return nil, err
		}
	}
	addPublished(t)
	return t, nil
}

// train adds the row of a network: the mean over the seeds.
func (o *Options) train(ctx context.Context, t *benchmark.Table, d *Data, s Settings) error {
	progress := o.Progress
	if progress == nil {
		progress = func(string, ...any) {}
	}
	means := make([]Verdict, len(d.Sequences))
	var note strings.Builder
	fmt.Fprintf(&note, "seeds: %d, best epoch", o.Seeds)
	for seed := range o.Seeds {
		r, err := newTrainer(s, d.Items, uint64(seed)+1)
		if err != nil {
			return err
		}
		dir := ""
		if o.Keep != "" {
			dir = filepath.Join(o.Keep, fmt.Sprintf("%s-%d", s.Encoder, seed+1))
		}
		if err := r.run(ctx, d, dir, o.Limit, progress); err != nil {
			return err
		}
		verdicts, err := r.test(d)
		if err != nil {
			return err
		}
		for i, v := range verdicts {
			means[i].HR += v.HR / float64(o.Seeds)
			means[i].NDCG += v.NDCG / float64(o.Seeds)
		}
		best := r.state.History[r.state.Best-1]
		fmt.Fprintf(&note, " %d with validation %.4f, %.4f", r.state.Best, best.HR, best.NDCG)
	}
	add(t, s.Encoder, means).Note = note.String()
	return nil
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

package seedworld

import (
	"context"
	"fmt"
	"time"

	"github.com/reelrank/reelrank/benchmark"
	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/dataset"
	"github.com/reelrank/reelrank/evaluate"
	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/simulate"
	"github.com/reelrank/reelrank/train"
)

// Result is what one world gave.
type Result struct {
	Seed    uint64           `json:"seed"`
	Seconds float64          `json:"seconds"` // of wall time, for all of it
	Epochs  int              `json:"epochs"`  // until training stopped
	Best    int              `json:"best"`    // the epoch that was kept
	Learned int              `json:"learned"` // interactions of the training part
	Report  *evaluate.Report `json:"report"`
	Stages  []Stage          `json:"stages"`
}

// Stage is where the model stands after one of its stages.
type Stage struct {
	Name   string            `json:"name"`
	Best   string            `json:"best_baseline"`
	Ahead  evaluate.Estimate `json:"ahead"`           // NDCG@10 minus that of the best baseline, paired
	Oracle evaluate.Estimate `json:"share_of_oracle"` // NDCG@10 over the oracle's, paired
}

// Settings are the configuration of the benchmark where nothing else is set:
// the newest 15 % of a world's log are the test part.
func Settings() config.Config {
	cfg := config.Default()
	cfg.Model.Preset = "compact"
	cfg.Train.TestShare = 0.15
	cfg.Train.LearningRate = 4e-3
	cfg.Train.Epochs = 10
	return cfg
}

// Run measures the seeds that are not finished yet, and returns all.
func Run(ctx context.Context, o benchmark.Worlds) ([]*Result, error) {
	return benchmark.EachWorld(ctx, o, measure)
}

// measure makes one world, trains on it, and asks everyone.
func measure(ctx context.Context, o benchmark.Worlds, params simulate.Params) (*Result, error) {
	start, seed := time.Now(), o.Config.Seed
	w, err := simulate.New(params, seed)
	if err != nil {
		return nil, err
	}
	if err := w.Generate(ctx, o.Say("simulating")); err != nil {
		return nil, err
	}
	model := recommend.New(o.Config)
	fit, err := model.Fit(ctx, &dataset.Dataset{Interactions: w.Interactions(), Reels: w.Reels(), Source: "simulated"}, recommend.FitOptions{
		Prepared: o.Say("reading the log"),
		Trained: func(p train.Progress) {
			o.Say(fmt.Sprintf("training, epoch %d of at most %d", p.Epoch, p.Epochs))(p.Step, p.Steps)
		},
	})
	if err != nil {
		return nil, err
	}
	report, err := model.Evaluate(ctx, recommend.EvaluateOptions{
		Title: fmt.Sprintf("%s world, seed %d", o.World, seed), Oracle: benchmark.Oracle{World: w}, Progress: o.Say("asking everyone"),
	})
	if err != nil {
		return nil, err
	}
	return &Result{
		Seed: seed, Seconds: time.Since(start).Seconds(), Epochs: len(fit.Training.Epochs), Best: fit.Training.BestEpoch,
		Learned: fit.Train, Report: report, Stages: stages(report.Table),
	}, nil
}

// headline is the metric that stages are compared by.
var headline = evaluate.MetricAt(evaluate.MetricNDCG, listLength)

// stages compares the model after each stage with the best baseline and with
// the oracle.
func stages(t *evaluate.Table) []Stage {
	var all []Stage
	for _, name := range []string{recommend.AfterRetrieval, recommend.AfterRanking, recommend.FullSlate} {
		best, ahead := t.AgainstBaselines(name, headline)
		all = append(all, Stage{name, best, ahead, t.Ratio(name, benchmark.Oracle{}.Name(), headline)})
	}
	return all
}

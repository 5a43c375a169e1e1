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

// Options say what is measured.
type Options struct {
	World  simulate.Preset
	Config config.Config // the network, its training, and the pipeline; its seed is not used
	Seeds  []uint64      // each of a world and of the network trained on it
	Dir    string        // keeps what is finished
	// Progress, when not nil, is told what is being done, and how far it is.
	Progress func(what string, done, total int)
}

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
func Run(ctx context.Context, o Options) ([]*Result, error) {
	if o.Progress == nil {
		o.Progress = func(string, int, int) {}
	}
	params, err := o.World.Params()
	if err != nil {
		return nil, err
	}
	o.Config.Seed = 0
	kept, err := benchmark.NewKept(o.Dir, struct {
		World  simulate.Params
		Config config.Config
	}{params, o.Config})
	if err != nil {
		return nil, err
	}
	var results []*Result
	for _, seed := range o.Seeds {
		r, part := new(Result), fmt.Sprintf("seed-%d", seed)
		finished, err := kept.Load(part, r)
		if err != nil {
			return nil, err
		}
		if !finished {
			if r, err = o.measure(ctx, params, seed); err != nil {
				return nil, fmt.Errorf("seed %d: %w", seed, err)
			}
			if err := kept.Store(part, r); err != nil {
				return nil, err
			}
		}
		results = append(results, r)
	}
	return results, nil
}

// measure makes one world, trains on it, and asks everyone.
func (o Options) measure(ctx context.Context, params simulate.Params, seed uint64) (*Result, error) {
	start := time.Now()
	say := func(what string) func(done, total int) {
		return func(done, total int) { o.Progress(fmt.Sprintf("seed %d: %s", seed, what), done, total) }
	}
	w, err := simulate.New(params, seed)
	if err != nil {
		return nil, err
	}
	if err := w.Generate(ctx, say("simulating")); err != nil {
		return nil, err
	}
	o.Config.Seed = seed
	model := recommend.New(o.Config)
	fit, err := model.Fit(ctx, &dataset.Dataset{Interactions: w.Interactions(), Reels: w.Reels(), Source: "simulated"}, recommend.FitOptions{
		Prepared: say("reading the log"),
		Trained: func(p train.Progress) {
			say(fmt.Sprintf("training, epoch %d of at most %d", p.Epoch, p.Epochs))(p.Step, p.Steps)
		},
	})
	if err != nil {
		return nil, err
	}
	report, err := model.Evaluate(ctx, recommend.EvaluateOptions{
		Title: fmt.Sprintf("%s world, seed %d", o.World, seed), Oracle: benchmark.Oracle{World: w}, Progress: say("asking everyone"),
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

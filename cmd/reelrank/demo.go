package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/reelrank/reelrank/benchmark"
	"github.com/reelrank/reelrank/benchmark/seedworld"
	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/dataset"
	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/simulate"
)

// demoCmd does the whole job in seven steps.
type demoCmd struct {
	Seed   uint64 `help:"Seed of the world and the model; 0 takes the configured one. The same seed gives the same result." default:"0"`
	Preset string `help:"Size of the simulated world: ${enum}." enum:"tiny,demo,seed" default:"demo"`
	Bundle string `help:"Directory of the bundle that step 5 saves." default:"demo/bundle" placeholder:"DIR"`
	HTML   string `name:"html" help:"Also write the evaluation as an HTML report to this file." placeholder:"FILE"`
	Exit   bool   `help:"Stop after step 7 instead of serving until Ctrl-C."`

	cfg   config.Config
	world *simulate.World
	data  *dataset.Dataset
	model *recommend.Recommender
}

// Run walks the seven steps, prints the final statistics, and serves.
func (cmd *demoCmd) Run(ctx context.Context, c *console, g *globals) error {
	start := time.Now()
	steps := []struct {
		name string
		run  func(context.Context, *console) error
	}{
		{"configuration", func(_ context.Context, c *console) error { return cmd.configure(c, g) }},
		{"data", cmd.simulate},
		{"training", cmd.train},
		{"evaluation", cmd.evaluate},
		{"save and load back", cmd.saveAndLoad},
		{"inference demo", cmd.infer},
	}
	for i, step := range steps {
		fmt.Fprintf(c.out, "\n[%d/7] %s\n", i+1, step.name)
		if err := step.run(ctx, c); err != nil {
			return fmt.Errorf("step %d, %s: %w", i+1, step.name, err)
		}
	}
	fmt.Fprintf(c.out, "\n[7/7] serving\n")
	if err := cmd.serve(ctx, c, g, start); err != nil {
		return fmt.Errorf("step 7, serving: %w", err)
	}
	return nil
}

func (cmd *demoCmd) configure(c *console, g *globals) error {
	// The demo's own defaults are those of the benchmark: the compact network,
	// which two cores train within two minutes. Files, environment and flags
	// override them.
	base := seedworld.Settings()
	loaded, err := g.load(&base)
	if err != nil {
		return err
	}
	cmd.cfg = loaded.Config
	if cmd.Seed != 0 {
		cmd.cfg.Seed = cmd.Seed
	}
	fmt.Fprintf(c.out, "%d settings are valid; seed %d, world %s, model %s, at most %d epochs\n",
		len(loaded.Settings()), cmd.cfg.Seed, cmd.Preset, cmd.cfg.Model.Preset, cmd.cfg.Train.Epochs)
	return nil
}

func (cmd *demoCmd) simulate(ctx context.Context, c *console) error {
	start := time.Now()
	var err error
	if cmd.world, err = generateWorld(ctx, c, cmd.Preset, cmd.cfg.Seed); err != nil {
		return err
	}
	cmd.data = worldDataset(cmd.world)
	positives := 0
	for i := range cmd.data.Interactions {
		if cmd.data.Interactions[i].Positive() {
			positives++
		}
	}
	from, to := cmd.data.Window()
	fmt.Fprintf(c.out, "simulated %s over %d days in %s; %.0f %% of the exposures were enjoyed\n",
		describe(cmd.data), (to-from)/86400+1, time.Since(start).Round(10*time.Millisecond), 100*float64(positives)/float64(len(cmd.data.Interactions)))
	return nil
}

func (cmd *demoCmd) train(ctx context.Context, c *console) error {
	cmd.model = recommend.New(cmd.cfg)
	_, err := fit(ctx, c, cmd.model, cmd.data, false)
	return err
}

func (cmd *demoCmd) evaluate(ctx context.Context, c *console) error {
	b := newBar(c, "evaluating")
	report, err := cmd.model.Evaluate(ctx, recommend.EvaluateOptions{
		Title: fmt.Sprintf("reelrank demo, seed %d", cmd.cfg.Seed), Oracle: benchmark.Oracle{World: cmd.world}, Progress: b.report,
	})
	b.done()
	if err != nil {
		return err
	}
	if err := printComparison(c.out, report); err != nil {
		return err
	}
	return writeReports(c, report, "", cmd.HTML)
}

// saveAndLoad goes on with the loaded model, after checking that it answers
// as the one in memory, bit for bit.
func (cmd *demoCmd) saveAndLoad(ctx context.Context, c *console) error {
	start := time.Now()
	if err := cmd.model.Save(ctx, cmd.Bundle); err != nil {
		return err
	}
	saved := time.Since(start)
	loaded, err := recommend.Load(ctx, cmd.Bundle)
	if err != nil {
		return err
	}
	compared, err := sameAnswers(ctx, cmd.model, loaded, cmd.data)
	if err != nil {
		return err
	}
	cmd.model = loaded
	size, err := directorySize(cmd.Bundle)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "saved %s (%s, %.1f MB) in %s, loaded in %s; %d predictions of the loaded model equal the saved one's bit for bit\n",
		cmd.Bundle, loaded.Facts().ModelVersion, float64(size)/1e6, saved.Round(time.Millisecond), (time.Since(start) - saved).Round(time.Millisecond), compared)
	return nil
}

// comparedPredictions is how many predictions of two models are compared.
const comparedPredictions = 200

// sameAnswers compares predictions over the newest interactions' users and reels.
func sameAnswers(ctx context.Context, a, b *recommend.Recommender, ds *dataset.Dataset) (int, error) {
	log := ds.Interactions[max(0, len(ds.Interactions)-comparedPredictions):]
	for _, it := range log {
		x, err := a.Predict(ctx, it.User, it.Reel, it.Context, nil)
		if err != nil {
			return 0, err
		}
		y, err := b.Predict(ctx, it.User, it.Reel, it.Context, nil)
		if err != nil {
			return 0, err
		}
		if x.Predictions != y.Predictions || x.Score != y.Score {
			return 0, fmt.Errorf("user %d, reel %d: the loaded model predicts %v, the saved one %v", it.User, it.Reel, y.Predictions, x.Predictions)
		}
	}
	return len(log), nil
}

func directorySize(dir string) (int64, error) {
	var size int64
	err := filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		size += info.Size()
		return err
	})
	return size, err
}

// shownReels is how many reels of the slate the demo prints.
const shownReels = 5

// timedRequests is how many requests the latency figures are taken from.
const timedRequests = 500

func (cmd *demoCmd) infer(ctx context.Context, c *console) error {
	newest := cmd.data.Interactions[len(cmd.data.Interactions)-1]
	slate, err := cmd.model.Recommend(ctx, recommend.Request{User: newest.User, K: 10, Context: newest.Context})
	if err != nil {
		return err
	}
	slate.Items = slate.Items[:min(len(slate.Items), shownReels)]
	if err := printSlate(c.out, slate); err != nil {
		return err
	}
	took := make([]time.Duration, timedRequests)
	for i := range took {
		it := cmd.data.Interactions[i*len(cmd.data.Interactions)/timedRequests]
		start := time.Now()
		if _, err := cmd.model.Recommend(ctx, recommend.Request{User: it.User, K: 10, Context: it.Context}); err != nil {
			return err
		}
		took[i] = time.Since(start)
	}
	fmt.Fprintf(c.out, "latency of %d requests, one at a time: p50 %s, p99 %s\n", len(took), percentile(took, 50), percentile(took, 99))
	return nil
}

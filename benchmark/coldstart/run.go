package coldstart

import (
	"context"
	"fmt"
	"time"

	"github.com/reelrank/reelrank/benchmark"
	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/dataset"
	"github.com/reelrank/reelrank/evaluate"
	"github.com/reelrank/reelrank/simulate"
	"github.com/reelrank/reelrank/train"
)

// Result is what one world gave.
type Result struct {
	Seed    uint64             `json:"seed"`
	Seconds float64            `json:"seconds"` // of wall time
	Shelf   int                `json:"shelf"`   // new reels
	Reels   *evaluate.Table    `json:"reels"`   // new reels among themselves
	People  *evaluate.Table    `json:"people"`  // the whole catalogue for new people
	Weights map[string]float32 `json:"weights"` // of the similarity, by variant
	Removed []Removal          `json:"removed"`
	Ahead   evaluate.Estimate  `json:"ahead"`        // NDCG@10 on new reels: content only minus popular, paired
	Served  evaluate.Estimate  `json:"served_ahead"` // NDCG@10 for new people: the pipeline minus popular, paired
}

// Removal is what taking parts away costs: NDCG@10 with the parts minus
// without, paired over users.
type Removal struct {
	From  string            `json:"from"`
	Parts []Part            `json:"parts"`
	Name  string            `json:"name"` // of the variant without
	Costs evaluate.Estimate `json:"costs"`
}

// headline is the metric that variants are compared by.
var headline = evaluate.MetricAt(evaluate.MetricNDCG, 10)

// Settings are the configuration of the benchmark where nothing else is set.
func Settings() config.Config {
	cfg := config.Default()
	cfg.Model.Preset = "compact"
	cfg.Train.TestShare = 0.15
	cfg.Train.LearningRate = 4e-3
	cfg.Train.Epochs = 3 // of each of 13 networks
	return cfg
}

// Run measures the seeds that are not finished yet, and returns all.
func Run(ctx context.Context, o benchmark.Worlds) ([]*Result, error) {
	return benchmark.EachWorld(ctx, o, measure)
}

// experiment is one world on its way to a Result.
type experiment struct {
	cfg     config.Config
	say     func(what string) func(done, total int)
	world   *simulate.World
	holdout *holdout
	result  *Result
}

// measure makes one world, holds out its new reels and people, and asks.
func measure(ctx context.Context, o benchmark.Worlds, params simulate.Params) (*Result, error) {
	start, seed := time.Now(), o.Config.Seed
	x := &experiment{cfg: o.Config, say: o.Say, result: &Result{Seed: seed, Weights: map[string]float32{}}}
	var err error
	if x.world, err = simulate.New(params, seed); err != nil {
		return nil, err
	}
	if err := x.world.Generate(ctx, x.say("simulating")); err != nil {
		return nil, err
	}
	ds := &dataset.Dataset{Interactions: x.world.Interactions(), Reels: x.world.Reels(), Source: "simulated"}
	if x.holdout, err = hold(ds, seed, x.cfg.Train.ValidationShare, x.cfg.Train.TestShare); err != nil {
		return nil, err
	}
	if err := x.newPeople(ctx, ds); err != nil {
		return nil, err
	}
	if err := x.newReels(ctx); err != nil {
		return nil, err
	}
	x.result.Seconds = time.Since(start).Seconds()
	return x.result, nil
}

// newReels trains every variant and asks all of them for new reels.
func (x *experiment) newReels(ctx context.Context) error {
	h, r := x.holdout, x.result
	s, err := newSchool(ctx, h, x.cfg, x.say("reading the log"))
	if err != nil {
		return err
	}
	variants := []Variant{everything, contentOnly}
	for _, away := range removals() {
		variants = append(variants, away.from.less(away.parts...))
	}
	rows := simples(h, x.cfg.Seed)
	for n, v := range variants {
		say := x.say(fmt.Sprintf("training network %d of %d, %s", n+1, len(variants), v.Name))
		learned, err := s.teach(ctx, v, func(p train.Progress) { say((p.Epoch-1)*p.Steps+p.Step, p.Epochs*p.Steps) })
		if err != nil {
			return err
		}
		row, err := s.ranker(ctx, learned)
		if err != nil {
			return err
		}
		r.Weights[v.Name] = row.blend.Similarity
		rows = append(rows, row)
	}
	rows = append(rows, benchmark.Oracle{World: x.world, Only: h.reels.allows(h.catalog)})
	if r.Reels, err = evaluate.Run(ctx, rows, h.reels.cases, evaluate.NewOptions(x.cfg, h.catalog), x.say("asking for new reels")); err != nil {
		return err
	}
	r.Shelf = len(h.reels.shelf)
	r.Ahead = r.Reels.Difference(contentOnly.Name, popular, headline)
	for _, away := range removals() {
		without := away.from.less(away.parts...)
		r.Removed = append(r.Removed, Removal{away.from.Name, away.parts, without.Name, r.Reels.Difference(away.from.Name, without.Name, headline)})
	}
	return nil
}

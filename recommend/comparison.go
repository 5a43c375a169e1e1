package recommend

import (
	"context"
	"fmt"
	"maps"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/evaluate"
)

// Comparison is a model beside another one, on interactions that neither has
// learned from.
type Comparison struct {
	Metric     string            `json:"metric"` // the judge, e.g. "ndcg@10"
	Users      int               `json:"users"`  // whose lists were judged
	Own        evaluate.Estimate `json:"own"`    // of the metric
	Other      evaluate.Estimate `json:"other"`
	Difference evaluate.Estimate `json:"difference"` // own less other, over the same draws of users
}

// CompareOptions bound what a comparison costs.
type CompareOptions struct {
	Users   int // most users to judge by, evenly spread; 0 takes all
	Threads int // 0 means one per core
}

// The rows of a comparison.
const (
	ownRow   = "own"
	otherRow = "other"
)

// Compare measures the full slates of the model that r was fitted to, and those
// of the model of another bundle, on the test part of r's data. Both answer over
// the same catalogue and the same past. The metrics of r's model become part of
// its Facts and of what is saved.
func (r *Recommender) Compare(ctx context.Context, bundle string, opts CompareOptions) (Comparison, error) {
	e, err := r.current()
	if err != nil {
		return Comparison{}, err
	}
	before, test, err := e.testPart()
	if err != nil {
		return Comparison{}, err
	}
	other, err := e.beside(bundle)
	if err != nil {
		return Comparison{}, err
	}
	cases, _, err := evaluate.Cases(before, test, e.catalog)
	if err != nil {
		return Comparison{}, err
	}
	if opts.Users > 0 && len(cases) > opts.Users {
		cases = spread(cases, opts.Users)
	}
	options := evaluate.NewOptions(r.cfg, e.catalog)
	options.Threads = opts.Threads
	var rows []evaluate.Recommender
	for _, of := range []struct {
		e    *engine
		name string
	}{{e, ownRow}, {other, otherRow}} {
		past, err := of.e.at(before, 0) // no time budget: the result must not depend on the machine
		if err != nil {
			return Comparison{}, err
		}
		rows = append(rows, renamed{stage{past, FullSlate, past.usersOf(cases)}, of.name})
	}
	table, err := evaluate.Run(ctx, rows, cases, options, nil)
	if err != nil {
		return Comparison{}, err
	}
	r.keepValues(e, table.Values(ownRow))
	c := Comparison{Metric: evaluate.MetricAt(evaluate.MetricNDCG, table.HeadlineK()), Users: table.Cases}
	c.Own, c.Other = table.Rows[0].Estimates[c.Metric], table.Rows[1].Estimates[c.Metric]
	c.Difference = table.Difference(ownRow, otherRow, c.Metric)
	return c, nil
}

// beside is the engine of a bundle's model over the catalogue and data of
// another engine. It refuses one that has learned from e's test part.
func (e *engine) beside(bundle string) (*engine, error) {
	t, _, err := loadModel(bundle, nil)
	if err != nil {
		return nil, loadError(bundle, err)
	}
	if t.cuts.TestFrom > e.cuts.TestFrom {
		return nil, fmt.Errorf("compare with bundle %s: it has learned from what came before %d, and the comparison is from %d on: it would know the answers", bundle, t.cuts.TestFrom, e.cuts.TestFrom)
	}
	t.data, t.cfg.Retrieve.Index = e.data, config.EmbeddedIndex // what is tried here is not for a server
	own, err := newTables(t.cfg, t.model, t.encoder, e.catalog, SavedVectors{})
	if err != nil {
		return nil, err
	}
	return assemble(t, own)
}

// renamed is a recommender under another name.
type renamed struct {
	evaluate.Recommender
	name string
}

func (r renamed) Name() string { return r.name }

// keepValues puts an engine into service that knows these metrics of itself,
// unless another one was fitted meanwhile.
func (r *Recommender) keepValues(e *engine, values map[string]float64) {
	known := *e
	known.metrics = maps.Clone(e.metrics)
	maps.Copy(known.metrics, values)
	r.engine.CompareAndSwap(e, &known)
}

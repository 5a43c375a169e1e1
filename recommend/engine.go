package recommend

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/dataset"
	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/rerank"
	"github.com/reelrank/reelrank/retrieve"
	"github.com/reelrank/reelrank/train"
)

// engine is one model in service over a world. Its own parts do not change
// once built; its tables and the world do.
type engine struct {
	trained
	*tables
	rerank *rerank.Reranker
	view

	examples *train.Examples // of the Fit that made it; nil after Load
}

// trained is what Fit makes and a bundle keeps.
type trained struct {
	cfg     config.Config
	model   *model.Model
	encoder *feature.Encoder
	data    *dataset.Dataset // what it was fitted on; nil where it answers over a world of its own
	cuts    cuts
	epochs  []train.EpochResult
	metrics map[string]float64
	version string
	created int64 // unix seconds
	past    past

	correction []float32 // of the similarity by the context, see rank.Blend; nil for none
	strangers  *choice   // how people without a history are scored, of whom popularity has to say more; nil for as everybody
}

// past is the log that a model was fitted on.
type past struct {
	From, To     int64 // unix seconds of the oldest and newest interaction
	Interactions int   // of the part that it learned from
}

// cuts are the times at which the validation and the test part of the data
// start, in unix seconds.
type cuts struct {
	ValidationFrom int64 `json:"validation_from"`
	TestFrom       int64 `json:"test_from"`
}

// view is what an engine reads of a world.
type view struct {
	world     *World
	contexts  *sync.Pool // *contexts
	recent    *userCache
	retriever *retrieve.Retriever
}

// newEngine builds an engine over the state after the whole log of its data.
func newEngine(t trained) (*engine, error) {
	cat, err := catalog.New(t.data.Reels)
	if err != nil {
		return nil, err
	}
	return join(context.Background(), t, replayed(t.cfg, cat, t.data.Interactions))
}

// join puts a model into service over a world, whose changes it follows from
// then on.
func join(ctx context.Context, t trained, w *World) (*engine, error) {
	own, err := w.follow(ctx, func() (*tables, error) { return newTables(t.cfg, t.model, t.encoder, w.catalog, w.saved) })
	if err != nil {
		return nil, err
	}
	e, err := assemble(t, own)
	if err == nil {
		e, err = e.over(w, t.cfg.Retrieve.SourceBudget)
	}
	if err != nil {
		w.forget(own)
		return nil, err
	}
	return e, nil
}

// assemble makes an engine of a model and its tables. It answers once over has
// given it a world.
func assemble(t trained, own *tables) (*engine, error) {
	e := &engine{trained: t, tables: own}
	var err error
	if e.version, err = answering(t.cfg, t.model); err != nil {
		return nil, err
	}
	if e.rerank, err = rerank.New(t.cfg.Rerank, t.cfg.Retrieve.FreshHours, own.catalog); err != nil {
		return nil, err
	}
	return e, nil
}

// over returns the engine over a world of its catalogue. A source that takes
// longer than the budget is dropped from a request.
func (e *engine) over(w *World, budget time.Duration) (*engine, error) {
	v := view{world: w, recent: newUserCache(e.cfg.Rank.CachedUsers)}
	v.contexts = newContexts(feature.NewContextBuilder(e.catalog, w.counters))
	var err error
	v.retriever, err = retrieve.New(e.cfg.Retrieve, retrieve.Parts{
		Catalog: e.catalog, Counters: w.counters, Index: e.vectors, Attributes: e.labels, Together: w.together, Budget: budget,
	})
	if err != nil {
		return nil, err
	}
	moved := *e
	moved.view = v
	return &moved, nil
}

// at returns the engine over the state after the given log, which is sorted by
// time.
func (e *engine) at(log []reel.Interaction, budget time.Duration) (*engine, error) {
	return e.over(replayed(e.cfg, e.catalog, log), budget)
}

func (e *engine) facts() Facts {
	return Facts{
		ModelVersion: e.version, Preset: e.model.Config.Preset, Parameters: e.model.ParameterCount(),
		Reels: e.catalog.Count(), Users: e.world.Users(), TrainedOn: e.past.Interactions,
		DataFrom: e.past.From, DataTo: e.past.To, LearnedTo: e.cuts.TestFrom, Metrics: maps.Clone(e.metrics), Sources: e.sourceFacts(),
		UserHits: e.recent.hits.Load(), UserMisses: e.recent.misses.Load(),
	}
}

func (e *engine) sourceFacts() []SourceFacts {
	var facts []SourceFacts
	for _, c := range e.retriever.Counts() {
		facts = append(facts, SourceFacts{c.Source.String(), c.Quota, c.Requests, c.Failed, c.OverBudget})
	}
	return facts
}

package recommend

import (
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/catalog/cowatch"
	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/dataset"
	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/model/bundle"
	"github.com/reelrank/reelrank/rank"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/rerank"
	"github.com/reelrank/reelrank/retrieve"
	"github.com/reelrank/reelrank/train"
)

// engine is one model in service over one state of the world. It does not
// change once built.
type engine struct {
	trained
	catalog *catalog.Catalog
	reels   *model.Reels
	users   *model.Encoder
	labels  *retrieve.Attributes // of the index's items
	index   retrieve.Index
	scorer  *rank.Scorer
	rerank  *rerank.Reranker
	view

	examples *train.Examples // of the Fit that made it; nil after Load
}

// trained is what Fit makes and a bundle keeps.
type trained struct {
	cfg     config.Config
	model   *model.Model
	encoder *feature.Encoder
	data    *dataset.Dataset
	cuts    cuts
	epochs  []train.EpochResult
	metrics map[string]float64
	version string
	created int64 // unix seconds
}

// cuts are the times at which the validation and the test part of the data
// start, in unix seconds.
type cuts struct {
	ValidationFrom int64 `json:"validation_from"`
	TestFrom       int64 `json:"test_from"`
}

// view is the state of the world as of a moment of the log.
type view struct {
	counters  *catalog.Counters
	together  *cowatch.Neighbours
	profiles  map[reel.UserID]*reel.Profile
	contexts  *sync.Pool // *contexts
	recent    *userCache
	retriever *retrieve.Retriever
	now       int64 // time of the newest interaction, unix seconds
}

// newEngine builds an engine over the state after the whole log.
func newEngine(t trained) (*engine, error) {
	cat, err := catalog.New(t.data.Reels)
	if err != nil {
		return nil, err
	}
	e, err := assemble(t, cat)
	if err != nil {
		return nil, err
	}
	return e.at(t.data.Interactions, t.cfg.Retrieve.SourceBudget)
}

// assemble computes what serving precomputes of a model and a catalogue. The
// engine answers once at or over has given it a state of the world.
func assemble(t trained, cat *catalog.Catalog) (*engine, error) {
	e := &engine{trained: t, catalog: cat}
	var err error
	if e.version, err = bundle.ModelVersion(t.model.Config.Preset, t.model.Tensors()); err != nil {
		return nil, err
	}
	if e.reels, err = t.model.Reels(cat.Len(), e.fillReel); err != nil {
		return nil, err
	}
	weights := e.version
	precision := rank.Precision(t.cfg.Rank.Precision)
	if e.scorer, err = rank.NewScorer(t.model, e.reels, precision); err != nil {
		return nil, err
	}
	if precision != rank.Float32 { // the same weights answer otherwise
		e.version += "-" + string(precision)
	}
	if e.users, err = model.NewEncoder(t.model, e.reels); err != nil {
		return nil, err
	}
	e.labels = retrieve.FitAttributes(cat)
	if e.index, err = openIndex(t.cfg.Retrieve, weights, cat, e.reels, e.labels); err != nil {
		return nil, fmt.Errorf("index the reels: %w", err)
	}
	if e.rerank, err = rerank.New(t.cfg.Rerank, t.cfg.Retrieve.FreshHours, cat); err != nil {
		return nil, err
	}
	return e, nil
}

// fillReel writes the feature vector of the reel at a dense index.
func (e *engine) fillReel(dst []float32, i int) *reel.Reel {
	r := e.catalog.Reel(int32(i))
	e.encoder.Vector(dst, r)
	return r
}

// at returns the engine over the state after the given log, which is sorted by
// time.
func (e *engine) at(log []reel.Interaction, budget time.Duration) (*engine, error) {
	counters, together, profiles := newCounters(e.cfg, e.catalog), newTogether(e.cfg, e.catalog), map[reel.UserID]*reel.Profile{}
	var now int64
	for i := range log {
		it := &log[i]
		counters.Observe(it)
		p, ok := profiles[it.User]
		if !ok {
			p = reel.NewProfile(it.User)
			profiles[it.User] = p
		}
		together.Observe(it, p.Recent)
		p.Apply(*it)
		now = it.Time
	}
	return e.over(counters, together, profiles, now, budget)
}

// over returns the engine over a state of the world as of now (unix seconds).
// A source that takes longer than the budget is dropped from a request.
func (e *engine) over(counters *catalog.Counters, together *cowatch.Neighbours, profiles map[reel.UserID]*reel.Profile, now int64, budget time.Duration) (*engine, error) {
	v := view{counters: counters, together: together, profiles: profiles, now: now}
	v.contexts = newContexts(feature.NewContextBuilder(e.catalog, v.counters))
	v.recent = newUserCache(e.cfg.Rank.CachedUsers)
	var err error
	v.retriever, err = retrieve.New(e.cfg.Retrieve, retrieve.Parts{
		Catalog: e.catalog, Counters: v.counters, Index: e.index, Attributes: e.labels, Together: v.together, Budget: budget,
	})
	if err != nil {
		return nil, err
	}
	moved := *e
	moved.view = v
	return &moved, nil
}

func newCounters(cfg config.Config, cat *catalog.Catalog) *catalog.Counters {
	return catalog.NewCounters(cat, hours(cfg.Retrieve.HalfLife))
}

func newTogether(cfg config.Config, cat *catalog.Catalog) *cowatch.Neighbours {
	return cowatch.New(cat, hours(cfg.Retrieve.CowatchHalfLife))
}

func hours(h float64) time.Duration { return time.Duration(h * float64(time.Hour)) }

// profile returns what is known of a user, and whether anything is.
func (e *engine) profile(user reel.UserID) (*reel.Profile, bool) {
	if p, ok := e.profiles[user]; ok {
		return p, true
	}
	return reel.NewProfile(user), false
}

func (e *engine) facts() Facts {
	from, to := e.data.Window()
	return Facts{
		ModelVersion: e.version, Preset: e.model.Config.Preset, Parameters: e.model.ParameterCount(),
		Reels: e.catalog.Len(), Users: len(e.profiles), TrainedOn: trainingRows(e.data.Interactions, e.cuts.ValidationFrom),
		DataFrom: from, DataTo: to, Metrics: maps.Clone(e.metrics), Sources: e.sourceFacts(),
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

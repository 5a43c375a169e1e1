package retrieve

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/catalog/cowatch"
	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/reel"
)

// Parts are what the sources read.
type Parts struct {
	Catalog  *catalog.Catalog
	Counters *catalog.Counters
	Index    Index               // has the vector of reel i under i, maybe moments late; nil leaves out the similar source
	Together *cowatch.Neighbours // nil leaves out the cowatched source

	// Attributes are those that have described the index's items; nil where
	// they are not described, so that filters are applied to what it finds.
	Attributes *Attributes

	// Budget is how long a source may take before it is dropped from a
	// request; 0 sets no limit besides the context's, so that an evaluation
	// does not depend on how busy the machine is. A serving budget is to be
	// over ten times what the slowest source takes, so that a machine that is
	// merely busy drops none.
	Budget time.Duration
}

// Slot is one source of a Retriever with its share of the candidates.
type Slot struct {
	Source Source
	Quota  int // at least 1
}

// Retriever runs the sources of a request and merges what they find. It is
// safe for concurrent use.
type Retriever struct {
	parts      Parts
	slots      []Slot
	tallies    []tally // of each slot
	candidates int     // most that Retrieve returns
	running    sync.WaitGroup
}

// Trace says what one source did for one request.
type Trace struct {
	Source reel.Source
	Found  int           // reels that it returned, at most the candidates asked for
	Count  int           // merged candidates that it found, alone or with others
	Took   time.Duration // wall time; until it was dropped, where it overran
	Err    error         // why it was dropped from this request; nil where it was not
}

// ErrOverBudget is the error of a source that took longer than its budget.
var ErrOverBudget = errors.New("took longer than its budget")

// New builds a Retriever with the sources that have a quota.
func New(cfg config.Retrieve, parts Parts) (*Retriever, error) {
	if parts.Counters == nil {
		return nil, errors.New("retrieve: no counters given")
	}
	if !(cfg.FreshHours >= 0) {
		return nil, fmt.Errorf("retrieve.fresh_hours: %g is not a number of hours from 0 up", cfg.FreshHours)
	}
	var slots []Slot
	for _, s := range []struct {
		key    string
		quota  int
		source Source
	}{
		{"similar", cfg.Similar, &similar{parts.Index, parts.Attributes}},
		{"trending", cfg.Trending, &trending{parts.Catalog, parts.Counters}},
		{"creators", cfg.Creators, &creators{parts.Catalog}},
		{"fresh", cfg.Fresh, newFresh(parts.Catalog, parts.Counters, cfg.FreshHours, cfg.FreshImpressions)},
		{"cowatched", cfg.Cowatched, newCowatched(parts.Catalog, parts.Together)},
	} {
		if s.quota < 0 {
			return nil, fmt.Errorf("retrieve.%s: the quota %d is negative; 0 turns the source off", s.key, s.quota)
		}
		missing := s.source.Name() == reel.SourceSimilar && parts.Index == nil ||
			s.source.Name() == reel.SourceCowatched && parts.Together == nil
		if s.quota == 0 || missing {
			continue
		}
		slots = append(slots, Slot{s.source, s.quota})
	}
	return NewWithSources(cfg.Candidates, parts, slots...)
}

// NewWithSources builds a Retriever that returns up to the given number of
// candidates from the given sources. Their order breaks ties in the merge.
func NewWithSources(candidates int, parts Parts, slots ...Slot) (*Retriever, error) {
	if candidates < 1 {
		return nil, fmt.Errorf("retrieve.candidates: %d is not at least 1", candidates)
	}
	if parts.Catalog == nil {
		return nil, errors.New("retrieve: no catalogue given")
	}
	if len(slots) == 0 {
		return nil, errors.New("retrieve: every source is off: give at least one a quota")
	}
	var named reel.SourceSet
	for _, s := range slots {
		if s.Quota < 1 {
			return nil, fmt.Errorf("retrieve: the quota of %s is %d, want at least 1", s.Source.Name(), s.Quota)
		}
		if named.Has(s.Source.Name()) {
			return nil, fmt.Errorf("retrieve: two sources are named %s", s.Source.Name())
		}
		named = named.Add(s.Source.Name())
	}
	return &Retriever{parts: parts, slots: slots, tallies: make([]tally, len(slots)), candidates: candidates}, nil
}

// Retrieve returns the candidates of one request, in the order of the merge,
// and one trace per source. A source that fails is dropped from this request
// and counted; where all took longer than the budget, they are asked once more without one;
// the error is for a request whose context ended or whose sources all failed.
func (r *Retriever) Retrieve(ctx context.Context, q *Query) ([]reel.Candidate, []Trace, error) {
	own := q.prepared(r.parts.Catalog)
	found, traces := r.run(ctx, own, r.parts.Budget)
	r.tally(ctx, traces)
	if allOverBudget(traces) && ctx.Err() == nil {
		// The machine stood still, not the sources: late is better than nothing.
		found, traces = r.run(ctx, own, 0)
	}
	if err := ctx.Err(); err != nil {
		return nil, traces, fmt.Errorf("retrieve: %w", err)
	}
	if err := allFailed(traces); err != nil {
		return nil, traces, err
	}
	merged := r.merge(own, found)
	r.fillSimilarity(ctx, own, merged)
	count(traces, merged)
	return merged, traces, nil
}

// Wait returns when no source of an earlier request runs any more; call it
// when no more requests come. Only a source that overran its budget outlives
// its request.
func (r *Retriever) Wait() { r.running.Wait() }

// wanted is how many candidates the query is to get.
func (r *Retriever) wanted(q *Query) int { return max(r.candidates, q.Want) }

func allOverBudget(traces []Trace) bool {
	for _, t := range traces {
		if !errors.Is(t.Err, ErrOverBudget) {
			return false
		}
	}
	return true
}

func allFailed(traces []Trace) error {
	errs := make([]error, 0, len(traces))
	for _, t := range traces {
		if t.Err == nil {
			return nil
		}
		errs = append(errs, fmt.Errorf("%s: %w", t.Source, t.Err))
	}
	return fmt.Errorf("retrieve: every source failed: %w", errors.Join(errs...))
}

// fillSimilarity sets the similarity of all candidates where the user's vector
// is known and sound, and the index answers and has them: without it they are
// ranked by the rest.
func (r *Retriever) fillSimilarity(ctx context.Context, q *Query, candidates []reel.Candidate) {
	if r.parts.Index == nil || q.Vector == nil {
		return
	}
	ids, scores := make([]int32, len(candidates)), make([]float32, len(candidates))
	for k := range candidates {
		ids[k] = candidates[k].Index
	}
	if q.Similarity != nil {
		q.Similarity(scores, ids)
	} else if r.parts.Index.Scores(ctx, scores, q.Vector, ids) != nil {
		return
	}
	for k := range candidates {
		if scores[k] != scores[k] { // NaN: the index does not have it yet, or no more
			continue
		}
		candidates[k].Similarity = scores[k]
		if q.Prior != nil {
			candidates[k].Similarity += q.Prior(candidates[k].Index)
		}
	}
}

func count(traces []Trace, candidates []reel.Candidate) {
	for t := range traces {
		for k := range candidates {
			if candidates[k].Sources.Has(traces[t].Source) {
				traces[t].Count++
			}
		}
	}
}

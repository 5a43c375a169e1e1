package recommend

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/retrieve"
)

// faulty is a source that breaks or stalls.
type faulty struct {
	name reel.Source
	find func(ctx context.Context) error
}

func (f faulty) Name() reel.Source { return f.name }

func (f faulty) Retrieve(ctx context.Context, _ *retrieve.Query, _ int, dst []reel.Candidate) ([]reel.Candidate, error) {
	return dst, f.find(ctx)
}

// steady is a source that always finds the first reels of the catalogue.
type steady struct{}

func (steady) Name() reel.Source { return reel.SourceTrending }

func (steady) Retrieve(_ context.Context, q *retrieve.Query, k int, dst []reel.Candidate) ([]reel.Candidate, error) {
	for i := int32(0); i < 100 && len(dst) < k; i++ {
		if q.Eligible(i) {
			dst = append(dst, reel.Candidate{Index: i})
		}
	}
	return dst, nil
}

func TestSlateIsServedWithoutTheSourcesThatFail(t *testing.T) {
	r := fitted(t)
	e := *r.engine.Load()
	slots := []retrieve.Slot{
		{Source: faulty{reel.SourceSimilar, func(context.Context) error { return errors.New("shard is gone") }}, Quota: 70},
		{Source: faulty{reel.SourceCreators, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}, Quota: 20},
		{Source: faulty{reel.SourceFresh, func(context.Context) error { panic("index out of range") }}, Quota: 10},
		{Source: steady{}, Quota: 20},
	}
	var err error
	parts := retrieve.Parts{Catalog: e.catalog, Counters: e.world.counters, Index: e.vectors, Budget: 200 * time.Millisecond}
	if e.retriever, err = retrieve.NewWithSources(100, parts, slots...); err != nil {
		t.Fatal(err)
	}
	r.engine.Store(&e)
	s := slate(t, r, Request{User: tiny().Interactions[0].User, K: 10})
	if len(s.Items) != 10 {
		t.Errorf("%d items, want 10 from the source that is left", len(s.Items))
	}
	for _, item := range s.Items {
		if len(item.Sources) != 1 || item.Sources[0] != "trending" {
			t.Errorf("reel %d comes from %v", item.Reel, item.Sources)
		}
	}
	dropped := 0
	for _, stage := range s.Stages {
		if strings.Contains(stage.Stage, "dropped") {
			dropped++
		}
	}
	if dropped != 3 {
		t.Errorf("%d sources are said to be dropped, want 3: %v", dropped, s.Stages)
	}
	want := []SourceFacts{{"similar", 70, 1, 1, 0}, {"creators", 20, 1, 0, 1}, {"fresh", 10, 1, 1, 0}, {"trending", 20, 1, 0, 0}}
	for n, got := range r.Facts().Sources {
		if got != want[n] {
			t.Errorf("facts say %+v, want %+v", got, want[n])
		}
	}
}

func TestFactsListTheSourcesInService(t *testing.T) {
	r := fitted(t)
	for range 3 {
		slate(t, r, Request{User: stranger, K: 5})
	}
	var names []string
	for _, s := range r.Facts().Sources {
		names = append(names, s.Source)
		if s.Requests != 3 || s.Failed != 0 || s.OverBudget != 0 || s.Quota == 0 {
			t.Errorf("after three requests: %+v", s)
		}
	}
	if got := strings.Join(names, " "); got != "similar trending creators fresh cowatched" {
		t.Errorf("sources are %s", got)
	}
}

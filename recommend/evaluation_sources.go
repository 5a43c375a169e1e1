package recommend

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/reelrank/reelrank/evaluate"
	"github.com/reelrank/reelrank/reel"
)

// sourceTable measures what each source of retrieval brings to the cases. The
// engine is over the state that their queries may know.
func (e *engine) sourceTable(ctx context.Context, cases []evaluate.Case, opts evaluate.Options) (*evaluate.SourceTable, error) {
	found := make([]evaluate.SourceCase, len(cases))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for n := range cases {
		group.Go(func() (err error) {
			found[n], err = e.sourceCase(ctx, &cases[n])
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return evaluate.Sources(found, e.cfg.Retrieve.Candidates, opts), nil
}

// sourceCase asks retrieval with all sources and without each.
func (e *engine) sourceCase(ctx context.Context, c *evaluate.Case) (evaluate.SourceCase, error) {
	user := e.encode(c.Profile)
	request := Request{User: c.User, K: 1, Now: c.Now, Context: c.Context} // a short slate: as many candidates as configured
	a, err := e.retriever.Ablate(ctx, e.query(request, c.Profile, user))
	if err != nil {
		return evaluate.SourceCase{}, err
	}
	found := evaluate.SourceCase{Relevant: c.Relevant, Merged: idsOf(a.Merged, nil)}
	for _, s := range a.Sources {
		found.Sources = append(found.Sources, evaluate.SourceLists{
			Source: s.Source.String(), Quota: s.Quota, Own: idsOf(s.Own, nil), Without: idsOf(s.Without, nil),
			Alone: idsOf(a.Merged, func(c *reel.Candidate) bool { return c.Sources == reel.SourceSet(0).Add(s.Source) }),
		})
	}
	return found, nil
}

// idsOf lists the candidates' reels, or those that keep accepts.
func idsOf(candidates []reel.Candidate, keep func(*reel.Candidate) bool) []reel.ReelID {
	ids := make([]reel.ReelID, 0, len(candidates))
	for n := range candidates {
		if keep == nil || keep(&candidates[n]) {
			ids = append(ids, candidates[n].Reel)
		}
	}
	return ids
}

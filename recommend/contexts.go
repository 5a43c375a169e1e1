package recommend

import (
	"sync"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/rank"
	"github.com/reelrank/reelrank/reel"
)

// contexts writes the contexts of a request's candidates, in memory that the
// next request uses again.
type contexts struct {
	builder *feature.ContextBuilder
	rows    []float32 // [candidates, feature.ContextDim]
	reels   []int32   // the candidates' dense indices
}

// newContexts returns a pool of contexts.
func newContexts(builder *feature.ContextBuilder) *sync.Pool {
	return &sync.Pool{New: func() any { return &contexts{builder: builder.Fork()} }}
}

// fill returns the candidates' contexts, which hold until the next fill.
func (c *contexts) fill(now int64, around reel.Context, profile *reel.Profile, candidates []reel.Candidate) []float32 {
	c.rows, c.reels = nn.Grow(c.rows, len(candidates)*feature.ContextDim), nn.Grow(c.reels, len(candidates))
	for i := range candidates {
		c.reels[i] = candidates[i].Index
	}
	c.builder.Start(now, around, profile)
	c.builder.FillAll(c.rows, c.reels)
	return c.rows
}

// score fills the candidates' predictions and scores.
func (e *engine) score(req Request, profile *reel.Profile, user model.User, candidates []reel.Candidate, blend rank.Blend) {
	c := e.contexts.Get().(*contexts)
	defer e.contexts.Put(c)
	e.scorer.Score(user, c.fill(req.Now, req.Context, profile, candidates), candidates, blend)
}

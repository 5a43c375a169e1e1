package benchmark

import (
	"context"

	"github.com/reelrank/reelrank/evaluate"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/simulate"
)

// Oracle is a simulated world's own knowledge as a row of a table: about the
// best that anyone can do.
type Oracle struct {
	World *simulate.World
	// Only, when not nil, tells of a query whether it may be answered with a
	// reel, beyond that it was not seen.
	Only func(q *evaluate.Query, id reel.ReelID) bool
}

// Name implements evaluate.Recommender.
func (Oracle) Name() string { return "oracle" }

// Recommend asks the world.
func (o Oracle) Recommend(_ context.Context, q evaluate.Query, k int) ([]reel.ReelID, error) {
	excluded := q.Profile.HasSeen
	if o.Only != nil {
		excluded = func(id reel.ReelID) bool { return q.Profile.HasSeen(id) || !o.Only(&q, id) }
	}
	return o.World.Oracle().Recommend(q.User, q.Now, q.Context, excluded, k), nil
}

package retrieve

import (
	"context"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/reel"
)

// Source is one way to find candidates. Its methods are safe for concurrent
// use.
type Source interface {
	// Name says which source it is; no two in a Retriever share one.
	Name() reel.Source

	// Retrieve appends up to k eligible reels to dst, best first, each with
	// its Index set; the stage fills the rest. It finds nothing, without an
	// error, where the query gives it nothing to go by. It returns soon after
	// ctx is done and leaves the query as it is.
	Retrieve(ctx context.Context, q *Query, k int, dst []reel.Candidate) ([]reel.Candidate, error)
}

// Query is what retrieval knows of one request. A source that overran its
// budget may still read the query after the answer was given, so its parts are
// replaced for the next request, never changed in place.
type Query struct {
	Now     int64 // unix seconds
	Context reel.Context
	Profile *reel.Profile // nil stands for an unknown user; sources never see nil
	Vector  []float32     // the user's retrieval vector [index width]; nil when unknown
	Exclude []reel.ReelID // reels not to return, besides those seen
	Filter  Filter        // what reels the request is about
	Want    int           // candidates, where more than the configured number

	// Prior is added to the product of the vectors wherever reels are compared
	// by similarity: what the model makes of a reel's age, say, which the
	// vectors cannot know. nil adds nothing.
	Prior func(i int32) float32

	// Eligible tells whether the reel at a dense index may be returned. The
	// stage sets it for the sources: not deleted, uploaded by Now, unseen, not
	// excluded, passing the filter, and, where the caller had set one, passing
	// that as well. It is false for an index that the catalogue never gave out.
	Eligible func(i int32) bool
}

// prepared returns a copy of q that sources can rely on.
func (q *Query) prepared(c *catalog.Catalog) *Query {
	own := *q
	if own.Profile == nil {
		own.Profile = &reel.Profile{}
	}
	excluded := make(map[reel.ReelID]struct{}, len(q.Exclude))
	for _, id := range q.Exclude {
		excluded[id] = struct{}{}
	}
	filter := q.Filter.sieve()
	own.Eligible = func(i int32) bool {
		if !c.Alive(i) || c.Uploaded(i) > own.Now {
			return false
		}
		id := c.ID(i)
		if _, out := excluded[id]; out || own.Profile.HasSeen(id) {
			return false
		}
		if filter != nil && !filter.passes(c.Reel(i)) { // most requests need no look at the reel itself
			return false
		}
		return q.Eligible == nil || q.Eligible(i)
	}
	return &own
}

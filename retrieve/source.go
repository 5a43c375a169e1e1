package retrieve

import (
	"context"
	"slices"

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

	// Interests are directions [index width] to search in, in the place of
	// Vector, which lies between them. Empty for Vector alone.
	Interests [][]float32

	// Similarity writes to dst that of the user to each of the reels at some dense
	// indices, the prior aside, where it is more than the product of Vector and
	// the reel's vector: those are then what reels are found by, and no more.
	// nil where it is the product.
	Similarity func(dst []float32, reels []int32)

	away []int32 // of what is not to be shown, in order, where knownAway has all

	// Eligible tells whether the reel at a dense index may be returned. The
	// stage sets it for the sources: not deleted, uploaded by Now, unseen, not
	// excluded, passing the filter, and, where the caller had set one, passing
	// that as well. It is false for an index that the catalogue never gave out.
	Eligible func(i int32) bool
}

// knownAway is up to how many reels that are not to be shown their places are
// looked up, once for a request: sources compare places, and the index passes
// over them. Beyond it, that takes longer than asking for the ids of the few
// that come up.
const knownAway = 256

// reelsAway tells of places whether they are of reels that the user has seen or
// the request excludes.
func (q *Query) reelsAway(c *catalog.Catalog) func(i int32) bool {
	n := q.Profile.Seen.Len() + len(q.Exclude)
	if n == 0 {
		return func(int32) bool { return false }
	}
	if n <= knownAway {
		q.away = make([]int32, 0, n)
		for _, ids := range [][]reel.ReelID{q.Profile.Seen.IDs(), q.Exclude} {
			for _, id := range ids {
				if i, ok := c.Known(id); ok {
					q.away = append(q.away, i)
				}
			}
		}
		slices.Sort(q.away)
		return func(i int32) bool {
			_, found := slices.BinarySearch(q.away, i)
			return found
		}
	}
	excluded := make(map[reel.ReelID]struct{}, len(q.Exclude))
	for _, id := range q.Exclude {
		excluded[id] = struct{}{}
	}
	return func(i int32) bool {
		id := c.ID(i)
		_, out := excluded[id]
		return out || q.Profile.HasSeen(id)
	}
}

// prepared returns a copy of q that sources can rely on.
func (q *Query) prepared(c *catalog.Catalog) *Query {
	own := *q
	if own.Profile == nil {
		own.Profile = &reel.Profile{}
	}
	away, filter := own.reelsAway(c), q.Filter.sieve()
	own.Eligible = func(i int32) bool {
		if !c.Available(i, own.Now) || away(i) {
			return false
		}
		if filter != nil && !filter.passes(c.Reel(i)) { // most requests need no look at the reel itself
			return false
		}
		return q.Eligible == nil || q.Eligible(i)
	}
	return &own
}

package weaviate

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/reelrank/reelrank/nn/kernel"
	"github.com/reelrank/reelrank/retrieve/ann"
)

const (
	// maxResults is what a server gives at most for one search
	// (QUERY_MAXIMUM_RESULTS, 10,000 unless it is told otherwise).
	maxResults = 10_000
	// pageGrowth is how many times longer the next answer may be that is asked
	// for where too little of one was left.
	pageGrowth = 4
)

// Find appends to dst the items with the largest dot product with the query
// [Dim] among those that the request does not exclude, best first, ties by
// lower id. The server's graph is an approximation, whose effort is a setting
// of the collection: Request.Effort has no effect.
//
// Blocked creators and attributes are left out by the server; Seen and Accept
// are applied to its answers, of which none holds more than 10,000: a request
// that refuses nearly all of so many finds less than K.
func (x *Index) Find(ctx context.Context, dst []ann.Hit, query []float32, r ann.Request) ([]ann.Hit, error) {
	if err := x.check(query); err != nil {
		return dst, err
	}
	r.K = min(r.K, x.Len())
	if r.K <= 0 {
		return dst, nil
	}
	if r.K > maxResults {
		return dst, fmt.Errorf("search: %d results are asked for, want at most %d", r.K, maxResults)
	}
	seen := make(map[int32]struct{}, len(r.Seen))
	for _, id := range r.Seen {
		seen[id] = struct{}{}
	}
	where := whereOf(&r)
	for limit := firstPage(&r); ; {
		page, err := x.ask(ctx, query, limit, where)
		if err != nil {
			return dst, err
		}
		hits := x.accepted(page, seen, &r)
		if len(hits) == r.K || len(page) < limit || limit == maxResults {
			return append(dst, hits...), nil
		}
		limit = nextPage(limit, len(hits), r.K)
	}
}

// firstPage is the length of the first answer: K and what is left out of it,
// as far as that is known.
func firstPage(r *ann.Request) int {
	limit := r.K + len(r.Seen)
	if r.Accept != nil {
		limit += r.K/2 + 10
	}
	return min(limit, maxResults)
}

// nextPage is the length of the answer after one of which got were left: as
// long as K takes at this rate and a quarter, at least half longer.
func nextPage(limit, got, k int) int {
	next := limit * pageGrowth
	if got > 0 {
		next = min(next, max(limit*k/got*5/4, limit*3/2))
	}
	return min(next, maxResults)
}

// accepted is the K best of a page that may be found.
func (x *Index) accepted(page []answered, seen map[int32]struct{}, r *ann.Request) []ann.Hit {
	hits := make([]ann.Hit, 0, len(page))
	for _, a := range page {
		id, ok := x.idOf(a.key)
		if !ok || x.known.get(id) == absent {
			continue
		}
		if _, out := seen[id]; !out {
			hits = append(hits, ann.Hit{Index: id, Score: a.score})
		}
	}
	slices.SortFunc(hits, func(a, b ann.Hit) int {
		return cmp.Or(-cmp.Compare(a.Score, b.Score), cmp.Compare(a.Index, b.Index))
	})
	kept := hits[:0]
	for _, h := range hits {
		if len(kept) == r.K {
			break
		}
		if r.Accept == nil || r.Accept(h.Index) {
			kept = append(kept, h)
		}
	}
	return kept
}

// scoreBatch is the number of items whose products are asked for at once.
const scoreBatch = 1000

// Scores writes to dst the dot product of the query [Dim] with the vector of
// each id, NaN for one that is not in the index. It asks the server unless
// Options.Vector is set.
func (x *Index) Scores(ctx context.Context, dst []float32, query []float32, ids []int32) error {
	if err := x.check(query); err != nil {
		return err
	}
	places := make(map[string][]int) // in ids, by key
	var keys []string
	for i, id := range ids {
		dst[i] = float32(math.NaN())
		if id < 0 || x.known.get(id) == absent {
			continue
		}
		if x.options.Vector != nil {
			if v := x.options.Vector(id); v != nil {
				dst[i] = kernel.Dot(query, v)
				continue
			}
		}
		key := keyOf(x.options.Reel(id))
		if places[key] == nil {
			keys = append(keys, key)
		}
		places[key] = append(places[key], i)
	}
	for batch := range slices.Chunk(keys, scoreBatch) {
		page, err := x.ask(ctx, query, len(batch), whereKeys(batch))
		if err != nil {
			return err
		}
		for _, a := range page {
			for _, i := range places[a.key] {
				dst[i] = a.score
			}
		}
	}
	return nil
}

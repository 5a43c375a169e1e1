package rerank

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/reel"
)

// What Slate.Relaxed may hold.
const (
	// RelaxedMaxPerCreator: a creator has more reels than the limit, since
	// the slate would have been shorter otherwise.
	RelaxedMaxPerCreator = "max_per_creator"
	// RelaxedShort: there were fewer candidates than slots.
	RelaxedShort = "short"
)

// Reranker makes slates from the reels of one catalogue. It is safe for
// concurrent use.
type Reranker struct {
	cfg       config.Rerank
	freshTime float64 // seconds over which the freshness boost fades
	catalog   *catalog.Catalog
}

// Request is what one slate has to keep to.
type Request struct {
	K             int                    // slots; none where it is not positive
	MaxPerCreator int                    // 0 means the configured limit
	Now           int64                  // unix seconds, for the age of a reel
	Seen          func(reel.ReelID) bool // reels that must not be shown; nil: none
	Recent        []reel.Interaction     // the user's last interactions, oldest first, for what they marked as not interesting
}

// Slate is the answer to a Request.
type Slate struct {
	Items     []reel.Candidate // best first, at most K
	Relaxed   []string         // RelaxedMaxPerCreator, RelaxedShort; nil when all was kept
	NotFinite int              // candidates whose score is NaN or infinite; a sound model gives none
	Dropped   int              // candidates that were seen, or came twice
}

// New builds a Reranker. The freshness boost fades linearly to zero over
// freshHours. A max_per_creator of 0 sets no limit.
func New(cfg config.Rerank, freshHours float64, c *catalog.Catalog) (*Reranker, error) {
	switch {
	case c == nil:
		return nil, fmt.Errorf("rerank: no catalogue given")
	case cfg.MaxPerCreator < 0:
		return nil, fmt.Errorf("rerank.max_per_creator: %d is negative; 0 sets no limit", cfg.MaxPerCreator)
	case !isShare(cfg.CategorySpread):
		return nil, fmt.Errorf("rerank.category_spread: %g is not a finite number from 0 up", cfg.CategorySpread)
	case !isShare(cfg.FreshnessBoost):
		return nil, fmt.Errorf("rerank.freshness_boost: %g is not a finite number from 0 up", cfg.FreshnessBoost)
	case !isShare(freshHours):
		return nil, fmt.Errorf("retrieve.fresh_hours: %g is not a finite number from 0 up", freshHours)
	}
	return &Reranker{cfg: cfg, freshTime: freshHours * 3600, catalog: c}, nil
}

func isShare(v float64) bool { return v >= 0 && !math.IsInf(v, 1) }

// Rerank makes the slate of one request from scored candidates, whose Index,
// Reel and Score must be set. The input is left as it is.
func (r *Reranker) Rerank(candidates []reel.Candidate, req Request) Slate {
	if req.K <= 0 {
		return Slate{}
	}
	admitted := admit(candidates, req.Seen)
	s := r.newSelection(admitted, req)
	s.fill(s.finite)
	s.fill(s.notFinite) // sinks below every sound score

	slate := Slate{Items: s.items, NotFinite: len(s.notFinite), Dropped: len(candidates) - len(admitted)}
	if s.relaxed {
		slate.Relaxed = append(slate.Relaxed, RelaxedMaxPerCreator)
	}
	if len(s.items) < req.K {
		slate.Relaxed = append(slate.Relaxed, RelaxedShort)
	}
	return slate
}

// admit returns a copy of the candidates in ascending order of reel id,
// without those seen. Of a reel that comes twice the higher score stays, with
// the sources of both.
func admit(candidates []reel.Candidate, seen func(reel.ReelID) bool) []reel.Candidate {
	list := make([]reel.Candidate, 0, len(candidates))
	for _, c := range candidates {
		if seen == nil || !seen(c.Reel) {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b reel.Candidate) int {
		return cmp.Or(cmp.Compare(a.Reel, b.Reel), cmp.Compare(b.Score, a.Score)) // NaN sorts last here
	})
	n := 0
	for _, c := range list {
		if n > 0 && list[n-1].Reel == c.Reel {
			list[n-1].Sources |= c.Sources
			continue
		}
		list[n] = c
		n++
	}
	return list[:n]
}

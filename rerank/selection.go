package rerank

import (
	"fmt"
	"math"
	"slices"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/reel"
)

// option is a candidate that may still be chosen.
type option struct {
	candidate *reel.Candidate
	creator   int32
	category  int32
	score     float64
	freshness float64 // what is added for being new

	refusedCreator, refusedCategory float64 // what is taken off for what the user does not want to see

	ofCreator  int // reels of the same creator in the slate so far
	ofCategory int // reels of the same category in the slate so far
	chosen     bool
}

// selection is a slate in the making. Choosing K of N takes O(K*N).
type selection struct {
	reranker  *Reranker
	k         int
	limit     int     // reels per creator
	spread    float64 // score taken off per reel of the same category
	finite    []option
	notFinite []option
	items     []reel.Candidate
	relaxed   bool
}

func (r *Reranker) newSelection(admitted []reel.Candidate, req Request) *selection {
	s := &selection{reranker: r, k: req.K, limit: req.MaxPerCreator, items: make([]reel.Candidate, 0, min(req.K, len(admitted)))}
	if s.limit <= 0 {
		s.limit = r.cfg.MaxPerCreator
	}
	if s.limit == 0 {
		s.limit = math.MaxInt
	}
	s.finite = make([]option, 0, len(admitted))
	for i := range admitted {
		c := &admitted[i]
		o := option{candidate: c, creator: r.catalog.CreatorOf(c.Index), category: r.catalog.CategoryOf(c.Index), score: float64(c.Score)}
		if o.score-o.score != 0 { // NaN and both infinities
			o.score = math.Inf(-1)
			s.notFinite = append(s.notFinite, o)
			continue
		}
		s.finite = append(s.finite, o)
	}
	scale := scoreRange(s.finite)
	s.spread = r.cfg.CategorySpread * scale
	refused := refusalsOf(req.Recent, r.catalog)
	for i := range s.finite {
		o := &s.finite[i]
		o.freshness = r.cfg.FreshnessBoost * scale * r.freshnessOf(o, req.Now)
		o.refusedCreator = r.cfg.RefusedCreator * scale * refused.creators[o.creator]
		o.refusedCategory = r.cfg.RefusedCategory * scale * refused.categories[o.category]
	}
	return s
}

// scoreRange is the highest less the lowest score. Adjustments are shares of
// it, so that they mean the same whatever the weights of the heads are.
func scoreRange(options []option) float64 {
	if len(options) == 0 {
		return 0
	}
	low, high := options[0].score, options[0].score
	for _, o := range options {
		low, high = min(low, o.score), max(high, o.score)
	}
	return high - low
}

// freshnessOf is 1 for a reel uploaded just now and falls linearly to 0 over
// the fresh time; 0 for an unknown upload time.
func (r *Reranker) freshnessOf(o *option, now int64) float64 {
	uploaded := r.catalog.Uploaded(o.candidate.Index)
	age := max(0, float64(now-uploaded))
	if uploaded == 0 || age >= r.freshTime {
		return 0
	}
	return 1 - age/r.freshTime
}

// fill gives the empty slots to the best options, and raises the limit per
// creator by one whenever it is all that keeps the slate from filling up.
func (s *selection) fill(options []option) {
	left := len(options)
	for limit := s.limit; left > 0 && len(s.items) < s.k; {
		o := s.best(options, limit)
		if o == nil {
			limit++
			continue
		}
		s.place(o)
		left--
	}
}

// best returns the option of the highest value below the limit, ties by reel
// id; nil where the limit forbids all that are left.
func (s *selection) best(options []option, limit int) *option {
	var best *option
	for i := range options {
		o := &options[i]
		if o.chosen || o.ofCreator >= limit {
			continue
		}
		if best == nil || s.value(o) > s.value(best) {
			best = o
		}
	}
	return best
}

// value is the score after the adjustments, were o placed next.
func (s *selection) value(o *option) float64 {
	return o.score + o.freshness - o.refusedCreator - o.refusedCategory - s.spread*float64(s.repeats(o))
}

// repeats is how many reels of the same known category the slate holds.
func (s *selection) repeats(o *option) int {
	if o.category == catalog.UnknownLabel {
		return 0
	}
	return o.ofCategory
}

// place puts o into the next slot and writes down what moved it.
func (s *selection) place(o *option) {
	o.chosen = true
	c := *o.candidate
	c.Final, c.Steps = s.explain(o)
	s.items = append(s.items, c)
	for _, options := range [][]option{s.finite, s.notFinite} {
		for i := range options {
			if options[i].creator == o.creator {
				options[i].ofCreator++
			}
			if options[i].category == o.category {
				options[i].ofCategory++
			}
		}
	}
}

// explain returns the final score of the option that is placed next, and its
// steps. Values never rise from slot to slot by themselves, since penalties
// only grow; a reel that the limit held back may have a higher one, and is
// lowered to the score of the reel before it.
func (s *selection) explain(o *option) (float32, []string) {
	steps := slices.Clip(o.candidate.Steps)
	last := s.lastFinal()
	final := min(0, last) // of a score that is no number
	if math.IsInf(o.score, -1) {
		steps = append(steps, fmt.Sprintf("placed last: its score is %g", o.candidate.Score))
	} else {
		final = toFloat32(s.value(o))
		steps = append(steps, s.adjustments(o)...)
	}
	if o.ofCreator >= s.limit {
		s.relaxed = true
		steps = append(steps, s.heldBack(o, min(0, last-final)))
	}
	return min(final, last), steps
}

// adjustments tells what makes the option's value differ from its score.
func (s *selection) adjustments(o *option) []string {
	var steps []string
	if o.freshness > 0 {
		steps = append(steps, fmt.Sprintf("freshness %+.3g", o.freshness))
	}
	steps = append(steps, o.explainRefusals()...)
	if n := s.repeats(o); n > 0 && s.spread > 0 {
		steps = append(steps, fmt.Sprintf("category spread %+.3g (%d already)", -s.spread*float64(n), n))
	}
	return steps
}

// lastFinal is the final score of the slot filled last, which the next one's
// may not exceed.
func (s *selection) lastFinal() float32 {
	if len(s.items) == 0 {
		return math.MaxFloat32
	}
	return s.items[len(s.items)-1].Final
}

func (s *selection) heldBack(o *option, by float32) string {
	amount, reels := "", "reels"
	if by < 0 {
		amount = fmt.Sprintf(" %+.3g", by)
	}
	if o.ofCreator == 1 {
		reels = "reel"
	}
	return fmt.Sprintf("held back%s: creator %d already has %d %s", amount, s.reranker.catalog.CreatorID(o.creator), o.ofCreator, reels)
}

// toFloat32 keeps a value beyond the range of float32 finite.
func toFloat32(v float64) float32 {
	return float32(max(-math.MaxFloat32, min(v, math.MaxFloat32)))
}

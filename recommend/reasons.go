package recommend

import (
	"fmt"

	"github.com/reelrank/reelrank/nn/kernel"
	"github.com/reelrank/reelrank/reel"
)

// items describes the chosen candidates for the answer.
func (e *engine) items(chosen []reel.Candidate, req Request, profile *reel.Profile) []Item {
	items := make([]Item, len(chosen))
	for n, c := range chosen {
		r := e.catalog.Reel(c.Index)
		items[n] = Item{
			Reel: c.Reel, Creator: r.Creator, Category: r.Category, Score: c.Final,
			Predictions: c.Predictions, Sources: c.Sources.Names(), Steps: c.Steps,
			Reasons: e.reasons(c, r, req, profile),
		}
	}
	return items
}

// reasons says in words why a reel is in the slate, strongest first. Each is
// a fact of this request, none is decoration.
func (e *engine) reasons(c reel.Candidate, r *reel.Reel, req Request, profile *reel.Profile) []string {
	var why []string
	if profile.IsFollowing(r.Creator) {
		why = append(why, fmt.Sprintf("from creator %d, whom you follow", r.Creator))
	} else if n := enjoyedOf(profile, r.Creator); n > 0 {
		why = append(why, fmt.Sprintf("from creator %d, of whom you lately enjoyed %s", r.Creator, count(int64(n), "reel")))
	}
	if c.Sources.Has(reel.SourceSimilar) {
		if id, cosine := e.nearestEnjoyed(profile, c.Index); cosine > 0 {
			why = append(why, fmt.Sprintf("close to reel %d, which you lately enjoyed (similarity %.2f)", id, cosine))
		}
	}
	if n := e.enjoyedIn(profile, e.catalog.CategoryOf(c.Index)); n > 0 && r.Category != "" {
		why = append(why, fmt.Sprintf("you lately enjoyed %s about %s", count(int64(n), "reel"), r.Category))
	}
	if c.Sources.Has(reel.SourceCowatched) {
		why = append(why, "enjoyed together with what you lately enjoyed")
	}
	if c.Sources.Has(reel.SourceTrending) {
		why = append(why, "trending") // everywhere, at the request's place or in a category: the source does not tell which
	}
	if c.Sources.Has(reel.SourceFresh) && r.Uploaded > 0 {
		why = append(why, fmt.Sprintf("new: uploaded %s ago", age(req.Now-r.Uploaded)))
	}
	return append(why, fmt.Sprintf("expected: %.0f %% watched, %.1f %% chance of a like", 100*c.Predictions[reel.HeadWatch], 100*c.Predictions[reel.HeadLike]))
}

// nearestEnjoyed is the reel, of those that a person lately enjoyed, whose vector
// is nearest to that of the reel at index i, with their cosine; 0 for none.
func (e *engine) nearestEnjoyed(p *reel.Profile, i int32) (id reel.ReelID, cosine float32) {
	v := e.reels.RetrievalVector(i)
	for n := range p.Recent {
		it := &p.Recent[n]
		enjoyed, known := e.catalog.Index(it.Reel)
		if !known || !it.Positive() {
			continue
		}
		if c := kernel.Dot(v, e.reels.RetrievalVector(enjoyed)); c > cosine {
			id, cosine = it.Reel, c
		}
	}
	return id, cosine
}

// age writes seconds in the unit in which a person would say them.
func age(seconds int64) string {
	switch {
	case seconds < 2*3600:
		return count(max(seconds, 0)/60, "minute")
	case seconds < 48*3600:
		return count(seconds/3600, "hour")
	}
	return count(seconds/86400, "day")
}

// count writes 1 reel, 2 reels.
func count(n int64, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// enjoyedOf counts the recent reels of a creator that the user enjoyed.
func enjoyedOf(p *reel.Profile, creator reel.CreatorID) int {
	n := 0
	for _, it := range p.Recent {
		if it.Creator == creator && it.Positive() {
			n++
		}
	}
	return n
}

// enjoyedIn counts the recent reels of a category that the user enjoyed.
func (e *engine) enjoyedIn(p *reel.Profile, category int32) int {
	n := 0
	for _, it := range p.Recent {
		if i, ok := e.catalog.Index(it.Reel); ok && it.Positive() && e.catalog.CategoryOf(i) == category {
			n++
		}
	}
	return n
}

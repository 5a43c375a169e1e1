package retrieve

import "github.com/reelrank/reelrank/reel"

// merge deals candidates out of the sources' lists until it has enough or all
// lists are empty. The next one always comes from the source that has the
// smallest share of its quota so far, ties by slot, so that every beginning of
// the result is mixed by the quotas, and quotas that add up to more than is
// wanted shrink alike. When no source under its quota has any left, the longer
// lists go on above theirs in the same way.
//
// A reel that several sources found is dealt once, by the first to reach it,
// and names them all.
func (r *Retriever) merge(q *Query, found [][]reel.Candidate) []reel.Candidate {
	sources := r.sourcesOf(q, found)
	wanted := r.wanted(q)
	merged := make([]reel.Candidate, 0, min(wanted, len(sources)))
	dealt := make([]int, len(r.slots))
	for len(merged) < wanted {
		s := r.next(found, dealt)
		if s < 0 {
			break
		}
		c := found[s][0]
		found[s] = found[s][1:]
		set := sources[c.Index]
		if set == 0 { // not eligible, or dealt already
			continue
		}
		sources[c.Index] = 0
		dealt[s]++
		merged = append(merged, reel.Candidate{
			Index: c.Index, Reel: r.parts.Catalog.ID(c.Index), Sources: set,
		})
	}
	return merged
}

// sourcesOf maps each eligible reel to all sources that found it. This is
// where a reel that a source should not have returned goes no further.
func (r *Retriever) sourcesOf(q *Query, found [][]reel.Candidate) map[int32]reel.SourceSet {
	n := 0
	for _, list := range found {
		n += len(list)
	}
	sources := make(map[int32]reel.SourceSet, n)
	for s, list := range found {
		name := r.slots[s].Source.Name()
		for _, c := range list {
			set, known := sources[c.Index]
			if !known && !q.Eligible(c.Index) {
				continue
			}
			sources[c.Index] = set.Add(name)
		}
	}
	return sources
}

// next chooses the slot to deal from; -1 when all lists are empty.
func (r *Retriever) next(found [][]reel.Candidate, dealt []int) int {
	best, bestOver := -1, false
	for s, slot := range r.slots {
		if len(found[s]) == 0 {
			continue
		}
		over := dealt[s] >= slot.Quota
		switch {
		case best < 0, bestOver && !over:
			best, bestOver = s, over
		case over == bestOver && dealt[s]*r.slots[best].Quota < dealt[best]*slot.Quota:
			best = s
		}
	}
	return best
}

package reel

import "slices"

// ReelSet is a set of reels, kept as a sorted list: small, quick to copy, and
// in one order everywhere. The zero value is empty.
type ReelSet struct {
	ids []ReelID // ascending
}

// NewReelSet returns the set of some reels.
func NewReelSet(ids ...ReelID) ReelSet {
	own := slices.Clone(ids)
	slices.Sort(own)
	return ReelSet{slices.Compact(own)}
}

// Add adds a reel.
func (s *ReelSet) Add(id ReelID) {
	if n := len(s.ids); n == 0 || s.ids[n-1] < id { // new reels have high ids in many apps
		s.ids = append(s.ids, id)
		return
	}
	if at, found := slices.BinarySearch(s.ids, id); !found {
		s.ids = slices.Insert(s.ids, at, id)
	}
}

// Has tells whether a reel is in the set.
func (s *ReelSet) Has(id ReelID) bool {
	_, found := slices.BinarySearch(s.ids, id)
	return found
}

// Len is the number of reels.
func (s *ReelSet) Len() int { return len(s.ids) }

// IDs lists the reels in ascending order. The caller must not change the list.
func (s *ReelSet) IDs() []ReelID { return s.ids }

// clone is a copy with room for some more.
func (s *ReelSet) clone(more int) ReelSet {
	return ReelSet{append(make([]ReelID, 0, len(s.ids)+more), s.ids...)}
}

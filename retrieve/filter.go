package retrieve

import (
	"slices"

	"github.com/reelrank/reelrank/reel"
)

// Filter says which reels a request is about. The zero value lets all pass.
// Labels are compared as the catalogue spells them, to the letter.
//
// A filter fails closed: what it asks for and the catalogue does not know of a
// reel counts against the reel. One of unknown language passes no filter of
// languages, and one of unknown category neither a filter of categories nor
// one of excluded categories.
type Filter struct {
	Languages  []string // any of these; empty for all
	Regions    []string
	Categories []string

	ExcludedCategories []string
	BlockedCreators    []reel.CreatorID

	// ViewerAge is how old the viewer is, in years: reels rated for older ones
	// are out. 0 is not stated, and lets all ratings pass.
	ViewerAge int
}

// sieve is a Filter made ready to be asked of many reels.
type sieve struct {
	languages, regions, categories, without []string // ascending
	blocked                                 []reel.CreatorID
	age                                     int
}

// sieve returns nil where all pass.
func (f *Filter) sieve() *sieve {
	if f.passesAll() {
		return nil
	}
	return &sieve{
		languages: sorted(f.Languages), regions: sorted(f.Regions), categories: sorted(f.Categories),
		without: sorted(f.ExcludedCategories), blocked: sorted(f.BlockedCreators), age: f.ViewerAge,
	}
}

func (f *Filter) passesAll() bool {
	return len(f.Languages)+len(f.Regions)+len(f.Categories)+len(f.ExcludedCategories)+len(f.BlockedCreators) == 0 && f.ViewerAge <= 0
}

func sorted[T string | reel.CreatorID](list []T) []T {
	own := slices.Clone(list)
	slices.Sort(own)
	return own
}

// passes tells whether a reel is one that the request is about.
func (s *sieve) passes(r *reel.Reel) bool {
	if s == nil {
		return true
	}
	if s.age > 0 && int(r.AgeRating) > s.age {
		return false
	}
	if !isAnyOf(s.languages, r.Language) || !isAnyOf(s.regions, r.Region) || !isAnyOf(s.categories, r.Category) {
		return false
	}
	if len(s.without) > 0 && (r.Category == "" || has(s.without, r.Category)) {
		return false
	}
	return !has(s.blocked, r.Creator)
}

// isAnyOf tells whether a label is known and wanted; all are where none is named.
func isAnyOf(wanted []string, label string) bool {
	return len(wanted) == 0 || label != "" && has(wanted, label)
}

// has tells whether an ascending list holds a value.
func has[T string | reel.CreatorID](list []T, v T) bool {
	_, found := slices.BinarySearch(list, v)
	return found
}

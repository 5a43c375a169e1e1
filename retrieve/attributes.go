package retrieve

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/retrieve/ann"
)

// Attributes translate what filters ask of a reel into the attribute bits of
// the vector index:
//
//	a := retrieve.FitAttributes(catalog)
//	a.Describe(&item, i)     // when reel i is indexed
//	a.Narrow(&request, &f)   // when it is searched for
//
// Language, region and category are fields. A reel has exactly one bit of each
// field: the own bit of its label where the label was frequent when the layout
// was fitted, the bit of the field's other labels, or that of the unknown one.
// "Any of {pt, es}" is then the same as "none of the field's other bits", so
// that all fields can be asked for at once. A bit per step of age says that a
// reel is rated for viewers of that age and older.
//
// Invariant: bits never rule out a reel that passes the filter, also one that
// comes later, with labels that the layout does not know. They may let through
// one that does not, such as a rare label beside another: whoever searches
// holds what is found against the filter itself.
//
// Attributes do not change once fitted, and are safe for concurrent use.
type Attributes struct {
	catalog *catalog.Catalog
	fields  [numFields]field
}

// The fields.
const (
	languages = iota
	regions
	categories
	numFields
)

// field is the bits of one field's labels.
type field struct {
	own            map[string]uint64
	other, unknown uint64
	all            uint64 // all of the field's bits
}

// ageSteps are the ages in years that laws and the boards of film and games
// rate for. The last bits are theirs.
var ageSteps = [...]uint8{6, 7, 10, 12, 13, 14, 16, 17, 18}

// ageBit is that of a step.
func ageBit(step int) uint64 { return 1 << (64 - len(ageSteps) + step) }

// ownBits is how many labels of all fields together have a bit of their own.
const ownBits = 64 - len(ageSteps) - 2*numFields

// FitAttributes lays the bits out for a catalogue: the labels of the most reels
// get their own, whichever field they are of, so that as few reels as possible
// share a bit with other labels. The same reels give the same layout.
func FitAttributes(c *catalog.Catalog) *Attributes {
	a := &Attributes{catalog: c}
	next := uint64(1)
	take := func(f *field) uint64 {
		bit := next
		next <<= 1
		f.all |= bit
		return bit
	}
	for n := range a.fields {
		f := &a.fields[n]
		f.own = map[string]uint64{}
		f.other, f.unknown = take(f), take(f)
	}
	for _, l := range frequentLabels(c, ownBits) {
		f := &a.fields[l.field]
		f.own[l.label] = take(f)
	}
	return a
}

// labelCount is how many reels have a label.
type labelCount struct {
	field int
	label string
	reels int
}

// frequentLabels lists the n labels of the most reels, ties by field and label.
func frequentLabels(c *catalog.Catalog, n int) []labelCount {
	var counts [numFields]map[string]int
	for f := range counts {
		counts[f] = map[string]int{}
	}
	for i := range int32(c.Len()) {
		for f, label := range labelsOf(c.Reel(i)) {
			counts[f][label]++
		}
	}
	var list []labelCount
	for f := range counts {
		for label, reels := range counts[f] {
			if label != "" {
				list = append(list, labelCount{f, label, reels})
			}
		}
	}
	slices.SortFunc(list, func(a, b labelCount) int {
		return cmp.Or(-cmp.Compare(a.reels, b.reels), cmp.Compare(a.field, b.field), cmp.Compare(a.label, b.label))
	})
	return list[:min(n, len(list))]
}

// labelsOf is a reel's label of each field.
func labelsOf(r *reel.Reel) [numFields]string {
	return [numFields]string{languages: r.Language, regions: r.Region, categories: r.Category}
}

// bit is the one of a label.
func (f *field) bit(label string) uint64 {
	if own, ok := f.own[label]; ok {
		return own
	}
	if label == "" {
		return f.unknown
	}
	return f.other
}

// Bits are those of a reel.
func (a *Attributes) Bits(r *reel.Reel) uint64 {
	var set uint64
	for n, label := range labelsOf(r) {
		set |= a.fields[n].bit(label)
	}
	for step, age := range ageSteps {
		if r.AgeRating >= age {
			set |= ageBit(step)
		}
	}
	return set
}

// Describe sets what filters know of the item of the catalogue's reel i.
func (a *Attributes) Describe(item *ann.Item, i int32) {
	item.Attributes = a.Bits(a.catalog.Reel(i))
	item.Creator = creatorNumber(a.catalog.CreatorOf(i))
}

// creatorNumber is an item's creator: 0 is nobody in the index.
func creatorNumber(creator int32) uint32 { return uint32(creator) + 1 }

// Narrow makes a request of items that Describe has described leave out what
// the filter rules out, as far as bits can tell.
func (a *Attributes) Narrow(r *ann.Request, f *Filter) {
	var allowed [numFields]uint64
	for n, wanted := range [numFields][]string{languages: f.Languages, regions: f.Regions, categories: f.Categories} {
		allowed[n] = a.fields[n].allowed(wanted)
	}
	if len(f.ExcludedCategories) > 0 {
		allowed[categories] &^= a.fields[categories].excluded(f.ExcludedCategories)
	}
	a.allow(r, allowed)
	if step := slices.IndexFunc(ageSteps[:], func(age uint8) bool { return int(age) > f.ViewerAge }); f.ViewerAge > 0 && step >= 0 {
		r.Forbid |= ageBit(step) // which those of the later steps have too
	}
	for _, id := range f.BlockedCreators {
		if creator, ok := a.catalog.CreatorIndex(id); ok {
			r.Blocked = append(r.Blocked, creatorNumber(creator))
		}
	}
}

// allowed are the bits that a reel may have to be of any of the wanted labels;
// all where none is named.
func (f *field) allowed(wanted []string) uint64 {
	if len(wanted) == 0 {
		return f.all
	}
	var set uint64
	for _, label := range wanted {
		set |= f.bit(label)
	}
	return set &^ f.unknown
}

// excluded are the bits that no reel may have to be known to be of none of the
// labels.
func (f *field) excluded(labels []string) uint64 {
	set := f.unknown
	for _, label := range labels {
		set |= f.own[label] // what shares the bit of the others may be of another label
	}
	return set
}

// allow asks for a bit of the allowed ones in each field. The index reads a
// row of bits for each that a request names, so each field is asked for in the
// way that names the fewest: by its only bit, by what it may have, which a
// request can say of one field, or by what it must not have.
func (a *Attributes) allow(r *ann.Request, allowed [numFields]uint64) {
	anyOf, saved := -1, 0
	for n, set := range allowed {
		is, not := bits.OnesCount64(set), bits.OnesCount64(a.fields[n].all&^set)
		if is > 1 && not-is > saved {
			anyOf, saved = n, not-is
		}
	}
	for n, set := range allowed {
		switch not := a.fields[n].all &^ set; {
		case n == anyOf:
			r.AnyOf = set
		case bits.OnesCount64(set) == 1 && bits.OnesCount64(not) > 1:
			r.Require |= set
		default:
			r.Forbid |= not
		}
	}
}

package ann

import (
	"math/bits"
	"slices"
)

// Request is what to find.
type Request struct {
	K int // how many, at least 1

	// An item is found only where its attributes have all bits of Require, if
	// AnyOf is not 0 at least one of AnyOf, and none of Forbid.
	Require, AnyOf, Forbid uint64

	Blocked []uint32 // creators whose items are not found
	Seen    []int32  // ids that are not found

	// Accept, where it is set, says whether an id may be found. It is asked
	// only of items that may be among the best.
	Accept func(id int32) bool

	// Effort is how many standard deviations a list's vectors are assumed to
	// reach beyond its centroid towards the query: more looks at more lists.
	// 0 means DefaultEffort of the vectors' length.
	Effort float32
}

// filtersAttributes tells whether the request says anything of attributes.
func (r *Request) filtersAttributes() bool { return r.Require|r.AnyOf|r.Forbid != 0 }

// passing sets pass to the slots that are alive and have the right attributes,
// and returns how many there are.
func (r *Request) passing(pass []uint64, t *table) (count int) {
	required, any, forbidden := bitsOf(r.Require), bitsOf(r.AnyOf), bitsOf(r.Forbid)
	for c, b := range t.bits {
		if c*chunkWords >= len(pass) {
			break
		}
		words := pass[c*chunkWords:][:min(chunkWords, len(pass)-c*chunkWords)]
		for w := range words {
			words[w] = b.live[w].Load()
		}
		for _, a := range required {
			plane := &b.attributes[a]
			for w := range words {
				words[w] &= plane[w].Load()
			}
		}
		for _, a := range forbidden {
			plane := &b.attributes[a]
			for w := range words {
				words[w] &^= plane[w].Load()
			}
		}
		for w := range words {
			if len(any) > 0 {
				var some uint64
				for _, a := range any {
					some |= b.attributes[a][w].Load()
				}
				words[w] &= some
			}
			count += bits.OnesCount64(words[w])
		}
	}
	return count
}

// bitsOf is the places of the ones.
func bitsOf(set uint64) (places []int) {
	for ; set != 0; set &= set - 1 {
		places = append(places, bits.TrailingZeros64(set))
	}
	return places
}

// exclusion is a set of whole numbers that is looked up for every result: a
// table of a power of two with the next free place for a collision.
type exclusion struct {
	places []uint32 // number+1; 0 is free
	mask   uint32
	zero   bool // whether the largest number, which has no place, is in the set
}

// exclusionFloor is the number of elements up to which a look through all is
// as fast.
const exclusionFloor = 8

// set fills the exclusion with numbers.
func fill[T int32 | uint32](e *exclusion, numbers []T) {
	size := 16
	for size < 2*len(numbers) {
		size *= 2
	}
	e.places = grow(e.places, size)
	clear(e.places)
	e.mask, e.zero = uint32(size-1), false
	for _, n := range numbers {
		stored := uint32(n) + 1
		if stored == 0 {
			e.zero = true
			continue
		}
		at := stored * hashFactor & e.mask
		for e.places[at] != 0 && e.places[at] != stored {
			at = (at + 1) & e.mask
		}
		e.places[at] = stored
	}
}

const hashFactor = 0x9e3779b1

// has tells whether a number is in the set.
func (e *exclusion) has(n uint32) bool {
	stored := n + 1
	if stored == 0 {
		return e.zero
	}
	for at := stored * hashFactor & e.mask; e.places[at] != 0; at = (at + 1) & e.mask {
		if e.places[at] == stored {
			return true
		}
	}
	return false
}

// excludes tells whether a result's id or creator is ruled out.
func (s *search) excludes(id int32, creator uint32) bool {
	r := s.request
	if len(r.Blocked) > 0 {
		if len(r.Blocked) <= exclusionFloor && slices.Contains(r.Blocked, creator) ||
			len(r.Blocked) > exclusionFloor && s.blocked.has(creator) {
			return true
		}
	}
	if len(r.Seen) > 0 && s.seen.has(uint32(id)) {
		return true
	}
	return r.Accept != nil && !r.Accept(id)
}

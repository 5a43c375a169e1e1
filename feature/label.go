package feature

import (
	"fmt"

	"github.com/cespare/xxhash/v2"
)

// labelBlock is a run of slots that hold one label of a reel as a single 1.
type labelBlock struct {
	column string // of the pipeline
	at     int    // first slot
	fitted int    // slots for the most frequent labels, in sorted order
	hashed int    // buckets for the others
}

var labelBlocks = [...]labelBlock{
	{"category", metaCategory, categoryFitted, categoryHashed},
	{"language", metaLanguage, languageFitted, languageHashed},
	{"region", metaRegion, regionFitted, regionHashed},
}

// unknownLabel is what the pipeline puts for a label that is not known.
const unknownLabel = "(unknown)"

// name fills the block's part of the table.
func (b labelBlock) name(slots []Slot) {
	for i := range b.fitted {
		slots[b.at+i] = Slot{fmt.Sprintf("%s_%02d", b.column, i),
			fmt.Sprintf("1 for the %s that is number %d, in sorted order, of the %d most frequent at fit", b.column, i, b.fitted)}
	}
	for i := range b.hashed {
		slots[b.at+b.fitted+i] = Slot{fmt.Sprintf("%s_other_%d", b.column, i),
			fmt.Sprintf("1 for any other %s whose hash falls into bucket %d of %d", b.column, i, b.hashed)}
	}
	slots[b.unknown()] = Slot{b.column + "_unknown", fmt.Sprintf("1 when the %s is not known", b.column)}
}

func (b labelBlock) unknown() int { return b.at + b.fitted + b.hashed }

// slots maps each code of the pipeline's ordinal encoding to its slot.
func (b labelBlock) slots(labels []string) []int {
	slots := make([]int, len(labels))
	next := b.at
	for code, l := range labels {
		if l == unknownLabel {
			slots[code] = b.unknown()
			continue
		}
		slots[code] = next
		next++
	}
	return slots
}

// slot is where the label's 1 stands; code is the pipeline's.
func (b labelBlock) slot(label string, code int, slots []int) int {
	switch {
	case label == "":
		return b.unknown()
	case code < len(slots):
		return slots[code]
	}
	return b.at + b.fitted + bucket(label, b.hashed)
}

// bucket hashes a label; the hash is the same on every machine and release.
func bucket(label string, n int) int {
	return int(xxhash.Sum64String(label) % uint64(n))
}

package ann

import "unsafe"

// largePage is the size of the pages that save most of the time that finding
// memory takes, where it is read in no order.
const largePage = 2 << 20

// newBytes returns memory of n bytes for what searches read. From a large page
// on it begins at one, so that the system can back all of it with such pages.
func newBytes(n int) []byte {
	if n < largePage {
		return make([]byte, n)
	}
	room := make([]byte, n+largePage)
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(room))) % largePage)
	b := room[skip : skip+n : skip+n] // what lies beside it is never touched
	adviseLargePages(b)
	return b
}

// slab is memory that the lists of one training share; the rest of it goes to
// the next list.
type slab struct {
	words []uint64
	used  int
}

// slabWords is the size of a slab, 16 MB: large enough for large pages, and
// small enough to be given up when all its lists were rewritten.
const slabWords = 2 << 20

func newSlab(words int) *slab {
	b := newBytes(8 * max(words, 1))
	return &slab{words: unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(b))), words)}
}

// take returns the next words of the slab.
func (s *slab) take(words int) []uint64 {
	from := s.used
	s.used += words
	return s.words[from:s.used:s.used]
}

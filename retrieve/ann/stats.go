package ann

import (
	"unsafe"

	"github.com/reelrank/reelrank/retrieve/ann/code"
)

// Stats describes an index.
type Stats struct {
	Vectors int   `json:"vectors"`
	Lists   int   `json:"lists"` // 0 in the flat regime
	Longest int   `json:"longest_list"`
	Slots   int   `json:"slots"` // of vectors, dead ones included
	Bytes   int64 `json:"bytes"` // of memory, all included
}

// Stats measures the index.
func (x *Index) Stats() Stats {
	s := Stats{Vectors: x.Len(), Slots: int(x.store.used.Load()), Bytes: x.store.bytes()}
	x.write.Lock()
	s.Bytes += int64(cap(x.epochs.retired))*int64(unsafe.Sizeof(retired{})) + int64(4*cap(x.store.free))
	x.write.Unlock()
	if f := x.file.Load(); f != nil {
		s.Lists = f.lists()
		s.Bytes += f.bytes() + int64(4*s.Slots) // the list of each slot
		for _, p := range f.postings {
			if p != nil {
				s.Longest = max(s.Longest, p.head.Load().n)
			}
		}
	}
	return s
}

// bytes is the memory of the rows, their marks and bits, and the ids. A last
// chunk that is not full counts in full.
func (s *store) bytes() (total int64) {
	t := s.table.Load()
	for i := range t.chunks {
		total += int64(t.chunks[i].Len())*int64(s.width+int(unsafe.Sizeof(code.Mark{}))) + int64(unsafe.Sizeof(chunkBits{}))
	}
	for _, p := range *s.pages.Load() {
		total += int64(unsafe.Sizeof(p))
		if p != nil {
			total += int64(unsafe.Sizeof(page{}))
		}
	}
	return total
}

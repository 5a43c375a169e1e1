package ann

import (
	"math"
	"sync/atomic"
	"unsafe"

	"github.com/reelrank/reelrank/retrieve/ann/code"
)

const (
	chunkWords = code.ChunkRows / 64
	attributes = 64 // bits of an item
	pageIDs    = 4096
	noSlot     = -1
)

// store holds the rows. A slot is the place of one; a vector keeps its slot
// for life, and a slot goes to another vector only when no search can see it.
type store struct {
	width int
	table atomic.Pointer[table]
	count atomic.Int64 // vectors alive
	used  atomic.Int64 // slots 0..used-1 have ever held a row
	pages atomic.Pointer[[]*page]

	longest atomic.Uint32 // bits of the largest scale of any row ever held
	free    []int32       // slots to use again; the writer's
}

// table is the memory of all slots, a chunk after another. It only grows, by
// being replaced.
type table struct {
	chunks []code.Chunk
	bits   []*chunkBits
}

// chunkBits is what filters ask of the rows of a chunk, one bit each, row i in
// bit i%64 of word i/64.
type chunkBits struct {
	live       [chunkWords]atomic.Uint64
	attributes [attributes][chunkWords]atomic.Uint64
}

// page is the slots of pageIDs ids, plus 1, so that 0 is none.
type page [pageIDs]atomic.Int32

func (s *store) init(width int) {
	s.width = width
	s.table.Store(&table{})
	s.pages.Store(new([]*page))
}

// slotOf is the slot of an id's vector, or noSlot.
func (s *store) slotOf(id int32) int32 {
	pages := *s.pages.Load()
	if p := int(id / pageIDs); id >= 0 && p < len(pages) && pages[p] != nil {
		return pages[p][id%pageIDs].Load() - 1
	}
	return noSlot
}

// setSlot makes slot that of an id; noSlot forgets it. Writers only.
func (s *store) setSlot(id, slot int32) {
	s.reserveID(id)
	(*s.pages.Load())[id/pageIDs][id%pageIDs].Store(slot + 1)
}

// reserveID makes the page of an id. Writers only.
func (s *store) reserveID(id int32) {
	pages, p := *s.pages.Load(), int(id/pageIDs)
	if p < len(pages) && pages[p] != nil {
		return
	}
	grown := append(make([]*page, 0, max(len(pages), p+1)), pages...)
	for len(grown) <= p {
		grown = append(grown, nil)
	}
	grown[p] = new(page)
	s.pages.Store(&grown)
}

// take returns a slot to write to: a free one or the next. Writers only.
func (s *store) take() int32 {
	if n := len(s.free); n > 0 {
		slot := s.free[n-1]
		s.free = s.free[:n-1]
		return slot
	}
	slot := int32(s.used.Load())
	s.grow(int(slot) + 1)
	s.used.Store(int64(slot) + 1)
	return slot
}

// see remembers the scale of a row.
func (s *store) see(scale float32) {
	bits := math.Float32bits(scale) // of a number from 0 up, in the same order
	for {
		was := s.longest.Load()
		if bits <= was || s.longest.CompareAndSwap(was, bits) {
			return
		}
	}
}

// firstRows is the size of the first chunk of a small index.
const firstRows = 256

// grow makes room for n slots. A first chunk that is not whole is replaced by
// one twice its size; later ones are whole. Writers only.
func (s *store) grow(n int) {
	t := s.table.Load()
	room := 0
	if len(t.chunks) > 0 {
		room = (len(t.chunks)-1)*code.ChunkRows + t.chunks[len(t.chunks)-1].Len()
	}
	if n <= room {
		return
	}
	next := &table{append([]code.Chunk(nil), t.chunks...), append([]*chunkBits(nil), t.bits...)}
	if room < code.ChunkRows {
		first := firstRows
		for first < min(n, code.ChunkRows) {
			first *= 2
		}
		chunk := s.newChunk(first)
		if len(t.chunks) == 0 {
			next.bits = append(next.bits, new(chunkBits))
		} else {
			copy(chunk.Rows(), t.chunks[0].Rows())
			copy(chunk.Marks(), t.chunks[0].Marks())
		}
		next.chunks = append(next.chunks[:0], chunk)
		room = first
	}
	for ; room < n; room += code.ChunkRows {
		next.chunks = append(next.chunks, s.newChunk(code.ChunkRows))
		next.bits = append(next.bits, new(chunkBits))
	}
	s.table.Store(next)
}

func (s *store) newChunk(rows int) code.Chunk {
	const markBytes = int(unsafe.Sizeof(code.Mark{}))
	memory := newBytes(rows * (s.width + markBytes)) // side by side: a row is read with its mark
	numbers := unsafe.Slice((*int8)(unsafe.Pointer(&memory[0])), rows*s.width)
	marks := unsafe.Slice((*code.Mark)(unsafe.Pointer(&memory[rows*s.width])), rows)
	return code.NewChunk(numbers, marks, s.width)
}

// row and mark are those of a slot.
func (t *table) row(slot int32) []int8 {
	return t.chunks[slot>>code.ChunkBits].Row(int(slot % code.ChunkRows))
}

func (t *table) mark(slot int32) *code.Mark {
	return t.chunks[slot>>code.ChunkBits].Mark(int(slot % code.ChunkRows))
}

// live tells whether the vector in a slot may be returned.
func (t *table) live(slot int32) bool {
	return t.liveWord(slot).Load()>>(slot%64)&1 == 1
}

func (t *table) liveWord(slot int32) *atomic.Uint64 {
	return &t.bits[slot>>code.ChunkBits].live[slot%code.ChunkRows/64]
}

// setLive lets searches return a slot, or keeps them from it.
func (t *table) setLive(slot int32, live bool) {
	if bit := uint64(1) << (slot % 64); live {
		t.liveWord(slot).Or(bit)
	} else {
		t.liveWord(slot).And(^bit)
	}
}

// setAttributes writes a slot's bits.
func (t *table) setAttributes(slot int32, set uint64) {
	b, word, bit := t.bits[slot>>code.ChunkBits], slot%code.ChunkRows/64, uint64(1)<<(slot%64)
	for a := range attributes {
		plane := &b.attributes[a][word]
		was := plane.Load()&bit != 0
		switch is := set>>a&1 == 1; {
		case is && !was:
			plane.Or(bit)
		case was && !is:
			plane.And(^bit)
		}
	}
}

// attributesOf reads a slot's bits.
func (t *table) attributesOf(slot int32) (set uint64) {
	b, word := t.bits[slot>>code.ChunkBits], slot%code.ChunkRows/64
	for a := range attributes {
		set |= b.attributes[a][word].Load() >> (slot % 64) & 1 << a
	}
	return set
}

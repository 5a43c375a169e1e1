package ann

import (
	"sync/atomic"
	"unsafe"

	"github.com/reelrank/reelrank/retrieve/ann/code"
)

// posting is a list of codes in its present state. A search takes the head
// once and sees what it leads to unchanged: codes are added behind its end, in
// place where there is room, and everything else replaces it.
type posting struct {
	head atomic.Pointer[list]
	dead int // codes of vectors that were deleted; the writer's
}

// list is the first n codes of memory that may go on with newer ones.
type list struct {
	code.List
	n    int
	slab *slab // whose memory it is; nil for its own
}

func newPosting() *posting {
	p := new(posting)
	p.head.Store(new(list))
	return p
}

// listWords is the memory of a list with room for n codes, in words: the codes,
// and one word for the factors and the slot of each.
func listWords(n, words int) int {
	room := (n + code.BlockCodes - 1) / code.BlockCodes * code.BlockCodes
	return room * (words + 1)
}

// newList returns an empty list with room for n codes.
func newList(n, words int) *list {
	return listIn(make([]uint64, listWords(n, words)), words)
}

// listIn returns an empty list in memory of listWords: what is read together
// lies side by side.
func listIn(memory []uint64, words int) *list {
	room := len(memory) / (words + 1)
	l := &list{List: code.List{Codes: memory[: room*words : room*words]}}
	if room > 0 {
		rest := unsafe.Pointer(&memory[room*words])
		l.Factors = unsafe.Slice((*code.Factors)(rest), room)
		l.Slots = unsafe.Slice((*int32)(unsafe.Add(rest, 4*room)), room)
	}
	return l
}

// entry is one code and what it stands for.
type entry struct {
	code    []uint64 // [words]
	factors code.Factors
	slot    int32
}

// entry is the code at i; it shares the list's memory.
func (l *list) entry(i, words int) entry {
	return entry{l.Codes[i*words:][:words], l.Factors[i], l.Slots[i]}
}

// add writes a code behind the end and returns the list with it, in the same
// memory. There must be room.
func (l *list) add(e entry) *list {
	words := len(e.code)
	copy(l.Codes[l.n*words:], e.code)
	l.Factors[l.n], l.Slots[l.n] = e.factors, e.slot
	return &list{List: l.List, n: l.n + 1, slab: l.slab}
}

// spareShare is the inverse of the room for more codes that a full list gets.
const spareShare = 16

// add appends a code. Writers only.
func (p *posting) add(e entry) {
	l := p.head.Load()
	if l.n == len(l.Slots) {
		l = l.copied(l.n+max(l.n/spareShare, 1), len(e.code), nil)
	}
	p.head.Store(l.add(e))
}

// copied returns the codes that keep takes, all if it is nil, in new memory
// with room for the given number.
func (l *list) copied(room, words int, keep func(slot int32) bool) *list {
	next := newList(room, words)
	for i := range l.n {
		if e := l.entry(i, words); keep == nil || keep(e.slot) {
			copy(next.Codes[next.n*words:], e.code)
			next.Factors[next.n], next.Slots[next.n] = e.factors, e.slot
			next.n++
		}
	}
	return next
}

// A list is rewritten without its dead codes when there are so many: one in
// deadShare and some more.
const (
	deadShare = 32
	deadFloor = 2
)

// full tells whether the dead codes are worth a rewrite.
func (p *posting) full() bool { return p.dead > deadFloor+p.head.Load().n/deadShare }

// compact drops the codes whose slots are dead and hands those slots to
// retire. Writers only.
func (p *posting) compact(t *table, words int, retire func(slot int32)) {
	l := p.head.Load()
	live := 0
	for _, slot := range l.Slots[:l.n] {
		if t.live(slot) {
			live++
		} else {
			retire(slot)
		}
	}
	p.head.Store(l.copied(live+live/spareShare, words, t.live))
	p.dead = 0
}

// bytes is the memory of the list, but for what it shares in a slab.
func (l *list) bytes() int64 {
	const header = 112
	if l.slab != nil {
		return header
	}
	return header + int64(8*len(l.Codes)+8*len(l.Slots))
}

package ann

import (
	"math"
	"math/bits"

	"github.com/reelrank/reelrank/retrieve/ann/code"
)

// spare is how many more than wanted are looked at before asking which of them
// are excluded, as a share: a caller excludes few, besides those it names.
const spare = 0.125

// lookFirst looks at all that pass as if no more than the ids it names were
// excluded, for somewhat more than is wanted. results asks of these alone,
// instead of a tenth of those that come up on the way, each of which costs a
// line of memory or two.
func (s *search) lookFirst(x *Index) {
	for _, id := range s.request.Seen {
		if slot := x.store.slotOf(id); slot >= 0 && int(slot/64) < len(s.pass) {
			s.pass[slot/64] &^= 1 << (slot % 64)
		}
	}
	s.unasked = true
	n, slack := s.request.K+int(spare*float32(s.request.K)), s.best.slack
	floor := s.likelyFloor(n, slack)
	s.best.reset(n, slack)
	s.best.floor = floor
	s.look(s.pass)
	s.best.tighten()
	if len(s.best.keys) < n && floor > float32(math.Inf(-1)) || s.best.floor < floor { // it was too high, or there are no more
		s.best.reset(n, slack)
		s.look(s.pass)
	}
}

// likelyFloor is a score that more than n of what passes have, but for bad
// luck: what lets few in from the start spares throwing most of them out again.
// It is the score of rank n among a sample, and four standard deviations of
// that rank lower.
func (s *search) likelyFloor(n int, slack float32) float32 {
	expected := float64(n) / sampleWords
	rank := int(expected + 4*math.Sqrt(expected) + 1)
	s.best.reset(rank, 0)
	if 64*len(s.pass)/sampleWords < 2*rank {
		return s.best.floor
	}
	s.slots = s.slots[:0]
	for from := sampleWords / 2; from < len(s.pass); from += sampleWords {
		s.lookAt(from, s.pass[from:from+1])
	}
	s.compare(s.slots)
	s.best.tighten()
	return s.best.floor - slack
}

// sampleWords is that a word of the bits that say which rows pass is in the
// sample, of so many.
const sampleWords = 16

// Rows are compared by the run, or one by one where few of a run pass.
const (
	runWords = 8 // of the bits that say which rows pass
	runShare = 4 // of which one has to pass
)

// look compares all slots of pass.
func (s *search) look(pass []uint64) {
	s.slots = s.slots[:0]
	for from := 0; from < len(pass); from += runWords {
		s.lookAt(from, pass[from:min(from+runWords, len(pass))])
	}
	s.compare(s.slots)
}

// lookAt compares a run, or notes its rows for later.
func (s *search) lookAt(word int, run []uint64) {
	passing := 0
	for _, set := range run {
		passing += bits.OnesCount64(set)
	}
	switch {
	case passing >= 64*len(run)/runShare:
		s.sweep(word, run)
	case passing > 0:
		s.gather(word, run)
	}
}

// sweep compares the rows of a run that pass.
func (s *search) sweep(word int, run []uint64) {
	v := &s.survivors
	v.Reset()
	chunk := word / chunkWords
	s.query.Sweep(v, &s.table.chunks[chunk], chunk*code.ChunkRows, word%chunkWords*64, run, s.best.floor)
	for i, score := range v.Uppers {
		if score > s.best.floor { // which rises
			s.keep(v.Slots[i], score)
		}
	}
}

// rowBatch is the number of rows that are compared at once.
const rowBatch = 512

// gather notes the rows of a run that pass, and compares them once they are
// many.
func (s *search) gather(word int, run []uint64) {
	for w, set := range run {
		for base := int32((word + w) * 64); set != 0; set &= set - 1 {
			s.slots = append(s.slots, base+int32(bits.TrailingZeros64(set)))
		}
	}
	if len(s.slots) >= rowBatch {
		s.compare(s.slots)
		s.slots = s.slots[:0]
	}
}

// compare takes the products of rows and keeps the best.
func (s *search) compare(slots []int32) {
	s.scores = grow(s.scores, len(slots))
	s.query.Rows(s.scores, s.table.chunks, slots)
	for i, score := range s.scores {
		if score > s.best.floor {
			s.keep(slots[i], score)
		}
	}
}

// keep takes in a row unless it is dead or, if that is to be asked now,
// excluded.
func (s *search) keep(slot int32, score float32) {
	if !s.table.live(slot) {
		return
	}
	if !s.unasked {
		if mark := s.table.mark(slot); s.excludes(mark.ID, mark.Creator) {
			return
		}
	}
	s.best.add(score, slot)
}

package ann

import (
	"slices"

	"github.com/reelrank/reelrank/nn/kernel"
	"github.com/reelrank/reelrank/retrieve/ann/code"
)

// results appends the k best to dst. What was deleted since it was found, or
// was found in two lists between which it moves, is left out. enough is false
// where best may hold what is excluded and, that being left out, what it does
// not hold could be among the k.
func (x *Index) results(dst []Hit, query []float32, s *search) (hits []Hit, enough bool) {
	s.best.tighten()
	s.order(x, query)
	t, last, from := x.store.table.Load(), int32(noSlot), len(dst)
	held := len(s.keys)
	if s.unasked {
		held = min(held, s.best.k) // in the order of the bytes, more may follow
	}
	for i := range held {
		key := s.keys[len(s.keys)-1-i]
		id := key.low()
		if id == last || s.unasked && s.ruledOut(x, t, id) {
			continue
		}
		last = id
		if dst = append(dst, Hit{id, key.score()}); len(dst)-from == s.request.K {
			return dst, true
		}
	}
	return dst, !s.unasked || len(s.best.keys) < s.best.k
}

// order sets keys to what best holds, by id, in the order of the scores.
func (s *search) order(x *Index, query []float32) {
	t := x.store.table.Load()
	s.keys = s.keys[:0]
	for _, key := range s.best.keys {
		if slot := key.low(); t.live(slot) {
			s.keys = append(s.keys, keyOf(key.score(), t.mark(slot).ID))
		}
	}
	if x.options.Vector != nil {
		s.rescore(x, query)
	}
	slices.Sort(s.keys)
}

// ruledOut tells whether the request excludes what is found.
func (s *search) ruledOut(x *Index, t *table, id int32) bool {
	var creator uint32
	if len(s.request.Blocked) > 0 {
		slot := x.store.slotOf(id)
		if slot == noSlot { // deleted a moment ago
			return true
		}
		creator = t.mark(slot).Creator
	}
	return s.excludes(id, creator)
}

// vectorsAhead is the number of vectors that are fetched while one is compared.
const vectorsAhead = 16

// rescore replaces the scores of those whose vectors the caller has, and
// leaves out what has none that is a number.
func (s *search) rescore(x *Index, query []float32) {
	var vectors [vectorsAhead][]float32
	fetch := func(i int) {
		vectors[i%vectorsAhead] = nil
		if i < len(s.keys) {
			if v := x.options.Vector(s.keys[i].low()); v != nil {
				code.Fetch(v)
				vectors[i%vectorsAhead] = v
			}
		}
	}
	for i := range vectorsAhead {
		fetch(i)
	}
	kept := s.keys[:0]
	for i, key := range s.keys {
		score := key.score()
		if v := vectors[i%vectorsAhead]; v != nil {
			score = kernel.Dot(query, v)
		}
		fetch(i + vectorsAhead)
		if score == score {
			kept = append(kept, keyOf(score, key.low()))
		}
	}
	s.keys = kept
}

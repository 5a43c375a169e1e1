package ann

import (
	"math"
	"math/bits"
	"slices"

	"github.com/reelrank/reelrank/nn/kernel"
	"github.com/reelrank/reelrank/retrieve/ann/code"
)

// DefaultEffort finds about 97 of the 100 nearest of a million vectors like
// those of `reelrank bench retrieve`.
const DefaultEffort = 4.5

// directRows is the number of vectors that pass a filter up to which a look at
// each takes no longer than a way through the lists.
const directRows = 12_000

// search is one search's memory, used again by a later one.
type search struct {
	request *Request
	table   *table
	turned  []float32
	query   code.Query
	best    best
	blocked exclusion
	seen    exclusion
	pass    []uint64
	unasked bool // whether what is excluded is kept for now

	route     // which lists, in which order
	products  []int32
	keys      []key
	survivors code.Survivors
	slots     []int32
	scores    []float32
}

// prepare turns the query.
func (s *search) prepare(x *Index, query []float32) {
	s.turned = grow(s.turned, x.width)
	x.rotation.Apply(s.turned, query)
	s.query.Prepare(s.turned)
}

// Search is Find of the k best that accept takes; nil takes all.
func (x *Index) Search(dst []Hit, query []float32, k int, accept func(i int32) bool) ([]Hit, error) {
	return x.Find(dst, query, Request{K: k, Accept: accept})
}

// Find appends to dst the items with the largest dot product with the query
// [Dim] among those that the request does not exclude, best first, ties by
// lower id. The error is that of Check.
func (x *Index) Find(dst []Hit, query []float32, r Request) ([]Hit, error) {
	if err := x.Check(query); err != nil {
		return dst, err
	}
	r.K = min(r.K, x.Len())
	if r.K <= 0 {
		return dst, nil
	}
	if r.Effort == 0 {
		r.Effort = DefaultEffort
	}
	s := x.scratch.Get().(*search)
	defer x.scratch.Put(s)
	pinned := x.epochs.pin()
	defer x.epochs.unpin(pinned)
	s.begin(x, query, &r)
	defer s.end()
	x.find(s)
	return x.results(dst, query, s), nil
}

func (s *search) begin(x *Index, query []float32, r *Request) {
	s.prepare(x, query)
	s.request = r
	if len(r.Blocked) > exclusionFloor {
		fill(&s.blocked, r.Blocked)
	}
	if len(r.Seen) > 0 {
		fill(&s.seen, r.Seen)
	}
	slack := float32(0)
	if x.options.Vector != nil {
		slack = x.slack(s)
	}
	s.best.reset(r.K, slack)
}

// end lets go of what belongs to the caller.
func (s *search) end() { s.request, s.table = nil, nil }

// slack is how far apart by their bytes two vectors may be that are in the
// other order by themselves: exactly in the flat regime, where the worst
// vector counts, and almost always where there are lists.
func (x *Index) slack(s *search) float32 {
	if x.file.Load() == nil {
		longest := math.Float32frombits(x.store.longest.Load())
		return 2 * s.query.Norm * (code.RowError(x.width)*longest + code.Negligible)
	}
	return 0
}

// find fills best by the way that is shorter.
func (x *Index) find(s *search) {
	used := int(x.store.used.Load())
	s.table = x.store.table.Load()
	f := x.file.Load()
	if f == nil || s.request.filtersAttributes() {
		s.pass = grow(s.pass, (used+63)/64)
		passing := s.request.passing(s.pass, s.table)
		if f == nil || passing <= directRows {
			if !s.lookFirst(s.pass) {
				s.look(s.pass)
			}
			return
		}
		s.walk(x, f, s.pass)
		return
	}
	s.walk(x, f, nil)
}

// rowBatch is the number of rows that are compared at once.
const rowBatch = 512

// spare is how many more than wanted are looked at before asking which of them
// are excluded, as a share: a caller excludes few, besides those it names.
const spare = 0.25

// lookFirst looks as if nothing were excluded, for somewhat more than is
// wanted, and asks of these alone: a tenth of those that come up on the way,
// each of which costs a line of memory or two. It returns whether enough of
// them are not excluded; best is empty again where they are too few.
func (s *search) lookFirst(pass []uint64) bool {
	b, k := &s.best, s.best.k
	b.reset(k+len(s.request.Seen)+int(spare*float32(k)), b.slack)
	s.unasked = true
	s.look(pass)
	s.unasked = false
	b.tighten()
	kept, among := b.keys[:0], 0 // of the best b.k, which come first
	for at, key := range b.keys {
		if mark := s.table.mark(key.low()); !s.excludes(mark.ID, mark.Creator) {
			if kept = append(kept, key); at < b.k {
				among++
			}
		}
	}
	if len(b.keys) >= b.k && among < k { // one that is not among them may be better
		b.reset(k, b.slack)
		return false
	}
	b.keys, b.k = kept, k
	return true
}

// look compares all slots of pass.
func (s *search) look(pass []uint64) {
	s.slots = s.slots[:0]
	for w, word := range pass {
		for base := int32(w * 64); word != 0; word &= word - 1 {
			s.slots = append(s.slots, base+int32(bits.TrailingZeros64(word)))
		}
		if len(s.slots) >= rowBatch {
			s.compare(s.slots)
			s.slots = s.slots[:0]
		}
	}
	s.compare(s.slots)
}

// compare takes the products of rows and keeps the best.
func (s *search) compare(slots []int32) {
	s.scores = grow(s.scores, len(slots))
	s.query.Rows(s.scores, s.table.chunks, slots)
	for i, score := range s.scores {
		if score <= s.best.floor || !s.table.live(slots[i]) {
			continue
		}
		if !s.unasked {
			if mark := s.table.mark(slots[i]); s.excludes(mark.ID, mark.Creator) {
				continue
			}
		}
		s.best.add(score, slots[i])
	}
}

// results appends the k best to dst. What was deleted since it was found, or
// was found in two lists between which it moves, is left out.
func (x *Index) results(dst []Hit, query []float32, s *search) []Hit {
	b := &s.best
	b.tighten()
	slices.Sort(b.keys)
	t, from := x.store.table.Load(), len(dst)
	last := int32(noSlot)
	for i := len(b.keys) - 1; i >= 0; i-- {
		slot := b.keys[i].low()
		if slot == last || !t.live(slot) {
			continue
		}
		last = slot
		dst = append(dst, Hit{t.mark(slot).ID, b.keys[i].score()})
	}
	found := dst[from:]
	if x.options.Vector != nil {
		found = x.rescore(found, query)
	}
	slices.SortFunc(found, func(a, b Hit) int {
		if a.before(b) {
			return -1
		}
		return 1 // no two hits have the same index
	})
	return dst[:from+min(len(found), s.request.K)]
}

// rescore replaces the scores of those whose vectors the caller has, and
// leaves out what has none that is a number.
func (x *Index) rescore(found []Hit, query []float32) []Hit {
	kept := found[:0]
	for _, h := range found {
		if v := x.options.Vector(h.Index); v != nil {
			h.Score = kernel.Dot(query, v)
		}
		if h.Score == h.Score {
			kept = append(kept, h)
		}
	}
	return kept
}

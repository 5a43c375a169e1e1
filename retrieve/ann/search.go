package ann

import (
	"math"

	"github.com/reelrank/reelrank/retrieve/ann/code"
)

// DefaultEffort is the effort for vectors of dim numbers that finds 96 to 97 of
// the 100 nearest of a million vectors like those of `reelrank bench retrieve`:
// 4.5 for 256 numbers, 3.84 for 64 and fewer. The fewer directions there are, the less
// often a vector lies far from its centroid in just the query's.
func DefaultEffort(dim int) float32 {
	const at256, perDoubling = 4.5, 0.33
	return at256 + perDoubling*float32(math.Log2(max(float64(dim), 64)/256))
}

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
	unasked bool // whether best may hold what is excluded

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
		r.Effort = x.effort
	}
	s := x.scratch.Get().(*search)
	defer x.scratch.Put(s)
	pinned := x.epochs.pin()
	defer x.epochs.unpin(pinned)
	s.begin(x, query, &r)
	defer s.end()
	x.find(s)
	found, enough := x.results(dst, query, s)
	if !enough { // so much is excluded that all have to be asked for
		s.best.reset(r.K, s.best.slack)
		s.unasked = false
		s.look(s.pass)
		found, _ = x.results(dst, query, s)
	}
	return found, nil
}

func (s *search) begin(x *Index, query []float32, r *Request) {
	s.prepare(x, query)
	s.request, s.unasked = r, false
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

// apart is how many standard deviations of the difference of two rows' errors
// the flat regime allows for: one pair in a billion lies further apart.
const apart = 6

// slack is how far apart by their bytes two vectors may be that are in the
// other order by themselves. Where there are lists, which lose more than bytes
// do, it is nothing.
func (x *Index) slack(s *search) float32 {
	if x.file.Load() == nil {
		longest := math.Float32frombits(x.store.longest.Load())
		return s.query.Norm * (apart*math.Sqrt2*code.RowDeviation*longest + code.Negligible)
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
			s.lookFirst(x)
			return
		}
		s.walk(x, f, s.pass)
		return
	}
	s.walk(x, f, nil)
}

package ann

import (
	"math"
	"slices"

	"github.com/reelrank/reelrank/nn/kernel"
	"github.com/reelrank/reelrank/retrieve/ann/code"
)

// stop is one list on the way, or one group.
type stop struct {
	hope    float32 // what its best vector may score
	product float32 // of the query and the centroid
	square  float32 // squared length of the centroid
	aside   float32 // length of the query beside the centroid
	number  int32
}

// route is the lists to go through, the most hopeful first.
type route struct {
	reach       float32 // standard deviations to hope for, in the query's direction
	groups      []key   // by hope
	lists       []stop
	sortedLists []int32 // by falling hope
	along       []float32
}

// stop measures centroid i. Its hope is how high the vectors around it may
// score: its product plus reach standard deviations of what its members add to
// it in the direction of the query that is not the centroid's own.
func (s *search) stop(c *centroids, i int, step float32, number int32) stop {
	product := float32(s.products[i]) * step * c.scale[i]
	square := c.square[i]
	aside := s.query.Norm * s.query.Norm
	if square > 0 {
		aside -= product * product / square
	}
	aside = float32(math.Sqrt(float64(max(aside, 0))))
	return stop{
		hope:    product + s.reach*c.spread[i]*aside,
		product: product, square: square, aside: aside, number: number,
	}
}

// firstLists is the number of lists among which the first and best are chosen.
const firstLists = 768

// walk goes through the lists from the most hopeful one on until none is left
// that could hold anything better. Groups are opened as they are needed.
func (s *search) walk(x *Index, f *file, pass []uint64) {
	vector, step := s.query.Coarse()
	s.along = grow(s.along, f.width)
	s.reach = s.request.Effort * f.shape.stretch(s.along, s.turned, s.query.Norm)
	s.products = grow(s.products, f.groups.len())
	kernel.DotsInt8(s.products, vector, f.groups.rows)
	s.groups = s.groups[:0]
	for g := range f.members {
		stop := s.stop(&f.groups, g, step, int32(g))
		s.groups = append(s.groups, keyOf(stop.hope, stop.number))
	}
	slices.Sort(s.groups)
	s.survivors.Reset()
	for next, want := len(s.groups)-1, firstLists; next >= 0; want = math.MaxInt {
		s.lists = s.lists[:0]
		for ; next >= 0 && len(s.lists) < want; next-- {
			if s.groups[next].score() <= s.best.floor {
				next = -1
				break
			}
			s.open(f.members[s.groups[next].low()], vector, step)
		}
		s.visit(x, f, pass)
	}
}

// open adds a group's lists to the route.
func (s *search) open(g *group, vector []int8, step float32) {
	s.products = grow(s.products, g.len())
	kernel.DotsInt8(s.products, vector, g.rows)
	for i, list := range g.lists {
		if stop := s.stop(&g.centroids, i, step, list); stop.hope > s.best.floor {
			s.lists = append(s.lists, stop)
		}
	}
}

// reviewSize is the number of survivors that are worth comparing rows for.
const reviewSize = 256

// stretch is the number of lists whose heads are looked up together: what is
// waited for one by one otherwise comes at once.
const stretch = 16

// visit goes through the lists of the route.
func (s *search) visit(x *Index, f *file, pass []uint64) {
	for order := s.sorted(); len(order) > 0; {
		next := order[:min(stretch, len(order))]
		order = order[len(next):]
		var heads [stretch + 1]*list // nil behind the last
		hopeful := next[:0]
		for _, at := range next {
			if stop := &s.lists[at]; stop.hope > s.best.floor {
				// Both ends of a head are read here: it may lie on two lines.
				if l := f.postings[stop.number].head.Load(); l.n > 0 && len(l.Codes) > 0 {
					heads[len(hopeful)] = l
					hopeful = append(hopeful, at)
				}
			}
		}
		for i, at := range hopeful {
			if i == 0 {
				heads[0].Prefetch(0, heads[0].n)
			}
			s.scan(x, &s.lists[at], heads[i], heads[i+1], pass)
		}
	}
	s.review(x)
}

// scan looks for survivors in one list, while the next one's codes come.
func (s *search) scan(x *Index, stop *stop, l, next *list, pass []uint64) {
	fetched := 0 // of the next list's codes
	if stop.hope > s.best.floor {
		s.scanCodes(x, stop, l, next, pass)
		fetched = l.n
	}
	if next != nil {
		next.Prefetch(fetched, next.n)
	}
}

func (s *search) scanCodes(x *Index, stop *stop, l, next *list, pass []uint64) {
	var following *code.List
	if next != nil {
		following = &next.List
	}
	bound := code.Bound{Product: stop.product, Aside: stop.aside, Deviations: deviationShare * s.request.Effort, Threshold: s.best.floor}
	if stop.square > 0 {
		bound.Slope = stop.product / stop.square
	}
	s.query.Scan(&s.survivors, l.List, l.n, bound, pass, following)
	if s.survivors.Len() >= s.reviewFrom() {
		s.review(x)
	}
}

// deviationShare is how many standard deviations below its true product an
// estimate may lie to be looked at all the same, for each of effort: lists and
// codes then lose about as many of the best.
const deviationShare = 0.4

// reviewFrom is the number of survivors to gather before their rows are read:
// at first enough for a floor that stays, then as many as they come.
func (s *search) reviewFrom() int {
	if s.best.floor == float32(math.Inf(-1)) {
		return 4*s.request.K + 2*reviewSize
	}
	return reviewSize
}

// review compares the survivors' rows. The first time, those with the highest
// estimates go first and set a floor for the rest.
func (s *search) review(x *Index) {
	v := &s.survivors
	if v.Len() == 0 {
		return
	}
	s.table = x.store.table.Load()
	if first := 2 * s.request.K; s.best.floor == float32(math.Inf(-1)) && v.Len() > 2*first {
		s.sortSurvivors(first)
		s.compareHopeful(v.Slots[:first], v.Uppers[:first])
		s.best.tighten()
		s.compareHopeful(v.Slots[first:], v.Uppers[first:])
	} else {
		s.compareHopeful(v.Slots, v.Uppers)
	}
	s.best.tighten()
	v.Reset()
}

// sortSurvivors moves those with the highest estimates to the front.
func (s *search) sortSurvivors(first int) {
	v := &s.survivors
	s.keys = s.keys[:0]
	for i, upper := range v.Uppers {
		s.keys = append(s.keys, keyOf(upper, v.Slots[i]))
	}
	selectLargest(s.keys, first)
	for i, k := range s.keys {
		v.Slots[i], v.Uppers[i] = k.low(), k.score()
	}
}

// compareHopeful compares the rows of what may be above the floor.
func (s *search) compareHopeful(slots []int32, uppers []float32) {
	s.slots = s.slots[:0]
	for i, slot := range slots {
		if uppers[i] > s.best.floor {
			s.slots = append(s.slots, slot)
		}
	}
	s.compare(s.slots)
}

// buckets is the number of classes into which hopes are sorted. What is in one
// class needs no order.
const buckets = 512

// sorted is the lists of the route by falling hope, by counting how many fall
// into each class.
func (s *search) sorted() []int32 {
	if len(s.lists) == 0 {
		return nil
	}
	low, high := s.lists[0].hope, s.lists[0].hope
	for i := range s.lists {
		low, high = min(low, s.lists[i].hope), max(high, s.lists[i].hope)
	}
	scale := float32(buckets-1) / max(high-low, 1e-30)
	class := func(hope float32) int {
		if at := (high - hope) * scale; at < buckets-1 {
			return int(at)
		}
		return buckets - 1 // with an effort so high that hopes overflow, all of them
	}
	var start [buckets + 1]int32
	for i := range s.lists {
		start[class(s.lists[i].hope)+1]++
	}
	for b := range buckets {
		start[b+1] += start[b]
	}
	s.sortedLists = grow(s.sortedLists, len(s.lists))
	for i := range s.lists {
		b := class(s.lists[i].hope)
		s.sortedLists[start[b]] = int32(i)
		start[b]++
	}
	return s.sortedLists
}

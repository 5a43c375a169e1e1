package ann

import (
	"math"

	"github.com/reelrank/reelrank/nn/kernel"
	"github.com/reelrank/reelrank/retrieve/ann/code"
)

// measure sets how far the vectors lie from their centroids and groups.
func (b *builder) measure() {
	f := b.file
	kernel.Parallel(len(f.members), 1, func(lo, hi int) {
		e := b.x.encoders.Get().(*encoder)
		defer b.x.encoders.Put(e)
		for g := lo; g < hi; g++ {
			b.measureGroup(e, g)
		}
	})
	f.smooth()
}

// Lists with few vectors say little about those that may come: to each are
// added so many that lie as far away as those of all lists do. No list has
// less than a small part of its centroid's length, lest copies of one vector
// hide what comes beside them.
const (
	spreadPrior = 8
	spreadFloor = 0.05
)

// smooth evens out the lists' spreads.
func (f *file) smooth() {
	var sum float64
	n := 0
	f.eachList(func(m *group, at int, codes int) {
		sum += float64(m.spread[at]) * float64(m.spread[at]) * float64(codes)
		n += codes
	})
	f.spread = sum / float64(max(n, 1))
	f.eachList(func(m *group, at int, codes int) {
		square := float64(m.spread[at]) * float64(m.spread[at])
		square = (square*float64(codes) + f.spread*spreadPrior) / float64(codes+spreadPrior)
		least := spreadFloor * math.Sqrt(float64(m.square[at])/float64(f.width))
		m.spread[at] = float32(max(math.Sqrt(square), least))
	})
	for g := range f.members {
		least := spreadFloor * math.Sqrt(float64(f.groups.square[g])/float64(f.width))
		f.groups.spread[g] = max(f.groups.spread[g], float32(math.Sqrt(f.spread)), float32(least))
	}
}

// eachList calls visit for every list and its number of codes.
func (f *file) eachList(visit func(m *group, at int, codes int)) {
	for _, m := range f.members {
		for at, number := range m.lists {
			visit(m, at, f.postings[number].head.Load().n)
		}
	}
}

// measureGroup sets the spreads of a group and its lists.
func (b *builder) measureGroup(e *encoder, g int) {
	f, m := b.file, b.file.members[g]
	center := make([]float32, f.width)
	code.Restore(center, f.groups.rows[g*f.width:][:f.width], f.groups.scale[g])
	var around spreadSum
	for i, number := range m.lists {
		f.centroid(e.centroid, number)
		var own spreadSum
		l := f.postings[number].head.Load()
		for _, slot := range l.Slots[:l.n] {
			e.restore(b.table, slot)
			own.add(e.turned, e.centroid)
			around.add(e.turned, center)
		}
		m.spread[i] = own.spread(f.width)
	}
	f.groups.spread[g] = around.spread(f.width)
}

// spreadSum adds up squared distances.
type spreadSum struct {
	square float64
	n      int
}

func (s *spreadSum) add(v, c []float32) {
	var square float32
	c = c[:len(v)]
	for i, x := range v {
		square += (x - c[i]) * (x - c[i])
	}
	s.square += float64(square)
	s.n++
}

// spread is the root of the mean squared distance per dimension.
func (s *spreadSum) spread(width int) float32 {
	return float32(math.Sqrt(s.square / float64(max(s.n, 1)) / float64(width)))
}

// distances is how some of the vectors lie from their centroids [n, width].
func (b *builder) distances(live []int32) []float32 {
	width := b.x.width
	every := 1 + len(live)/shapeSample
	var chosen []int32
	for i := 0; i < len(live); i += every {
		chosen = append(chosen, live[i])
	}
	x := make([]float32, len(chosen)*width)
	b.restore(x, chosen)
	centroid := make([]float32, width)
	for i, slot := range chosen {
		b.file.centroid(centroid, b.lists[slot])
		kernel.Axpy(-1, centroid, x[i*width:][:width])
	}
	return x
}

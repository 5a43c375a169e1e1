package ann

import (
	"math"

	"github.com/reelrank/reelrank/nn/kernel"
	"github.com/reelrank/reelrank/retrieve/ann/code"
)

// file is the inverted file of one training: groups of neighbouring lists.
// The lists' contents change under it; the file itself is replaced when a list
// is split, merged away, or all are trained anew.
type file struct {
	width    int
	groups   centroids
	members  []*group   // of each group
	postings []*posting // by the number of the list; nil where that was merged away
	home     []home     // of each list
	places   [][]int32  // the list of each slot, a chunk after another; the writer's
	shape    shape      // of the vectors around their centroids
	trained  int        // vectors when it was trained
	spread   float64    // mean squared distance from a vector to its centroid then
}

// group is the lists of a group.
type group struct {
	centroids
	lists []int32 // their numbers, as the centroids lie
}

// home is where the centroid of a list is.
type home struct{ group, at int32 }

// centroids are points in one byte per dimension.
type centroids struct {
	rows   []int8 // [n, width]
	scale  []float32
	square []float32 // squared length
	spread []float32 // root of the mean squared distance of the members to it, per dimension
}

func (c *centroids) len() int { return len(c.scale) }

// add appends a centroid with the spread of its members.
func (c *centroids) add(v []float32, spread float32) {
	from := len(c.rows)
	c.rows = append(c.rows, make([]int8, len(v))...)
	c.scale = append(c.scale, 0)
	c.square = append(c.square, 0)
	c.spread = append(c.spread, spread)
	c.set(from/len(v), v, spread)
}

// set writes centroid i.
func (c *centroids) set(i int, v []float32, spread float32) {
	row := c.rows[i*len(v):][:len(v)]
	scale := code.QuantizeRow(row, v)
	c.scale[i], c.spread[i] = scale, spread
	c.square[i] = scale * scale * float32(kernel.DotInt8(row, row))
}

// without returns the centroids but for i, in new memory.
func (c *centroids) without(i, width int) centroids {
	return centroids{
		rows:   append(append([]int8(nil), c.rows[:i*width]...), c.rows[(i+1)*width:]...),
		scale:  append(append([]float32(nil), c.scale[:i]...), c.scale[i+1:]...),
		square: append(append([]float32(nil), c.square[:i]...), c.square[i+1:]...),
		spread: append(append([]float32(nil), c.spread[:i]...), c.spread[i+1:]...),
	}
}

// clone returns a copy.
func (c *centroids) clone() centroids {
	return centroids{
		rows:   append([]int8(nil), c.rows...),
		scale:  append([]float32(nil), c.scale...),
		square: append([]float32(nil), c.square...),
		spread: append([]float32(nil), c.spread...),
	}
}

// centroid sets dst to the centroid of a list.
func (f *file) centroid(dst []float32, list int32) {
	h := f.home[list]
	c := &f.members[h.group].centroids
	code.Restore(dst, c.rows[int(h.at)*f.width:][:f.width], c.scale[h.at])
}

// noList is the list of a slot that is in none.
const noList = -1

// listOf is the list that holds a slot's code, or noList. Writers only.
func (f *file) listOf(slot int32) int32 {
	if c := int(slot >> code.ChunkBits); c < len(f.places) {
		return f.places[c][slot%code.ChunkRows]
	}
	return noList
}

// place remembers the list of a slot. Writers only.
func (f *file) place(slot, list int32) {
	for int(slot>>code.ChunkBits) >= len(f.places) {
		chunk := make([]int32, code.ChunkRows)
		for i := range chunk {
			chunk[i] = noList
		}
		f.places = append(f.places, chunk)
	}
	f.places[slot>>code.ChunkBits][slot%code.ChunkRows] = list
}

// words is the number of words of a code.
func (f *file) words() int { return f.width / 64 }

// nearest is the list next to a turned vector in bytes: the best of the
// nearest few groups.
func (f *file) nearest(s *search) int32 {
	const probes = 8
	vector, step := s.query.Coarse()
	s.products = grow(s.products, f.groups.len())
	kernel.DotsInt8(s.products, vector, f.groups.rows)
	s.keys = s.keys[:0]
	for g := range f.members {
		s.keys = append(s.keys, keyOf(closeness(&f.groups, g, s.products[g], step), int32(g)))
	}
	best, bestList := float32(math.Inf(-1)), int32(-1)
	selectLargest(s.keys, min(probes, len(s.keys)))
	for _, key := range s.keys[:min(probes, len(s.keys))] {
		m := f.members[key.low()]
		s.products = grow(s.products, m.len())
		kernel.DotsInt8(s.products, vector, m.rows)
		for i, list := range m.lists {
			if v := closeness(&m.centroids, i, s.products[i], step); v > best || v == best && list < bestList {
				best, bestList = v, list
			}
		}
	}
	return bestList
}

// closeness is largest where the distance is least: <x, c> - |c|^2/2.
func closeness(c *centroids, i int, product int32, step float32) float32 {
	return float32(product)*step*c.scale[i] - c.square[i]/2
}

// bytes is the memory of the file and its lists, but for the places.
func (f *file) bytes() int64 {
	perCentroid := int64(f.width + 3*4)
	total := perCentroid*int64(f.groups.len()) + int64(4*len(f.shape))
	slabs := map[*slab]struct{}{}
	for _, p := range f.postings {
		if p == nil {
			continue
		}
		l := p.head.Load()
		total += perCentroid + perList + l.bytes()
		if l.slab != nil {
			slabs[l.slab] = struct{}{}
		}
	}
	for s := range slabs { // in full, however many of its lists have moved out
		total += int64(8 * len(s.words))
	}
	return total
}

// perList is the size of a posting with the pointer to it, a home and a number.
const perList = 16 + 8 + 8 + 4

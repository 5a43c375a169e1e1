package code

import (
	"math/bits"
	"unsafe"

	"github.com/reelrank/reelrank/nn/kernel"
)

// run is rows that follow one another, in whole blocks.
type run struct {
	rows   *int8
	marks  *Mark
	pass   []uint64 // row i is compared where bit i%64 of word i/64 is set
	first  int      // slot of the first row
	blocks int      // of BlockCodes rows
}

// Sweep adds to the survivors the rows of a chunk, from row from on, that pass
// lets through, and whose product with the query is above the floor: row
// from+i where bit i%64 of pass[i/64] is set. Uppers are the products. base is
// the slot of the chunk's first row; from and the chunk's Len are multiples of
// 64.
//
// It takes a fraction of the time of Rows for the same rows if many pass, since
// none has to be looked up.
func (q *Query) Sweep(s *Survivors, c *Chunk, base, from int, pass []uint64, floor float32) {
	pass = pass[:min(len(pass), (c.size-from)/wordDims)]
	if len(pass) == 0 {
		return
	}
	n := len(pass) * wordDims
	s.reserve(n)
	r := run{
		rows:  &unsafe.Slice(c.rows, c.size*c.width)[from*c.width],
		marks: &unsafe.Slice(c.marks, c.size)[from],
		pass:  pass, first: base + from, blocks: n / BlockCodes,
	}
	at := len(s.Slots)
	found := active.sweep(s.Slots[at:at+n+BlockCodes], s.Uppers[at:at+n+BlockCodes], r, q, floor)
	s.Slots, s.Uppers = s.Slots[:at+found], s.Uppers[:at+found]
}

// sweepPortable is the loop in Go.
func sweepPortable(slots []int32, scores []float32, r run, q *Query, floor float32) (found int) {
	width := len(q.coarse)
	rows := unsafe.Slice(r.rows, r.blocks*BlockCodes*width)
	marks := unsafe.Slice(r.marks, r.blocks*BlockCodes)
	for w, word := range r.pass {
		for ; word != 0; word &= word - 1 {
			i := w*wordDims + bits.TrailingZeros64(word)
			score := q.product(rows[i*width:][:width], marks[i].Scale)
			if score > floor {
				slots[found], scores[found] = int32(r.first+i), score
				found++
			}
		}
	}
	return found
}

// product is that of a row by both parts of the query.
func (q *Query) product(row []int8, scale float32) float32 {
	coarse, rest := kernel.DotInt8(row, q.coarse), kernel.DotInt8(row, q.rest)
	return scale * (float32(coarse)*q.step + float32(rest)*q.fine)
}

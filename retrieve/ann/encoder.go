package ann

import (
	"github.com/reelrank/reelrank/retrieve/ann/code"
)

// encoder is what turning a vector into codes needs.
type encoder struct {
	turned, centroid []float32 // [width]
	row              []int8    // [width]
	bits             []uint64
}

func newEncoder(width int) *encoder {
	return &encoder{
		turned: make([]float32, width), centroid: make([]float32, width),
		row: make([]int8, width), bits: make([]uint64, width/64),
	}
}

// encode returns the code of the turned vector in a list. It shares the
// encoder's memory.
func (e *encoder) encode(f *file, list, slot int32) entry {
	f.centroid(e.centroid, list)
	return entry{e.bits, code.Signs(e.bits, e.turned, e.centroid), slot}
}

// restore sets the turned vector to about that of a slot.
func (e *encoder) restore(t *table, slot int32) {
	code.Restore(e.turned, t.row(slot), t.mark(slot).Scale)
}

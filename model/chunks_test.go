package model

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Rows put in any order and any number are those that were put last, and a row
// that somebody holds stays as it was.
func TestRowsAreThosePutLast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const width = 3
		rows, want := newFloatRows(width), map[int32][]float32{}
		held, then := map[int32][]float32{}, map[int32][]float32{}
		value := float32(0)
		for range rapid.IntRange(1, 8).Draw(t, "puts") {
			is := rapid.SliceOfNDistinct(rapid.Int32Range(0, 5*chunkRows), 0, 40, rapid.ID[int32]).Draw(t, "rows")
			var x []float32
			for _, i := range is {
				value++
				want[i] = []float32{value, -value, value / 2}
				x = append(x, want[i]...)
			}
			rows.set(is, x)
			for i, h := range held {
				if !slices.Equal(h, then[i]) {
					t.Fatalf("row %d changed under its reader: %v, was %v", i, h, then[i])
				}
			}
			for i, w := range want {
				if got := rows.row(i); !slices.Equal(got, w) {
					t.Fatalf("row %d is %v, want %v", i, got, w)
				}
				held[i], then[i] = rows.row(i), w
			}
		}
		last := int32(-1)
		for i := range want {
			last = max(last, i)
		}
		if rows.len() != int(last)+1 {
			t.Fatalf("%d rows, want %d", rows.len(), last+1)
		}
		for i := range last {
			if want[i] == nil && !slices.Equal(rows.row(i), make([]float32, width)) {
				t.Fatalf("row %d was never put and is %v", i, rows.row(i))
			}
		}
	})
}

package model

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/reelrank/reelrank/nn/kernel"
)

// chunkRows is how many rows are replaced together. To replace a row its chunk
// is copied, 64 KB of a tower's vectors, which takes less time than computing
// the row; and a chunk costs a pointer, which is an eighth of a byte per row.
const chunkRows = 64

// chunks are rows that grow and change while others read them without a lock.
// Row i is in chunk i/chunkRows. A row that has been asked for never changes:
// it is replaced in a copy of its chunk, which takes the place of the old one
// at once, and whoever still reads the old one reads it as a whole. Rows beyond
// the last are written in place, since nobody asks for them yet.
type chunks[C any] struct {
	empty func() *C // a chunk of zeros
	clone func(*C) *C
	list  atomic.Pointer[[]atomic.Pointer[C]]
	rows  atomic.Int64 // 0..rows-1 may be asked for
	write sync.Mutex   // held by the one writer
}

// of is the chunk of a row below len.
func (c *chunks[C]) of(i int32) *C { return (*c.list.Load())[uint32(i)/chunkRows].Load() }

func (c *chunks[C]) len() int { return int(c.rows.Load()) }

// put lets set write the rows of is, all different, and shows them together:
// set writes the n-th of them to the row at of a chunk. It is called from
// several goroutines.
func (c *chunks[C]) put(is []int32, set func(to *C, at, n int)) {
	if len(is) == 0 {
		return
	}
	c.write.Lock()
	defer c.write.Unlock()
	rows := max(c.len(), int(slices.Max(is))+1)
	c.grow(rows)
	to, copies := c.writable(is)
	kernel.Parallel(len(is), 16, func(lo, hi int) {
		for n := lo; n < hi; n++ {
			set(to[n], int(is[n]%chunkRows), n)
		}
	})
	list := *c.list.Load()
	for at, chunk := range copies {
		list[at].Store(chunk)
	}
	c.rows.Store(int64(rows))
}

// writable returns the chunk to write each row to: a copy of its own where one
// of is that belongs to it may be read.
func (c *chunks[C]) writable(is []int32) (to []*C, copies map[int32]*C) {
	rows := int32(c.len())
	for _, i := range is {
		if at := i / chunkRows; i < rows && copies[at] == nil {
			if copies == nil {
				copies = map[int32]*C{}
			}
			copies[at] = c.clone(c.of(i))
		}
	}
	to = make([]*C, len(is))
	for n, i := range is {
		if to[n] = copies[i/chunkRows]; to[n] == nil {
			to[n] = c.of(i)
		}
	}
	return to, copies
}

// grow makes room for the first n rows. The list doubles, so that growing row
// by row costs little.
func (c *chunks[C]) grow(n int) {
	want := (n + chunkRows - 1) / chunkRows
	var list []atomic.Pointer[C]
	if old := c.list.Load(); old != nil {
		list = *old
	}
	from := len(list)
	if want <= from {
		return
	}
	if want > cap(list) {
		grown := make([]atomic.Pointer[C], from, max(want, 2*from))
		for at := range list {
			grown[at].Store(list[at].Load())
		}
		list = grown
	}
	list = list[:want]
	for at := from; at < want; at++ {
		list[at].Store(c.empty())
	}
	c.list.Store(&list)
}

// floatRows are rows of float32.
type floatRows struct {
	width int
	chunks[[]float32]
}

func newFloatRows(width int) *floatRows {
	r := &floatRows{width: width}
	r.empty = func() *[]float32 { chunk := make([]float32, chunkRows*width); return &chunk }
	r.clone = func(old *[]float32) *[]float32 { chunk := slices.Clone(*old); return &chunk }
	return r
}

// row is row i, as it is now and stays.
func (r *floatRows) row(i int32) []float32 {
	from := int(i%chunkRows) * r.width
	return (*r.of(i))[from : from+r.width : from+r.width]
}

// set replaces the rows of is by those of x [len(is), width].
func (r *floatRows) set(is []int32, x []float32) {
	r.put(is, func(to *[]float32, at, n int) {
		copy((*to)[at*r.width:][:r.width], x[n*r.width:])
	})
}

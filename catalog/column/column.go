package column

import "sync/atomic"

// chunk is how many elements are added at once: few enough that a small
// catalogue stays small, enough that the table of ten million elements' chunks
// stays in a core's cache.
const (
	chunkBits = 10
	chunk     = 1 << chunkBits
)

// Column is an array of T under dense indices. The zero value is empty.
type Column[T any] struct {
	table atomic.Pointer[[]*[chunk]T]
}

// Grow makes room for the indices below n, and a little more. It never takes
// any away.
func (c *Column[T]) Grow(n int) {
	if n > c.Cap() {
		c.add(n)
	}
}

// add is apart so that Grow, which mostly has nothing to do, does not allocate.
func (c *Column[T]) add(n int) {
	table := c.chunks()
	for len(table)*chunk < n {
		// Readers hold the old length, so what is appended behind it in the
		// same memory is not theirs yet.
		table = append(table, new([chunk]T))
	}
	c.table.Store(&table)
}

// Cap is the number of elements that there is room for.
func (c *Column[T]) Cap() int { return len(c.chunks()) * chunk }

// At returns the element at an index that there is room for; it panics beyond.
func (c *Column[T]) At(i int32) *T {
	return &(*c.table.Load())[uint32(i)>>chunkBits][i&(chunk-1)]
}

// Find returns the element at an index, nil beyond what there is room for.
func (c *Column[T]) Find(i int32) *T {
	table := c.chunks()
	if at := uint32(i) >> chunkBits; at < uint32(len(table)) {
		return &table[at][i&(chunk-1)]
	}
	return nil
}

func (c *Column[T]) chunks() []*[chunk]T {
	if table := c.table.Load(); table != nil {
		return *table
	}
	return nil
}

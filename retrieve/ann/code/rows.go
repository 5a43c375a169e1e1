package code

import "unsafe"

// ChunkBits is the binary logarithm of ChunkRows, the rows of a chunk.
const (
	ChunkBits = 14
	ChunkRows = 1 << ChunkBits
)

// Mark is what is known of a row besides its numbers. The loops read Scale.
type Mark struct {
	Scale   float32 // of QuantizeRow
	ID      int32   // whose row it is
	Creator uint32  // of the reel; 0 is nobody
}

// Chunk is up to ChunkRows rows; slot s is row s%ChunkRows of chunk
// s/ChunkRows. The loops read past the slices' headers, so that they keep
// their place and size.
type Chunk struct {
	rows  *int8
	marks *Mark
	width int
	size  int // rows
}

// NewChunk is a chunk over rows [n, width] and marks [n].
func NewChunk(rows []int8, marks []Mark, width int) Chunk {
	if len(marks) == 0 || len(rows) != len(marks)*width || len(marks) > ChunkRows {
		panic("code: a chunk needs 1 to ChunkRows marks and as many rows")
	}
	return Chunk{&rows[0], &marks[0], width, len(marks)}
}

// Len is the number of rows.
func (c *Chunk) Len() int { return c.size }

// Row is row i.
func (c *Chunk) Row(i int) []int8 {
	return unsafe.Slice(c.rows, c.size*c.width)[i*c.width:][:c.width]
}

// Rows is all of them.
func (c *Chunk) Rows() []int8 { return unsafe.Slice(c.rows, c.size*c.width) }

// Mark is the mark of row i.
func (c *Chunk) Mark(i int) *Mark { return &c.Marks()[i] }

// Marks is all of them.
func (c *Chunk) Marks() []Mark { return unsafe.Slice(c.marks, c.size) }

// Rows sets dst[i] to the product of the query and the row in slot slots[i],
// which must be within the chunks.
func (q *Query) Rows(dst []float32, chunks []Chunk, slots []int32) {
	if len(slots) == 0 {
		return
	}
	dst = dst[:len(slots)]
	active.rows(dst, chunks, slots, q)
}

// rowsPortable is the loop over the kernels' product of bytes.
func rowsPortable(dst []float32, chunks []Chunk, slots []int32, q *Query) {
	for i, slot := range slots {
		c := &chunks[slot>>ChunkBits]
		dst[i] = q.product(c.Row(int(slot%ChunkRows)), c.Mark(int(slot%ChunkRows)).Scale)
	}
}

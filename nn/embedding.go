package nn

import "github.com/reelrank/reelrank/nn/kernel"

// Embedding is a table of learned rows [Buckets, Width], zero at first. Rows
// that training never touches stay zero, so an unseen bucket adds nothing.
//
// Scale multiplies the rows where they are added. Adam moves every value by
// about the learning rate in a step, and a row that stands for one reel is
// learned from few steps: a larger scale lets it keep up with a dense layer
// whose output is moved by all of its inputs at once.
type Embedding struct {
	Buckets, Width int
	Scale          float32
	Table          *Param
}

// NewEmbedding returns a table of zeros.
func NewEmbedding(name string, buckets, width int) *Embedding {
	p := NewParam(name+".table", buckets, width)
	p.Sparse, p.mark = true, make([]bool, buckets)
	return &Embedding{Buckets: buckets, Width: width, Scale: 1, Table: p}
}

// Params lists the layer's parameters.
func (e *Embedding) Params() []*Param { return []*Param{e.Table} }

// Add adds to each row of y[len(buckets), Width] its bucket's scaled row; a negative
// bucket adds nothing.
func (e *Embedding) Add(y []float32, buckets []int32) {
	for i, b := range buckets {
		if b >= 0 {
			kernel.Axpy(e.Scale, e.row(e.Table.Value, b), y[i*e.Width:(i+1)*e.Width])
		}
	}
}

// AddBackward adds dy's rows to the gradients of their buckets.
func (e *Embedding) AddBackward(dy []float32, buckets []int32) {
	for i, b := range buckets {
		if b >= 0 {
			e.Table.touch(b)
			kernel.Axpy(e.Scale, dy[i*e.Width:(i+1)*e.Width], e.row(e.Table.Grad, b))
		}
	}
}

func (e *Embedding) row(table []float32, b int32) []float32 {
	return table[int(b)*e.Width : (int(b)+1)*e.Width]
}

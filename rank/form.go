package rank

import (
	"math"

	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/nn/kernel"
)

// form is a scorer's inner half in one precision: the cached part of the first
// layer, and the hidden layers behind it. It is safe for concurrent use.
type form interface {
	// Put caches the reels' parts of the first layer [len(is), width], Add sets
	// dst to one of them plus y, and RowBytes is the memory that one takes.
	Put(is []int32, parts []float32)
	Add(dst []float32, i int32, y []float32)
	RowBytes() int
	// hidden takes buf.x, the outputs of the first layer for some rows, through
	// the hidden layers behind it, and leaves their outputs there.
	hidden(buf *buffers, rows int)
}

// newForm packs the hidden layers behind the first.
func newForm(p Precision, width int, layers []folded) form {
	if p == Int8 {
		f := &int8Form{CodedRows: model.NewCodedRows[int8](width), layers: make([]int8Layer, len(layers))}
		for i, l := range layers {
			f.layers[i].folded = l
			f.layers[i].w.Pack(true, l.in, l.out, l.w, l.in)
		}
		return f
	}
	f := &floatForm{CodedRows: model.NewCodedRows[int16](width), layers: make([]floatLayer, len(layers))}
	for i, l := range layers {
		f.layers[i].folded = l
		f.layers[i].w.Pack(true, l.in, l.out, l.w, l.in)
	}
	return f
}

// floatForm is Float32.
type floatForm struct {
	*model.CodedRows[int16]
	layers []floatLayer
}

type floatLayer struct {
	folded
	w kernel.Weights // [in, out]
}

func (f *floatForm) hidden(buf *buffers, rows int) {
	for i := range f.layers {
		l := &f.layers[i]
		buf.y = nn.Grow(buf.y, rows*l.out)
		l.w.Gemm(rows, buf.x, l.in, false, buf.y, l.out, kernel.Epilogue{Bias: l.b, ReLU: true})
		buf.x, buf.y = buf.y, buf.x
	}
}

// int8Form is Int8. The outputs of a hidden layer are not negative, so all
// seven bits of a code tell their size.
type int8Form struct {
	*model.CodedRows[int8]
	layers []int8Layer
}

type int8Layer struct {
	folded
	w kernel.Int8Weights // [in, out]
}

func (f *int8Form) hidden(buf *buffers, rows int) {
	for i := range f.layers {
		l := &f.layers[i]
		buf.quantize(rows, l.in)
		buf.y = nn.Grow(buf.y, rows*l.out)
		l.w.Gemm(rows, buf.codes, l.in, buf.scales, buf.y, l.out, kernel.Epilogue{Bias: l.b, ReLU: true})
		buf.x, buf.y = buf.y, buf.x
	}
}

// quantize sets codes and scales to the rows of x [rows, width]. A code cannot
// say NaN; the scale of a row that has lost its meaning says it for all.
func (b *buffers) quantize(rows, width int) {
	b.codes, b.scales = nn.Grow(b.codes, rows*width), nn.Grow(b.scales, rows)
	kernel.QuantizeRows(rows, width, b.codes, width, b.scales, b.x, width)
	for i := range rows {
		row := b.x[i*width:][:width]
		if size := kernel.Dot(row, row); !(size <= math.MaxFloat32) {
			b.scales[i] = float32(math.NaN())
		}
	}
}

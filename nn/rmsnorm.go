package nn

import (
	"math"

	"github.com/reelrank/reelrank/nn/kernel"
)

// RMSNorm divides each row by its root mean square and multiplies each column
// by a learned gain (Zhang and Sennrich 2019):
//
//	y = Gain ∘ x / sqrt(mean(x²) + ε)
type RMSNorm struct {
	Width int
	Gain  *Param // [Width], ones at first
}

// RMSNormTape keeps what the backward pass needs besides the input.
type RMSNormTape struct {
	inverse []float32 // 1 / root mean square, per row
	sums    []float32 // gradients of the gain, per piece of rows

	onward, back job[rmsWalk]
}

// rmsWalk is one pass over the rows, which threads share.
type rmsWalk struct {
	l     *RMSNorm
	tape  *RMSNormTape
	y, x  []float32 // y is the gradient on the way back
	dx    []float32
	grain int
}

// rmsEpsilon keeps a row of zeros finite.
const rmsEpsilon = 1e-6

// NewRMSNorm returns a layer that only normalises.
func NewRMSNorm(name string, width int) *RMSNorm {
	l := &RMSNorm{Width: width, Gain: NewParam(name+".gain", width)}
	for i := range l.Gain.Value {
		l.Gain.Value[i] = 1
	}
	return l
}

// Params lists the layer's parameters.
func (l *RMSNorm) Params() []*Param { return []*Param{l.Gain} }

// rowGrain is how many rows of a width make a piece of work.
func rowGrain(width int) int { return max(1, pieceSize/width) }

// Forward sets y[rows, Width] from x[rows, Width], which Backward reads again.
func (l *RMSNorm) Forward(tape *RMSNormTape, y, x []float32, rows int) {
	tape.inverse = Grow(tape.inverse, rows)
	tape.onward.do(rows, rowGrain(l.Width), rmsWalk{l: l, tape: tape, y: y, x: x}, (*rmsWalk).forward)
}

func (w *rmsWalk) forward(lo, hi int) {
	width := w.l.Width
	for r := lo; r < hi; r++ {
		x := w.x[r*width:][:width]
		w.tape.inverse[r] = w.l.Normalize(w.y[r*width:][:width], x)
	}
}

// Rows is Forward without a tape, for serving: it uses one thread, and y may be
// x.
func (l *RMSNorm) Rows(y, x []float32, rows int) {
	for r := range rows {
		l.Normalize(y[r*l.Width:][:l.Width], x[r*l.Width:][:l.Width])
	}
}

// Normalize sets y[Width] from one row x and returns what it multiplied by.
func (l *RMSNorm) Normalize(y, x []float32) (inverse float32) {
	inverse = float32(1 / math.Sqrt(kernel.SumSquares(x)/float64(l.Width)+rmsEpsilon))
	y, gain := y[:len(x)], l.Gain.Value[:len(x)]
	for i, v := range x {
		y[i] = v * inverse * gain[i]
	}
	return inverse
}

// Backward takes dy[rows, Width], adds the gradient of the gain and sets
// dx[rows, Width], which may be dy. With g = Gain ∘ dy and r the inverse,
//
//	dx = r g - x r³ mean(g x)
func (l *RMSNorm) Backward(tape *RMSNormTape, dx, dy, x []float32, rows int) {
	grain := rowGrain(l.Width)
	pieces := (rows + grain - 1) / grain
	tape.sums = Grow(tape.sums, pieces*l.Width)
	tape.back.do(rows, grain, rmsWalk{l: l, tape: tape, y: dy, x: x, dx: dx, grain: grain}, (*rmsWalk).backward)
	kernel.AddColumnSums(l.Gain.Grad, tape.sums, l.Width, pieces)
}

func (w *rmsWalk) backward(lo, hi int) {
	width := w.l.Width
	gain, sums := w.l.Gain.Value[:width], w.tape.sums[lo/w.grain*width:][:width]
	clear(sums)
	for r := lo; r < hi; r++ {
		x, dy, dx := w.x[r*width:][:width], w.y[r*width:][:width], w.dx[r*width:][:width]
		inverse := w.tape.inverse[r]
		var along float32
		for i, v := range x {
			g := dy[i] * v
			sums[i] += g * inverse
			along += g * gain[i]
		}
		along *= inverse * inverse * inverse / float32(width)
		for i, v := range x {
			dx[i] = inverse*gain[i]*dy[i] - along*v
		}
	}
}

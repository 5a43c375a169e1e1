package nn

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/reelrank/reelrank/nn/kernel"
)

// Transformer is a stack of causal blocks with the normalisation in front of
// each part (Xiong et al. 2020), and one at the end:
//
//	a = x + Attention(norm(x));  y = a + Down relu(Up norm(a));  output = norm(y of the last block)
//
// It encodes sequences as SASRec does (Kang and McAuley 2018), with relative
// positions.
type Transformer struct {
	Width  int
	Blocks []TransformerBlock
	Norm   *RMSNorm
}

// TransformerBlock is one of the stack.
type TransformerBlock struct {
	Norm1     *RMSNorm
	Attention *SelfAttention
	Norm2     *RMSNorm
	Up, Down  *Linear
}

// TransformerTape keeps what the backward pass needs, and the outputs.
type TransformerTape struct {
	Y []float32 // outputs [rows, Width]

	blocks []transformerBlockTape
	norm   RMSNormTape
	d, d2  []float32 // gradients [rows, Width]
	dUp    []float32 // [rows, inner]
}

type transformerBlockTape struct {
	n1, a, n2, y []float32 // [rows, Width]
	up           []float32 // [rows, inner]

	norm1, norm2 RMSNormTape
	attention    SelfAttentionTape
	drop1, drop2 DropoutTape
}

// NewTransformer returns a stack whose dense parts are inner wide.
func NewTransformer(name string, blocks, width, heads, inner, reach int, rng *rand.Rand) *Transformer {
	t := &Transformer{Width: width, Norm: NewRMSNorm(name+".norm", width)}
	for i := range blocks {
		at := fmt.Sprintf("%s%d", name, i+1)
		b := TransformerBlock{
			Norm1: NewRMSNorm(at+".norm1", width), Attention: NewSelfAttention(at+".attention", width, heads, reach, rng),
			Norm2: NewRMSNorm(at+".norm2", width), Up: NewLinear(at+".up", width, inner, rng), Down: NewLinear(at+".down", inner, width, rng),
		}
		// What the parts add grows with their number; so they start smaller
		// (Radford et al. 2019).
		share := float32(1 / math.Sqrt(2*float64(blocks)))
		kernel.Scale(b.Attention.Out.W.Value, b.Attention.Out.W.Value, share)
		kernel.Scale(b.Down.W.Value, b.Down.W.Value, share)
		t.Blocks = append(t.Blocks, b)
	}
	return t
}

// Params lists the parameters of all blocks.
func (t *Transformer) Params() []*Param {
	var all []*Param
	for _, b := range t.Blocks {
		all = append(all, b.Norm1.Params()...)
		all = append(all, b.Attention.Params()...)
		all = append(all, b.Norm2.Params()...)
		all = append(all, b.Up.Params()...)
		all = append(all, b.Down.Params()...)
	}
	return append(all, t.Norm.Params()...)
}

// Forward sets tape.Y[rows, Width] from x[rows, Width] laid out by seq. With
// rng, what each part adds and the weights of attention are dropped at the
// given rate.
func (t *Transformer) Forward(tape *TransformerTape, x []float32, seq Packed, rate float64, rng *rand.Rand) {
	size := seq.Rows() * t.Width
	if len(tape.blocks) != len(t.Blocks) {
		tape.blocks = make([]transformerBlockTape, len(t.Blocks))
	}
	for i := range t.Blocks {
		t.Blocks[i].forward(&tape.blocks[i], x, seq, rate, rng)
		x = tape.blocks[i].y
	}
	tape.Y = Grow(tape.Y, size)
	t.Norm.Forward(&tape.norm, tape.Y, x, seq.Rows())
}

func (b *TransformerBlock) forward(tape *transformerBlockTape, x []float32, seq Packed, rate float64, rng *rand.Rand) {
	rows, size := seq.Rows(), seq.Rows()*b.Up.In
	tape.n1, tape.a, tape.n2, tape.y = Grow(tape.n1, size), Grow(tape.a, size), Grow(tape.n2, size), Grow(tape.y, size)
	tape.up = Grow(tape.up, rows*b.Up.Out)
	b.Norm1.Forward(&tape.norm1, tape.n1, x, rows)
	b.Attention.Forward(&tape.attention, tape.a, tape.n1, seq, rate, rng)
	tape.drop1.Forward(tape.a, rate, rng)
	kernel.Axpy(1, x[:size], tape.a)

	b.Norm2.Forward(&tape.norm2, tape.n2, tape.a, rows)
	b.raise(tape.up, tape.n2, rows)
	b.Down.Forward(tape.y, tape.up, rows)
	tape.drop2.Forward(tape.y, rate, rng)
	kernel.Axpy(1, tape.a, tape.y)
}

// raise sets up[rows, inner] = relu(Up x).
func (b *TransformerBlock) raise(up, x []float32, rows int) {
	l := b.Up
	kernel.GemmEpilogue(false, true, rows, l.Out, l.In, x, l.In, l.W.Value, l.In, false, up, l.Out, kernel.Epilogue{Bias: l.B.Value, ReLU: true})
}

// FirstNonFinite names the first block, as "block1", whose output in the last
// Forward holds a NaN or an infinity, or else "norm"; "" if all are finite.
func (tape *TransformerTape) FirstNonFinite() string {
	for i := range tape.blocks {
		if !Finite(tape.blocks[i].y) {
			return fmt.Sprintf("block%d", i+1)
		}
	}
	if !Finite(tape.Y) {
		return "norm"
	}
	return ""
}

// Backward takes dy[rows, Width], the gradient of tape.Y, adds the gradients of
// the parameters and sets dx[rows, Width] from the x that Forward was given.
func (t *Transformer) Backward(tape *TransformerTape, dx, dy, x []float32, seq Packed) {
	size := seq.Rows() * t.Width
	tape.d, tape.d2 = Grow(tape.d, size), Grow(tape.d2, size)
	last := len(t.Blocks) - 1
	t.Norm.Backward(&tape.norm, dx, dy, tape.blocks[last].y, seq.Rows())
	for i := last; i >= 0; i-- {
		in := x
		if i > 0 {
			in = tape.blocks[i-1].y
		}
		t.Blocks[i].backward(tape, &tape.blocks[i], dx, in, seq)
	}
}

// backward turns d[rows, Width], the gradient of the block's output, into that
// of its input x.
func (b *TransformerBlock) backward(whole *TransformerTape, tape *transformerBlockTape, d, x []float32, seq Packed) {
	rows, size := seq.Rows(), seq.Rows()*b.Up.In
	whole.dUp = Grow(whole.dUp, rows*b.Up.Out)
	part, below := whole.d[:size], whole.d2[:size]

	copy(part, d[:size])
	tape.drop2.Backward(part)
	b.Down.Backward(whole.dUp, part, tape.up, rows)
	kernel.ReLUBackward(whole.dUp, tape.up, 1)
	b.Up.Backward(below, whole.dUp, tape.n2, rows)
	b.Norm2.Backward(&tape.norm2, below, below, tape.a, rows)
	kernel.Axpy(1, below, d)

	copy(part, d[:size])
	tape.drop1.Backward(part)
	b.Attention.Backward(&tape.attention, below, part, tape.n1, seq)
	b.Norm1.Backward(&tape.norm1, below, below, x, rows)
	kernel.Axpy(1, below, d)
}

package model

import (
	"sync"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/nn/kernel"
)

// transformerServed is a transformerSequence as it serves. Nobody asks for the
// states of a history but the last: of the last block nothing else is computed
// than the keys and values of all steps and the rest of the last.
type transformerServed struct {
	s        *transformerSequence
	entries  *servedEntries
	blocks   []transformerServedBlock
	single   sync.Pool // *transformerWalk
	together sync.Pool // *transformerBatchWalk
}

// transformerServedBlock is a block with its weights packed.
type transformerServedBlock struct {
	*nn.TransformerBlock
	in       kernel.Weights // [Hidden, 3*Hidden]; unused in the last block
	query    kernel.Weights // [Hidden, Hidden], the two parts of in; used in the last block alone
	keys     kernel.Weights // [Hidden, 2*Hidden]
	out      kernel.Weights // [Hidden, Hidden]
	up, down kernel.Weights // [Hidden, Inner], [Inner, Hidden]
}

func (s *transformerSequence) serve(m *Model, reels *Reels) (servedSequence, error) {
	// Of a reel there are a third of the numbers that the GRU's gates take, and
	// no gate that bounds what rounding them comes to: they stay as they are.
	parts := floatParts{newFloatRows(s.blocks.Width)}
	e := &transformerServed{s: s, entries: newServedEntries(m, reels, s.project.W.Value, s.project.B.Value, parts)}
	e.single.New = func() any { return new(transformerWalk) }
	e.together.New = func() any { return new(transformerBatchWalk) }
	e.blocks = make([]transformerServedBlock, len(s.blocks.Blocks))
	for i := range e.blocks {
		b := &e.blocks[i]
		b.TransformerBlock = &s.blocks.Blocks[i]
		in, width := b.Attention.In, s.blocks.Width
		if i == len(e.blocks)-1 {
			b.query.Pack(true, width, width, in.W.Value, width)
			b.keys.Pack(true, width, 2*width, in.W.Value[width*width:], width)
		} else {
			b.in.Pack(true, width, 3*width, in.W.Value, width)
		}
		b.out.Pack(true, width, width, b.Attention.Out.W.Value, width)
		b.up.Pack(true, width, b.Up.Out, b.Up.W.Value, width)
		b.down.Pack(true, b.Up.Out, width, b.Down.W.Value, b.Up.Out)
	}
	return e, nil
}

func (e *transformerServed) put(is []int32) error { return e.entries.put(is) }

// transformerWalk is the buffers of one user's way through the blocks.
type transformerWalk struct {
	x, n, a   []float32 // [steps, Hidden]: what a block reads, normalised, after attention
	up        []float32 // [steps, Inner]
	keys      []float32 // [steps, 2*Hidden]
	scores    []float32 // [steps]
	query     []float32 // [Hidden]
	heads     []float32 // [Hidden]
	offsets   []int
	lengths   [1]int
	attention nn.SelfAttentionTape
}

func (e *transformerServed) last(state []float32, h History) {
	w := e.single.Get().(*transformerWalk)
	defer e.single.Put(w)
	n, width := len(h.Reels), len(state)
	w.x, w.n, w.a = nn.Grow(w.x, n*width), nn.Grow(w.n, n*width), nn.Grow(w.a, n*width)
	e.entries.of(w.x, h)
	last := len(e.blocks) - 1
	for i := range last {
		e.blocks[i].walk(w, n, width)
	}
	e.blocks[last].walkLast(w, n, width)
	e.s.blocks.Norm.Normalize(state, w.x[:width])
}

// walk replaces w.x[n, width] by the block's output.
func (b *transformerServedBlock) walk(w *transformerWalk, n, width int) {
	b.Norm1.Rows(w.n, w.x, n)
	b.in.Gemm(n, w.n, width, false, b.Attention.Projected(&w.attention, n), 3*width, kernel.Epilogue{Bias: b.Attention.In.B.Value})
	heads := b.Attention.Attend(&w.attention, w.sequence(n))
	b.finish(w, heads, w.x, n, width)
}

// sequence is the layout of one sequence of n steps.
func (w *transformerWalk) sequence(n int) nn.Packed {
	for len(w.offsets) <= n {
		w.offsets = append(w.offsets, len(w.offsets))
	}
	w.lengths[0] = n
	return nn.Packed{Lengths: w.lengths[:], Offsets: w.offsets[:n+1]}
}

// walkLast sets the first row of w.x to the block's output after the last of n
// steps.
func (b *transformerServedBlock) walkLast(w *transformerWalk, n, width int) {
	bias := b.Attention.In.B.Value
	w.keys, w.scores = nn.Grow(w.keys, n*2*width), nn.Grow(w.scores, n)
	w.query, w.heads = nn.Grow(w.query, width), nn.Grow(w.heads, width)
	b.Norm1.Rows(w.n, w.x, n)
	b.keys.Gemm(n, w.n, width, false, w.keys, 2*width, kernel.Epilogue{Bias: bias[width:]})
	b.query.Gemm(1, w.n[(n-1)*width:], width, false, w.query, width, kernel.Epilogue{Bias: bias[:width]})
	b.Attention.AttendLast(w.heads, w.scores, w.query, w.keys, n)
	b.finish(w, w.heads, w.x[(n-1)*width:], 1, width)
}

// finish sets the first rows of w.x to the outputs for rows x, given what
// attention read for them.
func (b *transformerServedBlock) finish(w *transformerWalk, heads, x []float32, rows, width int) {
	size, inner := rows*width, b.Up.Out
	w.up = nn.Grow(w.up, rows*inner)
	b.out.Gemm(rows, heads, width, false, w.a, width, kernel.Epilogue{Bias: b.Attention.Out.B.Value})
	kernel.Axpy(1, x[:size], w.a[:size])
	b.Norm2.Rows(w.n, w.a, rows)
	b.up.Gemm(rows, w.n, width, false, w.up, inner, kernel.Epilogue{Bias: b.Up.B.Value, ReLU: true})
	b.down.Gemm(rows, w.up, inner, false, w.x, width, kernel.Epilogue{Bias: b.Down.B.Value})
	kernel.Axpy(1, w.a[:size], w.x[:size])
}

// transformerBatchWalk is the buffers of a block of users.
type transformerBatchWalk struct {
	events []float32 // [rows, EventDim]
	x      []float32 // [rows, Hidden]
	tape   nn.TransformerTape
}

func (e *transformerServed) lastOf(states []float32, histories []History, block []int, seq nn.Packed) {
	w := e.together.Get().(*transformerBatchWalk)
	defer e.together.Put(w)
	rows, width := seq.Rows(), e.s.blocks.Width
	w.events, w.x = nn.Grow(w.events, rows*feature.EventDim), nn.Grow(w.x, rows*width)
	e.entries.ofAll(w.x, w.events, histories, block, seq)
	e.s.blocks.Forward(&w.tape, w.x, seq, 0, nil)
	takeLast(states, w.tape.Y, width, seq)
}

package model

import (
	"fmt"
	"sync"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/nn/kernel"
)

// gruServed is a gruSequence as it serves.
type gruServed struct {
	s        *gruSequence
	entries  *servedEntries // to the first layer's gates, biases included
	layers   []gruServedLayer
	single   sync.Pool // *gruWalk
	together sync.Pool // *gruBatchWalk
}

// gruServedLayer is one GRU layer.
type gruServedLayer struct {
	*nn.GRU
	input     kernel.Weights     // of the outputs below [Hidden, 3*Hidden]; unused in the first layer
	recurrent kernel.HalfWeights // of the state before, for one user [Hidden, 3*Hidden]
	batched   kernel.Weights     // the same for many users
}

func (s *gruSequence) serve(m *Model, reels *Reels) (servedSequence, error) {
	first := s.gru[0]
	e := &gruServed{s: s, layers: make([]gruServedLayer, len(s.gru))}
	e.entries = newServedEntries(m, reels, first.WX.Value, first.BX.Value, NewCodedRows[int16](3*first.Hidden))
	e.single.New = func() any { return new(gruWalk) }
	e.together.New = func() any { return &gruBatchWalk{gru: make([]nn.GRUTape, len(s.gru))} }
	for i, g := range s.gru {
		l := &e.layers[i]
		l.GRU = g
		l.recurrent.Pack(true, g.Hidden, 3*g.Hidden, g.WH.Value, g.Hidden)
		if !l.recurrent.Exact() {
			return nil, fmt.Errorf("model: the recurrent weights of layer %d are not in half precision: call RoundRecurrent where the training ends", i+1)
		}
		g.PackRecurrent(&l.batched)
		if i > 0 {
			l.input.Pack(true, g.In, 3*g.Hidden, g.WX.Value, g.In)
		}
	}
	return e, nil
}

func (e *gruServed) put(is []int32) error { return e.entries.put(is) }

// gruWalk is the buffers of one user's way through the layers.
type gruWalk struct {
	gates     []float32 // [steps, 3*Hidden]
	states    []float32 // [steps, Hidden]
	projected []float32 // [3*Hidden]
	initial   []float32 // the state before the first step: zeros [Hidden]
}

func (e *gruServed) last(state []float32, h History) {
	w := e.single.Get().(*gruWalk)
	defer e.single.Put(w)
	n, hidden := len(h.Reels), len(state)
	width := 3 * hidden
	w.gates, w.states = nn.Grow(w.gates, n*width), nn.Grow(w.states, n*hidden)
	w.projected, w.initial = nn.Grow(w.projected, width), nn.Grow(w.initial, hidden)
	e.entries.of(w.gates, h)
	for i := range e.layers {
		l := &e.layers[i]
		if i > 0 {
			l.input.Gemm(n, w.states, hidden, false, w.gates, width, kernel.Epilogue{Bias: l.BX.Value})
		}
		l.recur(w, n)
	}
	e.s.attention.Last(state, w.states, n)
}

// recur runs the recurrence over the projected inputs in w.gates.
func (l *gruServedLayer) recur(w *gruWalk, n int) {
	width := 3 * l.Hidden
	before := w.initial
	for t := range n {
		copy(w.projected, l.BH.Value)
		if t > 0 {
			l.recurrent.MulVec(w.projected, before)
		}
		after := w.states[t*l.Hidden:][:l.Hidden]
		kernel.GRUStep(w.gates[t*width:], w.projected, before, after)
		before = after
	}
}

// gruBatchWalk is the buffers of a block of users.
type gruBatchWalk struct {
	events    []float32 // [rows, EventDim]
	gru       []nn.GRUTape
	attention nn.AttentionTape
}

func (e *gruServed) lastOf(states []float32, histories []History, block []int, seq nn.Packed) {
	w := e.together.Get().(*gruBatchWalk)
	defer e.together.Put(w)
	hidden, rows := e.s.attention.Width, seq.Rows()
	w.events = nn.Grow(w.events, rows*feature.EventDim)
	e.entries.ofAll(e.layers[0].InputGates(&w.gru[0], rows), w.events, histories, block, seq)
	for i := range e.layers {
		l, tape := &e.layers[i], &w.gru[i]
		if i > 0 {
			l.input.Gemm(rows, w.gru[i-1].H, hidden, false, l.InputGates(tape, rows), 3*hidden, kernel.Epilogue{Bias: l.BX.Value})
		}
		l.Recur(tape, &l.batched, seq)
	}
	e.s.attention.Forward(&w.attention, w.gru[len(w.gru)-1].H, seq)
	takeLast(states, w.attention.Pooled, hidden, seq)
}

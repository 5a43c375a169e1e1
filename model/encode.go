package model

import (
	"fmt"
	"sync"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/nn/kernel"
)

// History is what the user encoder reads of a user: up to reel.HistoryLen
// reels, oldest first, and what the user did with each.
type History struct {
	Reels  []int32   // indices into Reels
	Events []float32 // [len(Reels), feature.EventDim]
	Liked  []bool    // whether each was a positive exposure
}

// User is a user as ranking and retrieval read them.
type User struct {
	State []float32 // [Hidden]; zero without history
	Query []float32 // [RetrievalWidth], unit length; nil where nothing is known to search by
}

// Encoder computes users from their histories: the model's user encoder as it
// serves. What the first layer makes of a reel is computed once per reel, and
// the weights are packed once. It belongs to the set of kernels in use when it
// was made. It is safe for concurrent use, and changes only by Put.
type Encoder struct {
	m     *Model
	reels *Reels

	gates  *CodedRows[int16] // [reels, 3*Hidden] each reel's part of the first layer's gates, biases included
	events kernel.Weights    // [EventDim, 3*Hidden] to what an event adds to them
	layers []encoderLayer
	query  kernel.Weights // [Hidden, Tower]; unused without a tower

	single      sync.Pool // *walk
	batches     sync.Pool // *batchWalk
	projections sync.Pool // *projection
}

// encoderLayer is one GRU layer.
type encoderLayer struct {
	*nn.GRU
	input     kernel.Weights     // of the outputs below [Hidden, 3*Hidden]; unused in the first layer
	recurrent kernel.HalfWeights // of the state before, for one user [Hidden, 3*Hidden]
	batched   kernel.Weights     // the same for many users
}

// NewEncoder packs the model's user encoder and computes every reel's part of
// its first layer. The recurrent weights are those that RoundRecurrent leaves.
func NewEncoder(m *Model, reels *Reels) (*Encoder, error) {
	e := &Encoder{m: m, reels: reels, layers: make([]encoderLayer, len(m.GRU))}
	e.gates = NewCodedRows[int16](3 * m.Config.Hidden)
	e.projections.New = func() any { return new(projection) }
	e.single.New = func() any { return new(walk) }
	e.batches.New = func() any { return &batchWalk{gru: make([]nn.GRUTape, len(m.GRU))} }
	for i, g := range m.GRU {
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
	first := m.GRU[0]
	e.events.Pack(true, feature.EventDim, 3*first.Hidden, first.WX.Value[first.In-feature.EventDim:], first.In)
	if m.Query != nil {
		e.query.Pack(true, m.Query.In, m.Query.Out, m.Query.W.Value, m.Query.In)
	}
	for is := range reels.Blocks() {
		if err := e.Put(is...); err != nil {
			return nil, fmt.Errorf("%w: the bundle cannot serve", err)
		}
	}
	return e, nil
}

// Put computes the first layer's part of reels that Reels.Put has added or
// replaced, all different. Where one is not finite it returns a
// *NotFiniteError and stores none.
//
// A reel is projected as a history entry in which the user did nothing: the
// event's slots are the last columns of the input, and zero here.
func (e *Encoder) Put(is ...int32) error {
	p := e.projections.Get().(*projection)
	defer e.projections.Put(p)
	n, w, width := len(is), e.m.Config.EventWidth(), e.gates.Width
	p.in, p.gates = nn.Grow(p.in, n*w), nn.Grow(p.gates, n*width)
	var nothing [feature.EventDim]float32
	for k, i := range is {
		e.m.eventInput(p.in[k*w:(k+1)*w], e.reels.Vector(i), nothing[:])
	}
	e.m.GRU[0].ProjectInput(p.gates, p.in, n)
	if err := FirstNotFinite("part of the user encoder", is, p.gates, width); err != nil {
		return err
	}
	e.gates.Put(is, p.gates)
	return nil
}

// projection is the buffers of Put.
type projection struct {
	in    []float32 // [n, EventWidth]
	gates []float32 // [n, 3*Hidden]
}

// walk is the buffers of one user's way through the layers.
type walk struct {
	gates     []float32 // [steps, 3*Hidden]
	states    []float32 // [steps, Hidden]
	projected []float32 // [3*Hidden]
	initial   []float32 // the state before the first step: zeros [Hidden]
	enjoyed   []float32 // [Tower]
}

// Encode computes a user from their history.
func (e *Encoder) Encode(h History) User {
	w := e.single.Get().(*walk)
	defer e.single.Put(w)
	u := User{State: make([]float32, e.m.Config.Hidden)}
	if n := len(h.Reels); n > 0 {
		e.walk(w, h)
		e.m.Attention.Last(u.State, w.states, n)
	}
	if e.m.Query == nil {
		u.Query = contentQuery(e.reels, h)
		return u
	}
	u.Query = make([]float32, e.m.Config.Tower)
	e.query.Gemm(1, u.State, len(u.State), false, u.Query, len(u.Query), kernel.Epilogue{Bias: e.m.Query.B.Value})
	e.finishQuery(u.Query, h, w)
	return u
}

// walk leaves the last layer's states in w.
func (e *Encoder) walk(w *walk, h History) {
	n, hidden := len(h.Reels), e.m.Config.Hidden
	width := 3 * hidden
	w.gates, w.states = nn.Grow(w.gates, n*width), nn.Grow(w.states, n*hidden)
	w.projected, w.initial = nn.Grow(w.projected, width), nn.Grow(w.initial, hidden)
	e.events.Gemm(n, h.Events, feature.EventDim, false, w.gates, width, kernel.Epilogue{})
	for t, i := range h.Reels {
		gates := w.gates[t*width:][:width]
		e.gates.Add(gates, i, gates)
	}
	for i := range e.layers {
		l := &e.layers[i]
		if i > 0 {
			l.input.Gemm(n, w.states, hidden, false, w.gates, width, kernel.Epilogue{Bias: l.BX.Value})
		}
		l.recur(w, n)
	}
}

// recur runs the recurrence over the projected inputs in w.gates.
func (l *encoderLayer) recur(w *walk, n int) {
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

// finishQuery adds the mean enjoyed reel to the projected state, as
// Pass.meanEnjoyed defines it, and scales the sum to unit length.
func (e *Encoder) finishQuery(query []float32, h History, w *walk) {
	w.enjoyed = nn.Grow(w.enjoyed, len(query))
	clear(w.enjoyed)
	n := float32(1)
	for t, i := range h.Reels {
		if h.Liked[t] {
			kernel.Axpy(1, e.reels.Vector(i), w.enjoyed)
			n++
		}
	}
	for c, v := range w.enjoyed {
		query[c] += e.m.Enjoyed.Value[c] * (v / n)
	}
	var norm [1]float32
	nn.Normalize(query, norm[:], query, 1, len(query))
}

// contentQuery is the mean direction of the reels that the user enjoyed; nil
// if there are none with content.
func contentQuery(r *Reels, h History) []float32 {
	q := make([]float32, r.RetrievalWidth)
	for t, i := range h.Reels {
		if h.Liked[t] {
			kernel.Axpy(1, r.RetrievalVector(i), q)
		}
	}
	if kernel.SumSquares(q) == 0 {
		return nil
	}
	nn.Normalize(q, make([]float32, 1), q, 1, len(q))
	return q
}

// TowerDot is the value of the context's feature.TowerDot slot for a user and
// a reel, 0 where the network has no tower.
func (m *Model) TowerDot(u User, unit []float32) float32 {
	if m.Query == nil {
		return 0
	}
	return m.towerDot(u.Query, unit)
}

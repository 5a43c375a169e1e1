package model

import (
	"fmt"
	"sync"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/nn/kernel"
	"github.com/reelrank/reelrank/reel"
)

// Reels holds what serving computes once per reel and model version.
type Reels struct {
	Width   int
	Vectors []float32 // [n, Width] as ranker and user encoder read them: unit tower outputs, or raw vectors

	// Gates [n, 3*Hidden] is each reel's part of the first GRU layer's gates,
	// its biases included; a history entry adds what the user did.
	Gates []float32

	RetrievalWidth int
	Retrieval      []float32 // [n, RetrievalWidth] unit vectors that retrieval searches; Vectors itself with a tower
}

// Vector is the i-th reel's row of Vectors.
func (r *Reels) Vector(i int32) []float32 { return r.Vectors[int(i)*r.Width : (int(i)+1)*r.Width] }

// RetrievalVector is the i-th reel's row of Retrieval.
func (r *Reels) RetrievalVector(i int32) []float32 {
	return r.Retrieval[int(i)*r.RetrievalWidth : (int(i)+1)*r.RetrievalWidth]
}

// reelBlock is how many reels go through the tower at a time.
const reelBlock = 512

// Reels computes the vectors of n reels. fill writes the feature vector
// [feature.ReelDim] of reel i and returns the reel.
func (m *Model) Reels(n int, fill func(dst []float32, i int) *reel.Reel) (*Reels, error) {
	r := &Reels{Width: m.Config.ReelWidth(), RetrievalWidth: m.Config.RetrievalWidth()}
	r.Vectors = make([]float32, n*r.Width)
	if m.Tower == nil {
		kernel.Parallel(n, 64, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				fill(r.Vector(int32(i)), i)
			}
		})
		r.contentDirections(n)
	} else {
		m.towerVectors(r, n, fill)
		r.Retrieval = r.Vectors
	}
	m.gates(r, n)
	for i := range n {
		if !nn.Finite(r.Vector(int32(i))) {
			return nil, fmt.Errorf("the model gives the reel at index %d a vector that is not finite: the bundle cannot serve", i)
		}
	}
	return r, nil
}

// gates projects every reel as a history entry in which the user did nothing.
// The event slots are the last columns of the GRU's input, and zero here.
func (m *Model) gates(r *Reels, n int) {
	g, w := m.GRU[0], m.Config.EventWidth()
	r.Gates = make([]float32, n*3*g.Hidden)
	in, nothing := make([]float32, reelBlock*w), make([]float32, feature.EventDim)
	for lo := 0; lo < n; lo += reelBlock {
		rows := min(reelBlock, n-lo)
		for i := range rows {
			m.eventInput(in[i*w:(i+1)*w], r.Vector(int32(lo+i)), nothing)
		}
		g.ProjectInput(r.Gates[lo*3*g.Hidden:(lo+rows)*3*g.Hidden], in, rows)
	}
}

func (m *Model) towerVectors(r *Reels, total int, fill func(dst []float32, i int) *reel.Reel) {
	d := m.Config.Tower
	content, raw := make([]float32, reelBlock*feature.ReelDim), make([]float32, reelBlock*d)
	norms, ids, makers := make([]float32, reelBlock), make([]int32, reelBlock), make([]int32, reelBlock)
	for lo := 0; lo < total; lo += reelBlock {
		n := min(reelBlock, total-lo)
		kernel.Parallel(n, 16, func(a, b int) {
			for i := a; i < b; i++ {
				one := fill(content[i*feature.ReelDim:(i+1)*feature.ReelDim], lo+i)
				who := m.Identify(one.ID, one.Creator)
				ids[i], makers[i] = who.Reel, who.Creator
			}
		})
		m.Tower.Forward(raw, content, n)
		m.addIdentity(raw, ids[:n], makers[:n])
		nn.Normalize(r.Vectors[lo*d:(lo+n)*d], norms, raw, n, d)
	}
}

// contentDirections sets Retrieval to the unit vectors of the content part,
// which is what retrieval compares where the network has no tower.
func (r *Reels) contentDirections(n int) {
	w := r.RetrievalWidth
	r.Retrieval = make([]float32, n*w)
	norm := make([]float32, 1)
	for i := range n {
		nn.Normalize(r.Retrieval[i*w:(i+1)*w], norm, r.Vector(int32(i))[:w], 1, w)
	}
}

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

type encodeTape struct{ gru []nn.GRUTape }

var encodeTapes = sync.Pool{New: func() any { return new(encodeTape) }}

// Encode computes a user from their history. It is safe for concurrent use.
func (m *Model) Encode(r *Reels, h History) User {
	u := User{State: make([]float32, m.Config.Hidden)}
	if n := len(h.Reels); n > 0 {
		m.encodeState(u.State, r, h)
	}
	if m.Query == nil {
		u.Query = contentQuery(r, h)
		return u
	}
	u.Query = make([]float32, m.Config.Tower)
	m.Query.Forward(u.Query, u.State, 1)
	m.addEnjoyed(u.Query, r, h)
	norm := make([]float32, 1)
	nn.Normalize(u.Query, norm, u.Query, 1, len(u.Query))
	return u
}

func (m *Model) encodeState(state []float32, r *Reels, h History) {
	tape := encodeTapes.Get().(*encodeTape)
	defer encodeTapes.Put(tape)
	if len(tape.gru) < len(m.GRU) {
		tape.gru = make([]nn.GRUTape, len(m.GRU))
	}
	n := len(h.Reels)
	seq := single(n)
	m.firstGates(m.GRU[0].InputGates(&tape.gru[0], n), r, h)
	m.GRU[0].ForwardProjected(&tape.gru[0], seq)
	x := tape.gru[0].H
	for i := 1; i < len(m.GRU); i++ {
		m.GRU[i].Forward(&tape.gru[i], x, seq)
		x = tape.gru[i].H
	}
	m.Attention.Last(state, x, n)
}

// firstGates sets gates[len(h.Reels), 3*Hidden] to the sum of the reels' part
// and the events' part.
func (m *Model) firstGates(gates []float32, r *Reels, h History) {
	g, n := m.GRU[0], len(h.Reels)
	width := 3 * g.Hidden
	for t, i := range h.Reels {
		copy(gates[t*width:(t+1)*width], r.Gates[int(i)*width:])
	}
	events := g.WX.Value[g.In-feature.EventDim:]
	kernel.Gemm(false, true, n, width, feature.EventDim, h.Events, feature.EventDim, events, g.In, true, gates, width)
}

// single is the layout of one sequence of n steps.
func single(n int) nn.Packed {
	p := nn.Packed{Lengths: []int{n}, Offsets: make([]int, n+1)}
	for t := range p.Offsets {
		p.Offsets[t] = t
	}
	return p
}

// addEnjoyed adds the mean enjoyed reel, as Pass.meanEnjoyed defines it.
func (m *Model) addEnjoyed(query []float32, r *Reels, h History) {
	sum, n := make([]float32, len(query)), float32(1)
	for t, i := range h.Reels {
		if h.Liked[t] {
			kernel.Axpy(1, r.Vector(i), sum)
			n++
		}
	}
	for c, v := range sum {
		query[c] += m.Enjoyed.Value[c] * (v / n)
	}
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

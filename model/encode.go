package model

import (
	"fmt"
	"sync"

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

	// With Config.Interests: the reels of the history that were enjoyed, and the
	// directions that they lie in, unit vectors [RetrievalWidth], the one with
	// the most of them first. Both are empty where nothing was enjoyed.
	Enjoyed   []int32
	Interests [][]float32
}

// Encoder computes users from their histories: the model's user encoder as it
// serves. What its first layer makes of a reel is computed once per reel, and
// the weights are packed once. It belongs to the set of kernels in use when it
// was made. It is safe for concurrent use, and changes only by Put.
type Encoder struct {
	m     *Model
	reels *Reels

	users servedSequence
	query kernel.Weights // [Hidden, Tower]; unused without a tower

	means   sync.Pool // *[]float32, mean enjoyed reels [Tower]
	batches sync.Pool // *batchWalk
}

// servedSequence is a Sequence as it serves.
type servedSequence interface {
	// put computes what the first layer makes of reels. Where one is not finite
	// it returns a *NotFiniteError and stores none.
	put(is []int32) error
	// last sets state[Hidden] to that after a history of at least one entry.
	last(state []float32, h History)
	// lastOf is last for the users block of histories, laid out by seq, whose
	// states are [len(block), Hidden].
	lastOf(states []float32, histories []History, block []int, seq nn.Packed)
}

// NewEncoder packs the model's user encoder and computes every reel's part of
// its first layer. The recurrent weights are those that RoundRecurrent leaves.
func NewEncoder(m *Model, reels *Reels) (*Encoder, error) {
	e := &Encoder{m: m, reels: reels}
	e.means.New = func() any { return new([]float32) }
	e.batches.New = func() any { return new(batchWalk) }
	var err error
	if e.users, err = m.Users.serve(m, reels); err != nil {
		return nil, err
	}
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
func (e *Encoder) Put(is ...int32) error { return e.users.put(is) }

// Encode computes a user from their history.
func (e *Encoder) Encode(h History) User {
	u := User{State: make([]float32, e.m.Config.Hidden)}
	if len(h.Reels) > 0 {
		e.users.last(u.State, h)
	}
	if e.m.Query == nil {
		u.Query = contentQuery(e.reels, h)
		return u
	}
	u.Query = make([]float32, e.m.Config.Tower)
	e.query.Gemm(1, u.State, len(u.State), false, u.Query, len(u.Query), kernel.Epilogue{Bias: e.m.Query.B.Value})
	e.finishQuery(u.Query, h)
	e.addInterests(&u, h)
	return u
}

// finishQuery adds the mean enjoyed reel to the projected state, as
// Pass.meanEnjoyed defines it, and scales the sum to unit length.
func (e *Encoder) finishQuery(query []float32, h History) {
	buf := e.means.Get().(*[]float32)
	defer e.means.Put(buf)
	*buf = nn.Grow(*buf, len(query))
	enjoyed := *buf
	clear(enjoyed)
	n := float32(1)
	for t, i := range h.Reels {
		if h.Liked[t] {
			kernel.Axpy(1, e.reels.Vector(i), enjoyed)
			n++
		}
	}
	for c, v := range enjoyed {
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

package model

import (
	"cmp"
	"slices"

	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/nn/kernel"
)

// batchUsers is how many users walk through the layers together: enough that
// reading the weights costs little per user, few enough that what lies between
// the layers, 500 KB a user, does not grow large.
const batchUsers = 32

// batchWalk is the buffers of a block of users.
type batchWalk struct {
	states  []float32 // [users, Hidden]
	queries []float32 // [users, Tower]
}

// EncodeBatch is Encode for many users: a product with a matrix of states reads
// the weights once for all of them, and threads share the users. The users are
// the same as one by one, to the bit where a state has at most 256 numbers, and
// up to a rounding beyond.
func (e *Encoder) EncodeBatch(histories []History) []User {
	users := make([]User, len(histories))
	order := make([]int, len(histories)) // users of equal length together
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return -cmp.Compare(len(histories[a].Reels), len(histories[b].Reels)) })
	for block := range slices.Chunk(order, batchUsers) {
		e.encodeBlock(users, histories, block)
	}
	return users
}

// encodeBlock encodes the users of a block, which have histories of falling
// lengths.
func (e *Encoder) encodeBlock(users []User, histories []History, block []int) {
	w := e.batches.Get().(*batchWalk)
	defer e.batches.Put(w)
	hidden := e.m.Config.Hidden
	w.states = nn.Grow(w.states, len(block)*hidden)
	clear(w.states)
	var lengths []int
	for _, u := range block {
		if n := len(histories[u].Reels); n > 0 {
			lengths = append(lengths, n)
		}
	}
	if len(lengths) > 0 {
		seq, err := nn.Pack(lengths)
		if err != nil {
			panic(err) // the caller has sorted them
		}
		e.users.lastOf(w.states, histories, block[:len(lengths)], seq)
	}
	for b, u := range block {
		users[u].State = slices.Clone(w.states[b*hidden:][:hidden])
	}
	e.blockQueries(w, users, histories, block)
}

// blockQueries sets the queries of the block's users.
func (e *Encoder) blockQueries(w *batchWalk, users []User, histories []History, block []int) {
	if e.m.Query == nil {
		for _, u := range block {
			users[u].Query = contentQuery(e.reels, histories[u])
		}
		return
	}
	hidden, width := e.m.Config.Hidden, e.m.Config.Tower
	w.queries = nn.Grow(w.queries, len(block)*width)
	e.query.Gemm(len(block), w.states, hidden, false, w.queries, width, kernel.Epilogue{Bias: e.m.Query.B.Value})
	for b, u := range block {
		users[u].Query = slices.Clone(w.queries[b*width:][:width])
		e.finishQuery(users[u].Query, histories[u])
		e.addInterests(&users[u], histories[u])
	}
}

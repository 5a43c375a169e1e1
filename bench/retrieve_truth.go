package bench

import (
	"cmp"
	"math"
	"slices"
	"sync"

	"github.com/reelrank/reelrank/nn/kernel"
)

// question asks for the K reels nearest to each of the queries [n, Dim] among
// those that keep takes; nil takes all.
type question struct {
	queries []float32
	k       int
	keep    func(i int) bool
}

// nearest answers questions exactly: for each the reels of each query, best
// first. The reels are drawn once, a batch at a time. Which batch comes first
// does not matter: no two reels share a place in the order.
func (c *Catalogue) nearest(questions []question) [][][]int32 {
	const batch = 4096
	answers := make([]answer, len(questions))
	for a, question := range questions {
		answers[a].found = make([]ranking, len(question.queries)/c.Dim)
	}
	kernel.Parallel(c.Reels, batch, func(lo, hi int) {
		reels, d := make([]float32, (hi-lo)*c.Dim), newDrawer()
		for i := lo; i < hi; i++ {
			c.draw(d, reels[(i-lo)*c.Dim:][:c.Dim], i)
		}
		for a, question := range questions {
			answers[a].merge(c.batch(question, reels, lo), question.k)
		}
	})
	numbers := make([][][]int32, len(questions))
	for a := range answers {
		numbers[a] = make([][]int32, len(answers[a].found))
		for q, found := range answers[a].found {
			for _, r := range found {
				numbers[a][q] = append(numbers[a][q], r.reel)
			}
		}
	}
	return numbers
}

// answer is the best reels so far of each query.
type answer struct {
	mu    sync.Mutex
	found []ranking
}

func (a *answer) merge(part []ranking, k int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for q, r := range part {
		if have := a.found[q]; len(r) > 0 && (len(have) < k || r[0].product >= have[k-1].product) {
			a.found[q] = append(have, r...).best(k)
		}
	}
}

// batch ranks the reels [n, Dim], of which the first is number from, for each
// query.
func (c *Catalogue) batch(q question, reels []float32, from int) []ranking {
	n, queries := len(reels)/c.Dim, len(q.queries)/c.Dim
	products := make([]float32, queries*n)
	kernel.Gemm(false, true, queries, n, c.Dim, q.queries, c.Dim, reels, c.Dim, false, products, n)
	kept := make([]int32, 0, n)
	for i := range n {
		if q.keep == nil || q.keep(from+i) {
			kept = append(kept, int32(i))
		}
	}
	found := make([]ranking, queries)
	for i := range found {
		found[i] = rankKept(products[i*n:][:n], kept, from, q.k)
	}
	return found
}

// scored is a reel with its product with a query.
type scored struct {
	product float32
	reel    int32
}

type ranking []scored

// rankKept returns the k best of the kept reels.
func rankKept(products []float32, kept []int32, from, k int) ranking {
	var r ranking
	floor := float32(math.Inf(-1))
	for _, i := range kept {
		if p := products[i]; p > floor {
			r = append(r, scored{p, int32(from) + i})
			if len(r) >= 4*k {
				r = r.best(k)
				floor = r[k-1].product
			}
		}
	}
	return r.best(k)
}

// best is the k best in order; it reorders the ranking.
func (r ranking) best(k int) ranking {
	slices.SortFunc(r, func(a, b scored) int {
		return cmp.Or(-cmp.Compare(a.product, b.product), cmp.Compare(a.reel, b.reel))
	})
	return slices.Clone(r[:min(k, len(r))])
}

package ann

import (
	"sync"

	"github.com/reelrank/reelrank/nn/kernel"
)

// scanGrain is the least number of multiply-adds worth a goroutine of its own:
// about a quarter of a millisecond.
const scanGrain = 1 << 20

// Search appends to dst the k vectors with the largest dot product with the
// query [Dim] among those that accept takes, best first, ties by lower index.
// A nil accept takes all. accept is asked only of vectors that would enter the
// result as it stands, from several goroutines at once in a large index; a
// panic of it surfaces here. A vector whose product is NaN (finite vectors can
// overflow to it) is left out. The error is that of Check.
func (x *Index) Search(dst []Hit, query []float32, k int, accept func(i int32) bool) ([]Hit, error) {
	if err := x.Check(query); err != nil {
		return dst, err
	}
	k = min(k, x.n)
	if k <= 0 {
		return dst, nil
	}
	best := newTop(k)
	if x.n*x.dim < 2*scanGrain || kernel.Threads() == 1 {
		x.scan(&best, query, 0, x.n, accept)
	} else {
		x.scanParallel(&best, query, accept)
	}
	return best.appendSorted(dst), nil
}

// scanParallel scans ranges side by side, each into its own top, and merges
// them. The merge is a set union cut by a total order, so that it does not
// matter where the ranges are cut and which of them ends first.
func (x *Index) scanParallel(best *top, query []float32, accept func(int32) bool) {
	var (
		mu       sync.Mutex
		panicked any
	)
	kernel.Parallel(x.n, 1+scanGrain/x.dim, func(lo, hi int) {
		defer func() {
			if p := recover(); p != nil {
				mu.Lock()
				panicked = p
				mu.Unlock()
			}
		}()
		part := newTop(best.k)
		x.scan(&part, query, lo, hi, accept)
		mu.Lock()
		defer mu.Unlock()
		for _, h := range part.hits {
			best.add(h)
		}
	})
	if panicked != nil {
		panic(panicked)
	}
}

// scan adds the rows lo..hi-1 to best.
func (x *Index) scan(best *top, query []float32, lo, hi int, accept func(int32) bool) {
	for i := lo; i < hi; i++ {
		h := Hit{Index: int32(i), Score: kernel.Dot(query, x.vectors[i*x.dim:(i+1)*x.dim])}
		if !best.wants(h) || accept != nil && !accept(h.Index) {
			continue
		}
		best.add(h)
	}
}

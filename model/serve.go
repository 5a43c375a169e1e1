package model

import (
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/nn/kernel"
	"github.com/reelrank/reelrank/reel"
)

// Reels holds what serving computes once per reel and model version. Reels
// come and change by Put while others read, without a lock. It is safe for
// concurrent use; of a reel that is new, nothing may be asked before its Put
// returned.
type Reels struct {
	Width          int // of Vector
	RetrievalWidth int // of RetrievalVector

	m         *Model
	vectors   *floatRows
	retrieval *floatRows // vectors itself with a tower
	works     sync.Pool  // *reelWork
	nearness  sync.Pool  // *nearness
}

// FillReel writes the feature vector [feature.ReelDim] of reel i and returns
// the reel. It is called from several goroutines.
type FillReel func(dst []float32, i int) *reel.Reel

// reelBlock is how many reels go through the tower at a time.
const reelBlock = 512

// Reels computes the vectors of n reels.
func (m *Model) Reels(n int, fill FillReel) (*Reels, error) {
	r := &Reels{Width: m.Config.ReelWidth(), RetrievalWidth: m.Config.RetrievalWidth(), m: m}
	r.works.New = func() any { return new(reelWork) }
	r.nearness.New = func() any { return new(nearness) }
	r.vectors = newFloatRows(r.Width)
	r.retrieval = r.vectors
	if m.Tower == nil {
		r.retrieval = newFloatRows(r.RetrievalWidth)
	}
	for is := range blocks(n) {
		if err := r.PutAll(is, fill); err != nil {
			return nil, fmt.Errorf("%w: the bundle cannot serve", err)
		}
	}
	return r, nil
}

// blocks lists the indices 0..n-1, some hundred at a time.
func blocks(n int) iter.Seq[[]int32] {
	return func(yield func([]int32) bool) {
		is := make([]int32, 0, reelBlock)
		for i := range int32(n) {
			if is = append(is, i); len(is) == reelBlock || int(i) == n-1 {
				if !yield(is) {
					return
				}
				is = is[:0]
			}
		}
	}
}

// Len is the number of reels.
func (r *Reels) Len() int { return r.vectors.len() }

// Blocks lists the indices of all reels, some hundred at a time, for what is
// computed of every one. A block holds until the next.
func (r *Reels) Blocks() iter.Seq[[]int32] { return blocks(r.Len()) }

// Vector is the i-th reel as ranker and user encoder read it [Width]: the
// tower's output, of unit length, or the raw vector where there is no tower.
// It stays as it is when the reel is put anew.
func (r *Reels) Vector(i int32) []float32 { return r.vectors.row(i) }

// RetrievalVector is the i-th reel as retrieval searches it [RetrievalWidth],
// of unit length: Vector itself with a tower.
func (r *Reels) RetrievalVector(i int32) []float32 { return r.retrieval.row(i) }

// Put computes the vectors of one reel from its feature vector
// [feature.ReelDim], and adds them or replaces those it had.
func (r *Reels) Put(i int32, content []float32, one *reel.Reel) error {
	return r.PutAll([]int32{i}, func(dst []float32, _ int) *reel.Reel {
		copy(dst, content)
		return one
	})
}

// PutAll is Put for many reels, all different, at the cost of one product: up
// to some thousand, since it holds what it reads of all. Where a vector is not
// finite it returns a *NotFiniteError and stores none.
func (r *Reels) PutAll(is []int32, fill FillReel) error {
	if err := checkIndices(is); err != nil {
		return err
	}
	w := r.works.Get().(*reelWork)
	defer r.works.Put(w)
	r.compute(w, is, fill)
	if err := FirstNotFinite("vector", is, w.vectors, r.Width); err != nil {
		return err
	}
	if r.m.Tower == nil {
		r.retrieval.set(is, w.directions(is, r.Width, r.RetrievalWidth))
	}
	r.vectors.set(is, w.vectors)
	return nil
}

// checkIndices returns the error of indices that cannot be put together.
func checkIndices(is []int32) error {
	sorted := slices.Sorted(slices.Values(is))
	for n, i := range sorted {
		if i < 0 {
			return fmt.Errorf("model: a reel has the index %d: want 0 or more", i)
		}
		if n > 0 && i == sorted[n-1] {
			return fmt.Errorf("model: the reel at index %d is put twice at once: keep one", i)
		}
	}
	return nil
}

// reelWork is the buffers of some reels' way through the tower.
type reelWork struct {
	content     []float32 // [n, feature.ReelDim]
	vectors     []float32 // [n, Width]
	unit        []float32 // [n, RetrievalWidth] where the network has no tower
	norms       []float32
	ids, makers []int32
}

// compute leaves the reels' vectors in w.
func (r *Reels) compute(w *reelWork, is []int32, fill FillReel) {
	n, d := len(is), r.Width
	w.vectors, w.norms = nn.Grow(w.vectors, n*d), nn.Grow(w.norms, n)
	if r.m.Tower == nil { // d is the width of the content
		kernel.Parallel(n, 16, func(a, b int) {
			for k := a; k < b; k++ {
				fill(w.vectors[k*d:(k+1)*d], int(is[k]))
			}
		})
		return
	}
	w.content = nn.Grow(w.content, n*feature.ReelDim)
	w.ids, w.makers = nn.Grow(w.ids, n), nn.Grow(w.makers, n)
	kernel.Parallel(n, 16, func(a, b int) {
		for k := a; k < b; k++ {
			one := fill(w.content[k*feature.ReelDim:(k+1)*feature.ReelDim], int(is[k]))
			who := r.m.Identify(one.ID, one.Creator)
			w.ids[k], w.makers[k] = who.Reel, who.Creator
		}
	})
	r.m.Tower.Forward(w.vectors, w.content, n)
	r.m.addIdentity(w.vectors, w.ids, w.makers)
	nn.Normalize(w.vectors, w.norms, w.vectors, n, d)
}

// directions are the unit vectors of the content part, which is what retrieval
// compares where the network has no tower.
func (w *reelWork) directions(is []int32, width, content int) []float32 {
	w.unit = nn.Grow(w.unit, len(is)*content)
	for k := range is {
		nn.Normalize(w.unit[k*content:(k+1)*content], w.norms[k:k+1], w.vectors[k*width:][:content], 1, content)
	}
	return w.unit
}

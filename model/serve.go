package model

import (
	"fmt"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/nn/kernel"
	"github.com/reelrank/reelrank/reel"
)

// Reels holds what serving computes once per reel and model version.
type Reels struct {
	Width   int
	Vectors []float32 // [n, Width] as ranker and user encoder read them: unit tower outputs, or raw vectors

	RetrievalWidth int
	Retrieval      []float32 // [n, RetrievalWidth] unit vectors that retrieval searches; Vectors itself with a tower
}

// Len is the number of reels.
func (r *Reels) Len() int { return len(r.Vectors) / r.Width }

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
	for i := range n {
		if !nn.Finite(r.Vector(int32(i))) {
			return nil, fmt.Errorf("the model gives the reel at index %d a vector that is not finite: the bundle cannot serve", i)
		}
	}
	return r, nil
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

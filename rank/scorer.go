package rank

import (
	"fmt"
	"math"
	"sync"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/nn/kernel"
	"github.com/reelrank/reelrank/reel"
)

// Scorer scores candidates. It is immutable and safe for concurrent use.
type Scorer struct {
	m     *model.Model
	reels *model.Reels

	width    int       // of the first dense layer
	reelPart []float32 // [reels, width] W_reel x_reel
	userW    []float32 // [width, Hidden]
	contextW []float32 // [width, ContextDim]
	bias     []float32 // [width]
	rest     []folded  // the layers behind the first
	buffers  sync.Pool
}

// folded is a dense layer with its BatchNorm multiplied in.
type folded struct {
	in, out int
	w, b    []float32 // [out, in], [out]
}

// fold returns the layer W' = s∘W, b' = s∘b + t for BatchNorm's scale s and shift t.
func fold(b model.Block) folded {
	scale, shift := b.Norm.Affine()
	l := b.Linear
	f := folded{in: l.In, out: l.Out, w: make([]float32, len(l.W.Value)), b: make([]float32, l.Out)}
	for o := range l.Out {
		for i := range l.In {
			f.w[o*l.In+i] = scale[o] * l.W.Value[o*l.In+i]
		}
		f.b[o] = scale[o]*l.B.Value[o] + shift[o]
	}
	return f
}

// forward sets y[rows, out] = x Wᵀ + b.
func (f folded) forward(y, x []float32, rows int) {
	for r := range rows {
		copy(y[r*f.out:], f.b)
	}
	kernel.Gemm(false, true, rows, f.out, f.in, x, f.in, f.w, f.in, true, y, f.out)
}

// NewScorer folds the model's ranker and computes every reel's part of its
// first layer. It refuses a model with values that are not finite, before or
// after folding: whatever it scores would not be a number.
func NewScorer(m *model.Model, reels *model.Reels) (*Scorer, error) {
	for _, t := range m.Tensors() {
		if !nn.Finite(t.Data) {
			return nil, fmt.Errorf("rank: %s of the model holds values that are not finite: the bundle cannot serve", t.Name)
		}
	}
	s := &Scorer{m: m, reels: reels}
	first := fold(m.Dense[0])
	s.width, s.bias = first.out, first.b
	rw, h := m.Config.ReelWidth(), m.Config.Hidden
	reelW := columns(first, 0, rw)
	if m.Tower != nil { // the ranker reads unit vectors stretched by sqrt(width)
		stretch := float32(math.Sqrt(float64(rw)))
		for i := range reelW {
			reelW[i] *= stretch
		}
	}
	s.userW = columns(first, rw, rw+h)
	s.contextW = columns(first, rw+h, rw+h+feature.ContextDim)
	n := len(reels.Vectors) / rw
	s.reelPart = make([]float32, n*s.width)
	kernel.Gemm(false, true, n, s.width, rw, reels.Vectors, rw, reelW, rw, false, s.reelPart, s.width)
	for _, b := range m.Dense[1:] {
		s.rest = append(s.rest, fold(b))
	}
	s.rest = append(s.rest, folded{in: m.Heads.In, out: m.Heads.Out, w: m.Heads.W.Value, b: m.Heads.B.Value})
	for i, f := range append([]folded{first}, s.rest...) {
		if !nn.Finite(f.w) || !nn.Finite(f.b) {
			return nil, fmt.Errorf("rank: layer %d of the model, folded, holds values that are not finite: the bundle cannot serve", i+1)
		}
	}
	if !nn.Finite(s.reelPart) {
		return nil, fmt.Errorf("rank: a reel's part of the first layer is not finite: the bundle cannot serve")
	}
	s.buffers.New = func() any { return new(buffers) }
	return s, nil
}

// columns copies the columns lo..hi of a layer's weights.
func columns(f folded, lo, hi int) []float32 {
	w := make([]float32, 0, f.out*(hi-lo))
	for o := range f.out {
		w = append(w, f.w[o*f.in+lo:o*f.in+hi]...)
	}
	return w
}

type buffers struct{ user, a, b []float32 }

// Blend is how predictions become one score: the weighted heads, plus
// Similarity times the candidate's similarity. The heads are learned from what
// was shown and tell good from bad among it; the similarity is learned against
// the whole catalogue and tells what would have been chosen from it.
type Blend struct {
	Heads      reel.Weights
	Similarity float32
}

// Score fills Predictions and Score of the candidates of one user. contexts
// [len(candidates), feature.ContextDim] is overwritten in its tower slot.
// A prediction that is not a number is left as NaN for re-ranking to sink.
func (s *Scorer) Score(user model.User, contexts []float32, candidates []reel.Candidate, blend Blend) {
	n := len(candidates)
	if n == 0 {
		return
	}
	buf := s.buffers.Get().(*buffers)
	defer s.buffers.Put(buf)
	s.firstLayer(buf, user, contexts, candidates)
	x, y := buf.a, buf.b
	for i, f := range s.rest {
		y = nn.Grow(y, n*f.out)
		f.forward(y, x, n)
		if i < len(s.rest)-1 {
			nn.ReLU(y, y)
		}
		x, y = y, x
	}
	buf.a, buf.b = x, y
	for i := range candidates {
		c := &candidates[i]
		copy(c.Predictions[:], x[i*reel.NumHeads:(i+1)*reel.NumHeads])
		kernel.Sigmoid(c.Predictions[:], c.Predictions[:])
		c.Score = blend.Heads.Score(c.Predictions) + blend.Similarity*c.Similarity
	}
}

// firstLayer sets buf.a[n, width] to the output of the first dense layer.
func (s *Scorer) firstLayer(buf *buffers, user model.User, contexts []float32, candidates []reel.Candidate) {
	n, h := len(candidates), s.m.Config.Hidden
	buf.user = nn.Grow(buf.user, s.width)
	copy(buf.user, s.bias)
	kernel.Gemm(false, true, 1, s.width, h, user.State, h, s.userW, h, true, buf.user, s.width)
	buf.a = nn.Grow(buf.a, n*s.width)
	for i, c := range candidates {
		contexts[i*feature.ContextDim+feature.TowerDot] = s.m.TowerDot(user, s.reels.Vector(c.Index))
		row, part := buf.a[i*s.width:(i+1)*s.width], s.reelPart[int(c.Index)*s.width:]
		for j := range row {
			row[j] = part[j] + buf.user[j]
		}
	}
	kernel.Gemm(false, true, n, s.width, feature.ContextDim, contexts, feature.ContextDim, s.contextW, feature.ContextDim, true, buf.a, s.width)
	nn.ReLU(buf.a, buf.a)
}

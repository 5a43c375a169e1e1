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

// ownDim is the width of what is a candidate's own in the context: TowerDot,
// and the slots from feature.CandidateAt on.
const ownDim = 1 + feature.ContextDim - feature.CandidateAt

// requestDim is the width of the slots that a request's candidates share.
const requestDim = feature.CandidateAt - feature.SharedAt

// Scorer scores candidates. It is safe for concurrent use, changes only by Put,
// and belongs to the set of kernels in use when it was made.
type Scorer struct {
	m     *model.Model
	reels *model.Reels

	// The first dense layer, by the columns of its weights.
	width   int
	bias    []float32
	reel    kernel.Weights // of the reel's vector [ReelWidth, width]
	request kernel.Weights // of the user and the shared slots [Hidden+requestDim, width]
	own     kernel.Weights // of the candidate's own slots [ownDim, width]

	form       form // the reels' part of it, and the hidden layers behind
	heads      kernel.Weights
	headBias   []float32
	headInputs int
	buffers    sync.Pool // *buffers
	parts      sync.Pool // *parts
}

// buffers are what one request needs; x and y take turns.
type buffers struct {
	user   []float32 // what the request adds to every candidate's first layer [width]
	input  []float32 // user's state, shared slots
	own    []float32 // [rows, ownDim]
	x, y   []float32 // outputs of layers [rows, width of the layer]
	reels  []int32   // of the rows
	dots   []float32 // their tower slots
	codes  []uint8   // x in 8 bits, with a scale per row
	scales []float32
}

// NewScorer folds and packs the model's ranker and computes every reel's part
// of its first layer. It refuses a model with values that are not finite.
func NewScorer(m *model.Model, reels *model.Reels, p Precision) (*Scorer, error) {
	if p != Float32 && p != Int8 {
		return nil, fmt.Errorf("rank: precision %q is neither %s nor %s", p, Float32, Int8)
	}
	layers, err := foldAll(m)
	if err != nil {
		return nil, err
	}
	first, hidden, heads := layers[0], layers[1:len(layers)-1], layers[len(layers)-1]
	s := &Scorer{m: m, reels: reels, width: first.out, bias: first.b, headBias: heads.b, headInputs: heads.in}
	s.buffers.New = func() any { return new(buffers) }
	s.parts.New = func() any { return new(parts) }

	user := m.Config.ReelWidth()
	context := user + m.Config.Hidden
	s.request.Pack(true, m.Config.Hidden+requestDim, s.width,
		first.columns([2]int{user, context}, [2]int{context + feature.SharedAt, context + feature.CandidateAt}), m.Config.Hidden+requestDim)
	s.own.Pack(true, ownDim, s.width,
		first.columns([2]int{context + feature.TowerDot, context + feature.TowerDot + 1}, [2]int{context + feature.CandidateAt, first.in}), ownDim)
	s.heads.Pack(true, heads.in, heads.out, heads.w, heads.in)
	s.packReels(first.columns([2]int{0, user}))
	s.form = newForm(p, s.width, hidden)
	for is := range reels.Blocks() {
		if err := s.Put(is...); err != nil {
			return nil, fmt.Errorf("%w: the bundle cannot serve", err)
		}
	}
	return s, nil
}

// packReels packs W_reel, the columns w [width, ReelWidth] of the first layer.
func (s *Scorer) packReels(w []float32) {
	in := s.m.Config.ReelWidth()
	if s.m.Tower != nil { // the ranker reads unit vectors stretched by sqrt(width)
		stretch := float32(math.Sqrt(float64(in)))
		for i := range w {
			w[i] *= stretch
		}
	}
	s.reel.Pack(true, in, s.width, w, in)
}

// Put computes W_reel x_reel of reels that Reels.Put has added or replaced, all
// different. Where a number of one is not finite it returns a
// *model.NotFiniteError and stores none.
func (s *Scorer) Put(is ...int32) error {
	p := s.parts.Get().(*parts)
	defer s.parts.Put(p)
	n, in := len(is), s.reels.Width
	p.reels, p.out = nn.Grow(p.reels, n*in), nn.Grow(p.out, n*s.width)
	for k, i := range is {
		copy(p.reels[k*in:(k+1)*in], s.reels.Vector(i))
	}
	s.reel.Gemm(n, p.reels, in, false, p.out, s.width, kernel.Epilogue{})
	if err := model.FirstNotFinite("part of the ranker's first layer", is, p.out, s.width); err != nil {
		return fmt.Errorf("rank: %w", err)
	}
	s.form.Put(is, p.out)
	return nil
}

// parts is the buffers of Put.
type parts struct {
	reels []float32 // [n, ReelWidth]
	out   []float32 // [n, width]
}

// ReelBytes is the memory that the scorer keeps per reel.
func (s *Scorer) ReelBytes() int { return s.form.RowBytes() }

// Blend is how predictions become one score: the weighted heads, plus
// Similarity times the candidate's similarity. The heads are learned from what
// was shown and tell good from bad among it; the similarity is learned against
// the whole catalogue and tells what would have been chosen from it.
type Blend struct {
	Heads      reel.Weights
	Similarity float32
	// Context, when not nil, corrects the similarity: it is what each slot of a
	// candidate's context adds to it [feature.ContextDim]. The slots that a
	// request's candidates share would move all of them alike and are not read.
	Context []float32
}

// correction is what a candidate's own slots, in the order of firstLayer, add
// to its similarity.
func (b *Blend) correction(own []float32) float32 {
	return b.Context[feature.TowerDot]*own[0] + kernel.Dot(b.Context[feature.CandidateAt:], own[1:])
}

// Score fills Predictions and Score of the candidates of one user. contexts
// [len(candidates), feature.ContextDim] are of one request: of the slots that
// its candidates share the first candidate's are read, and the tower slot is
// the scorer's own to fill. A prediction that is not a number is left as NaN
// for re-ranking to sink.
func (s *Scorer) Score(user model.User, contexts []float32, candidates []reel.Candidate, blend Blend) {
	n := len(candidates)
	if n == 0 {
		return
	}
	buf := s.buffers.Get().(*buffers)
	defer s.buffers.Put(buf)
	s.firstLayer(buf, user, contexts, candidates)
	s.form.hidden(buf, n)
	buf.y = nn.Grow(buf.y, n*reel.NumHeads)
	s.heads.Gemm(n, buf.x, s.headInputs, false, buf.y, reel.NumHeads, kernel.Epilogue{Bias: s.headBias})
	kernel.Sigmoid(buf.y, buf.y)
	for i := range candidates {
		c := &candidates[i]
		copy(c.Predictions[:], buf.y[i*reel.NumHeads:])
		similarity := c.Similarity
		if blend.Context != nil {
			similarity += blend.correction(buf.own[i*ownDim:][:ownDim])
		}
		c.Score = blend.Heads.Score(c.Predictions) + blend.Similarity*similarity
	}
}

// firstLayer sets buf.x [n, width] to the output of the first dense layer.
func (s *Scorer) firstLayer(buf *buffers, user model.User, contexts []float32, candidates []reel.Candidate) {
	n := len(candidates)
	s.requestPart(buf, user, contexts)
	buf.own, buf.x = nn.Grow(buf.own, n*ownDim), nn.Grow(buf.x, n*s.width)
	buf.reels, buf.dots = nn.Grow(buf.reels, n), nn.Grow(buf.dots, n)
	for i := range candidates {
		buf.reels[i] = candidates[i].Index
	}
	s.reels.TowerDots(buf.dots, &user, buf.reels)
	for i := range candidates {
		c := &candidates[i]
		own := buf.own[i*ownDim:][:ownDim]
		own[0] = buf.dots[i]
		copy(own[1:], contexts[i*feature.ContextDim+feature.CandidateAt:])
		s.form.Add(buf.x[i*s.width:][:s.width], c.Index, buf.user)
	}
	s.own.Gemm(n, buf.own, ownDim, true, buf.x, s.width, kernel.Epilogue{ReLU: true})
}

// requestPart sets buf.user to the part of the first layer that all candidates
// of a request have in common, its bias included.
func (s *Scorer) requestPart(buf *buffers, user model.User, contexts []float32) {
	buf.input = append(append(buf.input[:0], user.State...), contexts[feature.SharedAt:feature.CandidateAt]...)
	buf.user = nn.Grow(buf.user, s.width)
	s.request.Gemm(1, buf.input, len(buf.input), false, buf.user, s.width, kernel.Epilogue{Bias: s.bias})
}

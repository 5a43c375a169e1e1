package rank

import (
	"math/rand/v2"
	"testing"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/reel"
)

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x7a4c)) }

func normals(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// anySizes draws the sizes of a small network.
func anySizes(rng *rand.Rand, tower bool) model.Config {
	cfg := model.Config{Preset: "drawn", Hidden: 1 + rng.IntN(12), Layers: 1 + rng.IntN(2), Dropout: 0.1, Temperature: 0.2}
	for range 1 + rng.IntN(3) {
		cfg.Dense = append(cfg.Dense, 1+rng.IntN(20))
	}
	if tower {
		cfg.Tower, cfg.IDBuckets, cfg.Creators = 1+rng.IntN(9), 32, 16
	}
	return cfg
}

// situation is a user with a history and candidates to score, as serving and
// as the model's own pass see them.
type situation struct {
	m        *model.Model
	encoder  *model.Encoder
	reels    *model.Reels
	history  model.History
	contexts []float32 // of the candidates
	shown    []int32   // the candidates

	content []float32
	ids     []model.Identity
}

// newSituation draws a model with the running statistics of a few training
// steps, a history, and candidates, each possibly several times.
func newSituation(t testing.TB, rng *rand.Rand, cfg model.Config, reels, history, candidates int) *situation {
	t.Helper()
	m, err := model.New(cfg, rng.Uint64())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range m.Params() {
		for i := range p.Value {
			p.Value[i] += float32(0.2 * rng.NormFloat64())
		}
	}
	m.RoundRecurrent()
	s := &situation{m: m, content: normals(rng, reels*feature.ReelDim)}
	for i := range reels {
		clear(s.content[i*feature.ReelDim+feature.EventAt : (i+1)*feature.ReelDim])
	}
	s.reels, err = m.Reels(reels, func(dst []float32, i int) *reel.Reel {
		copy(dst, s.content[i*feature.ReelDim:])
		return &reel.Reel{ID: reel.ReelID(i), Creator: reel.CreatorID(i / 2)}
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.encoder, err = model.NewEncoder(m, s.reels); err != nil {
		t.Fatal(err)
	}
	for i := range reels {
		s.ids = append(s.ids, m.Identify(reel.ReelID(i), reel.CreatorID(i/2)))
	}
	for range history {
		s.history.Reels = append(s.history.Reels, int32(rng.IntN(reels)))
		s.history.Liked = append(s.history.Liked, rng.IntN(2) == 0)
	}
	s.history.Events = normals(rng, history*feature.EventDim)
	for range candidates {
		s.shown = append(s.shown, int32(rng.IntN(reels)))
	}
	s.contexts = normals(rng, candidates*feature.ContextDim)
	for i := range candidates { // as the context builder leaves them
		context := s.contexts[i*feature.ContextDim:][:feature.ContextDim]
		context[feature.TowerDot] = 0
		copy(context[feature.SharedAt:feature.CandidateAt], s.contexts[feature.SharedAt:])
	}
	s.settle(t, rng)
	return s
}

// settle moves BatchNorm's running statistics towards those of the situation,
// as training does.
func (s *situation) settle(t testing.TB, rng *rand.Rand) {
	pass, obj := model.NewPass(s.m), model.Objective{Dropout: rng}
	for range 4 {
		pass.Forward(s.batch(t), obj)
	}
}

// batch holds the history once for each candidate, and the candidate after it.
func (s *situation) batch(t testing.TB) *model.Batch {
	t.Helper()
	steps := len(s.history.Reels) + 1
	lengths := make([]int, len(s.shown))
	for i := range lengths {
		lengths[i] = steps
	}
	seq, err := nn.Pack(lengths)
	if err != nil {
		t.Fatal(err)
	}
	rows := seq.Rows()
	b := &model.Batch{Seq: seq, Content: s.content, Reel: make([]int32, rows), Event: make([]float32, rows*feature.EventDim),
		Enjoyed: make([]float32, rows), Context: make([]float32, rows*feature.ContextDim), Now: make([]int64, rows), Recall: make([]float32, rows),
		Upload: make([]int64, len(s.ids)), LogQ: make([]float32, len(s.ids))}
	for _, id := range s.ids {
		b.IDs, b.Makers = append(b.IDs, id.Reel), append(b.Makers, id.Creator)
	}
	for h := range reel.NumHeads {
		b.Targets[h], b.Weights[h] = make([]float32, rows), make([]float32, rows)
	}
	for c, candidate := range s.shown {
		for step, i := range s.history.Reels {
			row := seq.Row(step, c)
			b.Reel[row] = i
			copy(b.Event[row*feature.EventDim:], s.history.Events[step*feature.EventDim:(step+1)*feature.EventDim])
			if s.history.Liked[step] {
				b.Enjoyed[row] = 1
			}
		}
		row := seq.Row(steps-1, c)
		b.Reel[row] = candidate
		copy(b.Context[row*feature.ContextDim:], s.contexts[c*feature.ContextDim:(c+1)*feature.ContextDim])
	}
	return b
}

// candidates are fresh ones, as retrieval hands them over.
func (s *situation) candidates() []reel.Candidate {
	cs := make([]reel.Candidate, len(s.shown))
	for i, index := range s.shown {
		cs[i] = reel.Candidate{Index: index, Reel: reel.ReelID(index), Similarity: float32(i%7) / 7}
	}
	return cs
}

// user is the one whose history it is.
func (s *situation) user() model.User { return s.encoder.Encode(s.history) }

func (s *situation) scorer(t testing.TB, p Precision) *Scorer {
	t.Helper()
	scorer, err := NewScorer(s.m, s.reels, p)
	if err != nil {
		t.Fatal(err)
	}
	return scorer
}

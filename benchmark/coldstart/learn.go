package coldstart

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/evaluate"
	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/rank"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/train"
)

// school trains variants on one holdout.
type school struct {
	h        *holdout
	cfg      config.Config
	encoder  *feature.Encoder
	examples *train.Examples
	midway   *catalog.Counters // as of the training part's end
}

func newSchool(ctx context.Context, h *holdout, cfg config.Config, progress func(done, total int)) (*school, error) {
	s := &school{h: h, cfg: cfg}
	var known []reel.Reel
	for i := range int32(h.catalog.Len()) {
		if r := h.catalog.Reel(i); r.Uploaded < h.parts.ValidationFrom {
			known = append(known, *r)
		}
	}
	var err error
	if s.encoder, err = feature.Fit(known); err != nil {
		return nil, fmt.Errorf("fit the reel features: %w", err)
	}
	s.examples, err = train.Prepare(ctx, h.catalog, s.newCounters(), s.encoder, h.log, progress)
	if err != nil {
		return nil, err
	}
	s.midway = s.newCounters()
	for i := range h.parts.Train {
		s.midway.Observe(&h.parts.Train[i])
	}
	return s, nil
}

func (s *school) newCounters() *catalog.Counters {
	return catalog.NewCounters(s.h.catalog, time.Duration(s.cfg.Retrieve.HalfLife*float64(time.Hour)))
}

// teach trains a variant and makes its tables.
func (s *school) teach(ctx context.Context, v Variant, report func(train.Progress)) (*network, error) {
	sizes, err := model.PresetConfig(s.cfg.Model.Preset)
	if err != nil {
		return nil, err
	}
	sizes.Dropout, sizes.Temperature = s.cfg.Model.Dropout, s.cfg.Train.Temperature
	m, err := model.New(v.sizes(sizes), s.cfg.Seed)
	if err != nil {
		return nil, err
	}
	ex := v.apply(s.examples)
	defer s.restore()
	rows := len(s.h.parts.Train)
	m.InitHeadBias(ex.BaseRates(rows))
	t, err := train.New(m, ex, s.cfg.Train, s.cfg.Seed, train.Parts{Train: rows, Validation: len(s.h.log)})
	if err != nil {
		return nil, err
	}
	if _, err := t.Run(ctx, report); err != nil {
		return nil, fmt.Errorf("%s: %w", v.Name, err)
	}
	m.RoundRecurrent()
	return s.graduate(m, v)
}

// restore gives the reels back what a variant took.
func (s *school) restore() {
	for i := range int32(s.examples.Reels()) {
		s.encoder.Vector(s.examples.Content(i), s.h.catalog.Reel(i))
	}
}

// graduate computes what ranking needs of a trained network.
func (s *school) graduate(m *model.Model, v Variant) (*network, error) {
	n := &network{h: s.h, variant: v, model: m}
	var err error
	n.reels, err = m.Reels(s.h.catalog.Len(), func(dst []float32, i int) *reel.Reel {
		r := s.h.catalog.Reel(int32(i))
		s.encoder.Vector(dst, r)
		v.strip(dst)
		return r
	})
	if err != nil {
		return nil, err
	}
	if n.users, err = model.NewEncoder(m, n.reels); err != nil {
		return nil, err
	}
	n.scorer, err = rank.NewScorer(m, n.reels, rank.Float32)
	return n, err
}

// similarityWeights are what the similarity's weight in the score is chosen
// from, as in serving.
var similarityWeights = []float32{0, 0.25, 0.5, 1, 2, 4, 8}

// tuneK is the length of the lists by which the weight is chosen.
const tuneK = 10

// ranker returns a network as it answers for the test fold's reels, with the
// similarity weighed as suits the validation fold.
func (s *school) ranker(ctx context.Context, n *network) (*ranker, error) {
	r := s.at(n, &s.h.validation, s.midway)
	gains := make([][]float64, len(r.at.cases))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for c := range r.at.cases {
		group.Go(func() (err error) {
			gains[c], err = r.gainPerWeight(ctx, &r.at.cases[c])
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	asked := s.at(n, &s.h.reels, s.examples.Counters)
	best, _ := evaluate.LargestTotal(gains)
	asked.blend.Similarity = similarityWeights[best]
	return asked, nil
}

// at is a network that answers a moment's questions, with what was counted by
// then.
func (s *school) at(n *network, at *moment, counters *catalog.Counters) *ranker {
	builder := feature.NewContextBuilder(s.h.catalog, counters)
	c := s.cfg.Rank
	return &ranker{
		network: n, at: at,
		contexts: &sync.Pool{New: func() any { return &workspace{builder: builder.Fork()} }},
		blend: rank.Blend{Heads: reel.Weights{
			reel.HeadWatch: float32(c.WatchWeight), reel.HeadLike: float32(c.LikeWeight),
			reel.HeadShare: float32(c.ShareWeight), reel.HeadFollow: float32(c.FollowWeight),
		}},
	}
}

// gainPerWeight is the NDCG of a case under each weight of the similarity.
func (r *ranker) gainPerWeight(ctx context.Context, c *evaluate.Case) ([]float64, error) {
	w := r.contexts.Get().(*workspace)
	defer r.contexts.Put(w)
	open := r.at.answers(r.h.catalog, &c.Query)
	if err := r.score(ctx, w, &c.Query, open); err != nil {
		return nil, err
	}
	gains, scores := make([]float64, len(similarityWeights)), make([]float32, len(open))
	for at, weight := range similarityWeights {
		for i := range open {
			scores[i] = w.candidates[i].Score + weight*w.candidates[i].Similarity
		}
		gains[at] = evaluate.NDCG(best(r.h.catalog, open, scores, tuneK), c.Relevant, tuneK)
	}
	return gains, nil
}

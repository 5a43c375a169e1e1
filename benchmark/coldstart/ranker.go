package coldstart

import (
	"context"
	"sync"

	"github.com/reelrank/reelrank/evaluate"
	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/rank"
	"github.com/reelrank/reelrank/reel"
)

// network is a trained network with its tables over the catalogue.
type network struct {
	h       *holdout
	variant Variant
	model   *model.Model
	reels   *model.Reels
	users   *model.Encoder
	scorer  *rank.Scorer
}

// ranker answers a moment's questions with a network: every reel of the shelf
// gets the score that serving gives a candidate.
type ranker struct {
	*network
	at       *moment
	contexts *sync.Pool // *workspace
	blend    rank.Blend
}

// workspace is what one question needs.
type workspace struct {
	builder    *feature.ContextBuilder
	rows       []float32 // [block, feature.ContextDim]
	candidates []reel.Candidate
	scores     []float32
}

// rankBlock is how many reels are scored together.
const rankBlock = 256

// Name implements evaluate.Recommender.
func (r *ranker) Name() string { return r.variant.Name }

// Recommend scores the shelf.
func (r *ranker) Recommend(ctx context.Context, q evaluate.Query, k int) ([]reel.ReelID, error) {
	w := r.contexts.Get().(*workspace)
	defer r.contexts.Put(w)
	open := r.at.answers(r.h.catalog, &q)
	if err := r.score(ctx, w, &q, open); err != nil {
		return nil, err
	}
	w.scores = nn.Grow(w.scores, len(open))
	for i := range open {
		w.scores[i] = w.candidates[i].Score
	}
	return best(r.h.catalog, open, w.scores, k), nil
}

// score leaves the reels, scored, in w.candidates.
func (r *ranker) score(ctx context.Context, w *workspace, q *evaluate.Query, open []int32) error {
	user := r.users.Encode(r.history(q.Profile.Recent))
	w.candidates = w.candidates[:0]
	for _, i := range open {
		w.candidates = append(w.candidates, reel.Candidate{Index: i, Reel: r.h.catalog.ID(i)})
	}
	if user.Query != nil {
		w.scores = nn.Grow(w.scores, len(open))
		r.reels.Similarities(w.scores, &user, open)
		for n, i := range open {
			w.candidates[n].Similarity = w.scores[n] + r.model.AgeTerm(q.Now, r.h.catalog.Uploaded(i))
		}
	}
	w.rows = nn.Grow(w.rows, rankBlock*feature.ContextDim)
	w.builder.Start(q.Now, q.Context, q.Profile)
	for lo := 0; lo < len(open); lo += rankBlock {
		if err := ctx.Err(); err != nil {
			return err
		}
		block := open[lo:min(lo+rankBlock, len(open))]
		rows := w.rows[:len(block)*feature.ContextDim]
		w.builder.FillAll(rows, block)
		if r.variant.lacks(Context) {
			clear(rows)
		}
		r.scorer.Score(user, rows, w.candidates[lo:lo+len(block)], r.blend)
	}
	return nil
}

// history is what the user encoder reads, oldest first; nothing where the
// variant has no sequence.
func (r *ranker) history(recent []reel.Interaction) (h model.History) {
	if r.variant.lacks(Sequence) {
		return h
	}
	var prev *reel.Interaction
	for n := range recent {
		it := &recent[n]
		i, known := r.h.catalog.Index(it.Reel)
		if !known {
			continue
		}
		var event [feature.EventDim]float32
		feature.Event(event[:], it, prev)
		h.Reels, h.Liked = append(h.Reels, i), append(h.Liked, it.Positive())
		h.Events = append(h.Events, event[:]...)
		prev = it
	}
	return h
}

package recommend

import (
	"context"
	"fmt"
	"time"

	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/rank"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/rerank"
	"github.com/reelrank/reelrank/retrieve"
)

// The first stage of a trace: the user's vectors were computed, or were there
// from an earlier request.
const (
	stageEncode = "encode user"
	stageCached = "encode user (cached)"
)

// recommend answers a request of the user of a profile.
func (e *engine) recommend(ctx context.Context, req Request, profile *reel.Profile, known bool) (Slate, error) {
	trace := newTraces()
	user, kept := e.recent.get(profile, e.encode)
	if kept {
		trace.add(stageCached, len(profile.Recent))
	} else {
		trace.add(stageEncode, len(profile.Recent))
	}
	slate, err := e.slate(ctx, req, profile, user, &trace)
	slate.KnownUser = known
	return slate, err
}

// slate is the straight way of a request: retrieve, rank, rerank.
func (e *engine) slate(ctx context.Context, req Request, profile *reel.Profile, user model.User, trace *traces) (Slate, error) {
	if req.Now == 0 {
		req.Now = e.world.Now()
	}
	candidates, found, err := e.retriever.Retrieve(ctx, e.query(req, profile, user))
	if err != nil {
		return Slate{}, fmt.Errorf("retrieve: %w", err)
	}
	trace.addSources(found)
	trace.add("retrieve", len(candidates))

	e.score(req, profile, user, candidates, e.blend(req.Weights, profile))
	trace.add("rank", len(candidates))

	chosen := e.rerank.Rerank(candidates, rerank.Request{K: req.K, MaxPerCreator: req.MaxPerCreator, Now: req.Now, Seen: profile.HasSeen, Recent: profile.Recent})
	trace.add("rerank", len(chosen.Items))

	return Slate{
		User: req.User, Items: e.items(chosen.Items, req, profile), ModelVersion: e.version,
		Relaxed: chosen.Relaxed, NotFinite: chosen.NotFinite, Stages: trace.stages, Took: time.Since(trace.start),
	}, nil
}

// candidatesPerSlot is how many candidates a slot of the slate needs at least,
// so that re-ranking has a choice in long slates too.
const candidatesPerSlot = 3

// query is what a request asks of retrieval.
func (e *engine) query(req Request, profile *reel.Profile, user model.User) *retrieve.Query {
	return &retrieve.Query{
		Now: req.Now, Context: req.Context, Profile: profile, Vector: user.Query, Exclude: req.Exclude,
		Filter: req.Filter, Prior: e.prior(req.Now), Want: candidatesPerSlot * req.K,
		Interests: user.Interests[:min(len(user.Interests), e.cfg.Retrieve.Interests)], Similarity: e.similarity(user),
	}
}

// similarity is what a model with interests compares a user and a reel by; nil
// where that is the product of their vectors.
func (e *engine) similarity(user model.User) func(dst []float32, reels []int32) {
	if e.model.Interest == nil || user.Query == nil {
		return nil
	}
	return func(dst []float32, reels []int32) { e.reels.Similarities(dst, &user, reels) }
}

// prior is what a reel's age adds to its similarity as of now.
func (e *engine) prior(now int64) func(i int32) float32 {
	return func(i int32) float32 { return e.model.AgeTerm(now, e.catalog.Uploaded(i)) }
}

// blend has the request's own weights of the heads, or else the configured ones.
func (e *engine) blend(own *reel.Weights, profile *reel.Profile) rank.Blend {
	c := e.cfg.Rank
	b := rank.Blend{Similarity: float32(c.SimilarityWeight), Context: e.correction, Heads: reel.Weights{
		reel.HeadWatch: float32(c.WatchWeight), reel.HeadLike: float32(c.LikeWeight),
		reel.HeadShare: float32(c.ShareWeight), reel.HeadFollow: float32(c.FollowWeight),
	}}
	if e.strangers != nil && len(profile.Recent) == 0 {
		b.Similarity, b.Context = float32(e.strangers.Similarity), e.strangers.Correction
	}
	if own != nil {
		b.Heads = *own
	}
	return b
}

func (e *engine) predict(ctx context.Context, id reel.UserID, reelID reel.ReelID, c reel.Context, own *reel.Weights) (Prediction, error) {
	start := time.Now()
	if err := ctx.Err(); err != nil {
		return Prediction{}, err
	}
	i, ok := e.catalog.Index(reelID)
	if !ok {
		return Prediction{}, fmt.Errorf("%w: %d", ErrUnknownReel, reelID)
	}
	profile, _, err := e.world.profile(ctx, id)
	if err != nil {
		return Prediction{}, err
	}
	user, _ := e.recent.get(profile, e.encode)
	candidates, now := []reel.Candidate{{Index: i, Reel: reelID}}, e.world.Now()
	if user.Query != nil {
		var similarity [1]float32
		e.reels.Similarities(similarity[:], &user, []int32{i})
		candidates[0].Similarity = similarity[0] + e.prior(now)(i)
	}
	e.score(Request{Now: now, Context: c}, profile, user, candidates, e.blend(own, profile))
	return Prediction{
		User: id, Reel: reelID, Predictions: candidates[0].Predictions, Score: candidates[0].Score,
		ModelVersion: e.version, Took: time.Since(start),
	}, nil
}

// traces notes what each component handed on and how long it took.
type traces struct {
	stages      []StageTrace
	start, last time.Time
}

func newTraces() traces {
	now := time.Now()
	return traces{start: now, last: now}
}

// add notes a component that ran since the last one.
func (t *traces) add(stage string, count int) {
	now := time.Now()
	t.stages = append(t.stages, StageTrace{Stage: stage, Count: count, Took: now.Sub(t.last)})
	t.last = now
}

// addSources notes retrieval's sources, which ran side by side.
func (t *traces) addSources(found []retrieve.Trace) {
	for _, f := range found {
		name := "retrieve/" + f.Source.String()
		if f.Err != nil {
			name += " (dropped: " + f.Err.Error() + ")"
		}
		t.stages = append(t.stages, StageTrace{Stage: name, Count: f.Count, Took: f.Took})
	}
}

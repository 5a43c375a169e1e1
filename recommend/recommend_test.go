package recommend

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/reel"
)

// mostOfOneCreator is the largest number of reels that one creator has.
func mostOfOneCreator(s Slate) int {
	count, most := map[reel.CreatorID]int{}, 0
	for _, item := range s.Items {
		count[item.Creator]++
		most = max(most, count[item.Creator])
	}
	return most
}

// reelsOf and profileOf read the tiny world's own log, not the engine.
func reelByID() map[reel.ReelID]*reel.Reel {
	m := map[reel.ReelID]*reel.Reel{}
	for i := range tiny().Reels {
		m[tiny().Reels[i].ID] = &tiny().Reels[i]
	}
	return m
}

func seenBy() map[reel.UserID]map[reel.ReelID]bool {
	seen := map[reel.UserID]map[reel.ReelID]bool{}
	for _, it := range tiny().Interactions {
		if seen[it.User] == nil {
			seen[it.User] = map[reel.ReelID]bool{}
		}
		seen[it.User][it.Reel] = true
	}
	return seen
}

// suits states anew what a filter lets pass.
func suits(f *Filter, r *reel.Reel) bool {
	for _, of := range []struct {
		wanted []string
		label  string
	}{{f.Languages, r.Language}, {f.Regions, r.Region}, {f.Categories, r.Category}} {
		if len(of.wanted) > 0 && (of.label == "" || !slices.Contains(of.wanted, of.label)) {
			return false
		}
	}
	if len(f.ExcludedCategories) > 0 && (r.Category == "" || slices.Contains(f.ExcludedCategories, r.Category)) {
		return false
	}
	return !slices.Contains(f.BlockedCreators, r.Creator) && (f.ViewerAge == 0 || int(r.AgeRating) <= f.ViewerAge)
}

// checkSlate holds a slate to what Recommend promises.
func checkSlate(r *Recommender, req Request, s Slate, seen map[reel.ReelID]bool, reels map[reel.ReelID]*reel.Reel) error {
	limit := req.MaxPerCreator
	if limit == 0 {
		limit = r.cfg.Rerank.MaxPerCreator
	}
	now := req.Now
	if now == 0 {
		_, now = tiny().Window()
	}
	once := map[reel.ReelID]bool{}
	for i, item := range s.Items {
		known := reels[item.Reel]
		switch {
		case known == nil:
			return fmt.Errorf("reel %d is not in the catalogue", item.Reel)
		case once[item.Reel]:
			return fmt.Errorf("reel %d is there twice", item.Reel)
		case seen[item.Reel]:
			return fmt.Errorf("reel %d was seen", item.Reel)
		case slices.Contains(req.Exclude, item.Reel):
			return fmt.Errorf("reel %d is excluded", item.Reel)
		case known.Uploaded > now:
			return fmt.Errorf("reel %d is uploaded %d s after the request", item.Reel, known.Uploaded-now)
		case !suits(&req.Filter, known):
			return fmt.Errorf("reel %d, %+v, is not what the filter %+v lets pass", item.Reel, *known, req.Filter)
		case item.Creator != known.Creator || item.Category != known.Category:
			return fmt.Errorf("reel %d is by %d about %q, not by %d about %q", item.Reel, known.Creator, known.Category, item.Creator, item.Category)
		case len(item.Sources) == 0 || len(item.Reasons) == 0:
			return fmt.Errorf("reel %d has sources %v and reasons %v", item.Reel, item.Sources, item.Reasons)
		case math.IsNaN(float64(item.Score)) || math.IsInf(float64(item.Score), 0):
			return fmt.Errorf("reel %d has the score %g", item.Reel, item.Score)
		case i > 0 && item.Score > s.Items[i-1].Score:
			return fmt.Errorf("the score rises to %g at place %d", item.Score, i+1)
		}
		for h, p := range item.Predictions {
			if !(p >= 0 && p <= 1) {
				return fmt.Errorf("reel %d: %s is predicted as %g", item.Reel, reel.Head(h), p)
			}
		}
		once[item.Reel] = true
	}
	switch {
	case len(s.Items) > req.K:
		return fmt.Errorf("%d reels, asked for %d", len(s.Items), req.K)
	case len(s.Items) < req.K && !slices.Contains(s.Relaxed, "short"):
		return fmt.Errorf("%d reels of %d, relaxed %v", len(s.Items), req.K, s.Relaxed)
	case mostOfOneCreator(s) > limit && !slices.Contains(s.Relaxed, "max_per_creator"):
		return fmt.Errorf("%d reels of one creator, at most %d wanted, relaxed %v", mostOfOneCreator(s), limit, s.Relaxed)
	case mostOfOneCreator(s) <= limit && slices.Contains(s.Relaxed, "max_per_creator"):
		return fmt.Errorf("relaxed %v without need", s.Relaxed)
	case s.User != req.User || s.KnownUser != (seen != nil) || s.ModelVersion != r.Facts().ModelVersion:
		return fmt.Errorf("user %d, known %t, model %s", s.User, s.KnownUser, s.ModelVersion)
	}
	return nil
}

func TestASlateKeepsItsPromises(t *testing.T) {
	r, seen, reels := fitted(t), seenBy(), reelByID()
	from, to := tiny().Window()
	for _, user := range append(users(tiny().Interactions), stranger) {
		for _, req := range []Request{
			{User: user, K: 10},
			{User: user, K: 10, MaxPerCreator: 1},
			{User: user, K: 40, MaxPerCreator: 3, Now: (from + to) / 2},
			{User: user, K: 1, Context: reel.Context{Device: "android", Place: "BR", Session: 7, Position: 3}},
		} {
			if err := checkSlate(r, req, slate(t, r, req), seen[user], reels); err != nil {
				t.Errorf("%+v: %v", req, err)
			}
		}
	}
}

func TestAnExcludedReelMakesRoomForTheNext(t *testing.T) {
	r := fitted(t)
	user := tiny().Interactions[0].User
	first := reelIDs(slate(t, r, Request{User: user, K: 5}))
	second := reelIDs(slate(t, r, Request{User: user, K: 5, Exclude: first}))
	if len(second) != 5 {
		t.Fatalf("%d reels are left", len(second))
	}
	for _, id := range second {
		if slices.Contains(first, id) {
			t.Errorf("reel %d was excluded", id)
		}
	}
}

func TestAReelIsUnknownBeforeItsUpload(t *testing.T) {
	r := adjusted(t, func(c *config.Config) { c.Retrieve.Candidates = len(tiny().Reels) })
	newest := slices.MaxFunc(tiny().Reels, func(a, b reel.Reel) int { return int(a.Uploaded - b.Uploaded) })
	at := func(now int64) bool {
		return slices.Contains(reelIDs(slate(t, r, Request{User: stranger, K: MaxK, Now: now})), newest.ID)
	}
	if at(newest.Uploaded - 1) {
		t.Error("it is shown a second before its upload")
	}
	if !at(newest.Uploaded) {
		t.Error("it is not shown at its upload")
	}
}

func TestAskingForMoreThanThereIsGivesAShorterFlaggedSlate(t *testing.T) {
	r := adjusted(t, func(c *config.Config) { c.Retrieve.Candidates = 2 * len(tiny().Reels) })
	seen := seenBy()
	_, now := tiny().Window()
	user := tiny().Interactions[0].User
	left := 0
	for _, one := range tiny().Reels {
		if one.Uploaded <= now && !seen[user][one.ID] {
			left++
		}
	}
	s := slate(t, r, Request{User: user, K: MaxK})
	if len(s.Items) != left || !slices.Contains(s.Relaxed, "short") || !slices.Contains(s.Relaxed, "max_per_creator") {
		t.Errorf("%d reels, relaxed %v; %d could be shown", len(s.Items), s.Relaxed, left)
	}
}

func TestNowIsTheNewestInteractionsTime(t *testing.T) {
	r := fitted(t)
	_, now := tiny().Window()
	user := tiny().Interactions[0].User
	if implied, named := slate(t, r, Request{User: user, K: 10}), slate(t, r, Request{User: user, K: 10, Now: now}); !slices.Equal(answers(implied), answers(named)) {
		t.Errorf("%v, as of the newest interaction %v", answers(implied), answers(named))
	}
}

func TestAStrangerGetsAGoodSlate(t *testing.T) {
	check := func(name string, r *Recommender) {
		s := slate(t, r, Request{User: stranger, K: 10, Context: reel.Context{Place: "BR", Device: "ios"}})
		if s.KnownUser || len(s.Items) != 10 || len(s.Relaxed) != 0 {
			t.Errorf("%s: known %t, %d reels, relaxed %v", name, s.KnownUser, len(s.Items), s.Relaxed)
		}
	}
	check("compact", fitted(t))
	if !testing.Short() {
		check("seed", untrained(t, "seed", func(*config.Config) {}))
	}
}

// untrained serves a model of a preset with its first, random weights.
func untrained(t testing.TB, preset string, adjust func(*config.Config)) *Recommender {
	t.Helper()
	cfg := brief()
	cfg.Model.Preset = preset
	adjust(&cfg)
	sizes, err := modelConfig(cfg)
	if err != nil {
		t.Fatal(err)
	}
	own := fitted(t).engine.Load().trained
	own.cfg = cfg
	if own.model, err = model.New(sizes, 1); err != nil {
		t.Fatal(err)
	}
	own.model.RoundRecurrent()
	e, err := newEngine(own)
	if err != nil {
		t.Fatal(err)
	}
	r := New(cfg)
	r.engine.Store(e)
	return unhurried(t, r)
}

func TestTheDocumentedNetworkServesToo(t *testing.T) {
	if testing.Short() {
		t.Skip("it is too wide for the race detector")
	}
	r, seen, reels := untrained(t, "seed", func(*config.Config) {}), seenBy(), reelByID()
	for _, user := range users(tiny().Interactions)[:5] {
		req := Request{User: user, K: 10}
		s := slate(t, r, req)
		if err := checkSlate(r, req, s, seen[user], reels); err != nil {
			t.Errorf("user %d: %v", user, err)
		}
		if len(s.Items) != 10 {
			t.Errorf("user %d: %d reels", user, len(s.Items))
		}
	}
}

// plain turns off all that orders a slate beside the weighted heads.
func plain(c *config.Config) {
	c.Rank.SimilarityWeight = 0
	c.Rerank.CategorySpread, c.Rerank.FreshnessBoost, c.Rerank.MaxPerCreator = 0, 0, 10_000
	c.Rerank.RefusedCreator, c.Rerank.RefusedCategory = 0, 0
}

func TestARequestsWeightsOrderItsSlate(t *testing.T) {
	r := adjusted(t, plain)
	user := tiny().Interactions[0].User
	var tops []string
	for h := range reel.Head(reel.NumHeads) {
		var w reel.Weights
		w[h] = 1
		all := slate(t, r, Request{User: user, K: 30, Weights: &w})
		for i, item := range all.Items {
			if item.Score != item.Predictions[h] {
				t.Fatalf("%s: place %d has score %g, prediction %g", h, i+1, item.Score, item.Predictions[h])
			}
		}
		scores := answers(all)
		if !slices.IsSortedFunc(scores, func(a, b answer) int {
			switch {
			case a.Score > b.Score:
				return -1
			case a.Score < b.Score:
				return 1
			}
			return 0
		}) {
			t.Errorf("%s: not in order: %v", h, scores)
		}
		top := slate(t, r, Request{User: user, K: 10, Weights: &w})
		if !slices.Equal(reelIDs(top), reelIDs(all)[:10]) {
			t.Errorf("%s: the first ten are not the best ten", h)
		}
		tops = append(tops, fmt.Sprint(reelIDs(top)))
	}
	if tops[reel.HeadWatch] == tops[reel.HeadLike] && tops[reel.HeadLike] == tops[reel.HeadShare] {
		t.Errorf("the weights change nothing: %s", tops[0])
	}
}

func TestWithoutOwnWeightsTheConfiguredOnesHold(t *testing.T) {
	r := adjusted(t, func(c *config.Config) {
		plain(c)
		c.Rank.WatchWeight, c.Rank.LikeWeight, c.Rank.ShareWeight, c.Rank.FollowWeight = 0, 0, 3, 0
	})
	user := tiny().Interactions[0].User
	byDefault := slate(t, r, Request{User: user, K: 10})
	named := slate(t, r, Request{User: user, K: 10, Weights: &reel.Weights{0, 0, 3, 0}})
	if !slices.Equal(answers(byDefault), answers(named)) {
		t.Errorf("%v, with the configured weights named %v", answers(byDefault), answers(named))
	}
}

func TestPredictAgreesWithTheSlate(t *testing.T) {
	r := adjusted(t, func(c *config.Config) { plain(c); c.Rank.SimilarityWeight = 0.5 })
	c := reel.Context{Device: "android", Place: "BR"}
	for _, user := range append(users(tiny().Interactions)[:10], stranger) {
		s := slate(t, r, Request{User: user, K: 10, Context: c})
		for _, item := range s.Items {
			p, err := r.Predict(t.Context(), user, item.Reel, c, nil)
			if err != nil {
				t.Fatal(err)
			}
			if p.User != user || p.Reel != item.Reel || p.ModelVersion != s.ModelVersion {
				t.Errorf("asked for user %d and reel %d: %+v", user, item.Reel, p)
			}
			if apart(p.Score, item.Score) > 1e-5 {
				t.Errorf("user %d, reel %d: score %g, in the slate %g", user, item.Reel, p.Score, item.Score)
			}
			for h := range p.Predictions {
				if apart(p.Predictions[h], item.Predictions[h]) > 1e-5 {
					t.Errorf("user %d, reel %d: %v, in the slate %v", user, item.Reel, p.Predictions, item.Predictions)
				}
			}
		}
	}
}

// apart is the difference relative to the larger, or to a thousandth.
func apart(a, b float32) float64 {
	x, y := float64(a), float64(b)
	return math.Abs(x-y) / max(math.Abs(x), math.Abs(y), 1e-3)
}

func TestRequestsOutOfRangeAreNamed(t *testing.T) {
	r := fitted(t)
	nan := float32(math.NaN())
	for _, c := range []struct {
		field string
		req   Request
	}{
		{"user", Request{User: -1, K: 10}},
		{"k", Request{User: 1}},
		{"k", Request{User: 1, K: MaxK + 1}},
		{"now", Request{User: 1, K: 10, Now: -1}},
		{"now", Request{User: 1, K: 10, Now: reel.MaxTime + 1}},
		{"max_per_creator", Request{User: 1, K: 10, MaxPerCreator: -1}},
		{"exclude", Request{User: 1, K: 10, Exclude: make([]reel.ReelID, MaxExclude+1)}},
		{"weights", Request{User: 1, K: 10, Weights: &reel.Weights{}}},
		{"weights.watch_time", Request{User: 1, K: 10, Weights: &reel.Weights{nan, 1, 1, 1}}},
		{"weights.like", Request{User: 1, K: 10, Weights: &reel.Weights{1, -1, 1, 1}}},
		{"weights.follow", Request{User: 1, K: 10, Weights: &reel.Weights{1, 1, 1, float32(math.Inf(1))}}},
	} {
		_, err := r.Recommend(t.Context(), c.req)
		checkField(t, err, c.field)
		if c.req.Weights != nil {
			_, err := r.Predict(t.Context(), 1, tiny().Reels[0].ID, reel.Context{}, c.req.Weights)
			checkField(t, err, c.field)
		}
	}
	_, err := r.Predict(t.Context(), -1, 1, reel.Context{}, nil)
	checkField(t, err, "user")
	_, err = r.Predict(t.Context(), 1, -1, reel.Context{}, nil)
	checkField(t, err, "reel")
}

func checkField(t *testing.T, err error, field string) {
	t.Helper()
	var wrong *RequestError
	if !errors.As(err, &wrong) || wrong.Field != field || wrong.Reason == "" {
		t.Errorf("got %v, want a *RequestError of %s", err, field)
	}
}

func TestPredictOfAnUnknownReel(t *testing.T) {
	if _, err := fitted(t).Predict(t.Context(), 1, 999_999, reel.Context{}, nil); !errors.Is(err, ErrUnknownReel) {
		t.Errorf("got %v", err)
	}
}

func TestWithoutAModelEveryQuestionSaysSo(t *testing.T) {
	r := New(brief())
	_, recommended := r.Recommend(t.Context(), Request{User: 1, K: 10})
	_, predicted := r.Predict(t.Context(), 1, 1, reel.Context{}, nil)
	_, evaluated := r.Evaluate(t.Context(), EvaluateOptions{})
	for _, err := range []error{recommended, predicted, evaluated} {
		if !errors.Is(err, ErrNotFitted) {
			t.Errorf("got %v", err)
		}
	}
	if f := r.Facts(); f.ModelVersion != "" || f.Reels != 0 {
		t.Errorf("facts %+v", f)
	}
}

func TestAQuestionEndsWithItsContext(t *testing.T) {
	r := fitted(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Recommend(ctx, Request{User: 1, K: 10}); !errors.Is(err, context.Canceled) {
		t.Errorf("Recommend: %v", err)
	}
	if _, err := r.Predict(ctx, 1, tiny().Reels[0].ID, reel.Context{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Predict: %v", err)
	}
}

func TestTheStagesOfASlateAreTraced(t *testing.T) {
	s := slate(t, fitted(t), Request{User: tiny().Interactions[0].User, K: 10})
	count := map[string]int{}
	var order []string
	for _, stage := range s.Stages {
		count[stage.Stage] = stage.Count
		order = append(order, stage.Stage)
	}
	want := []string{"encode user", "retrieve/similar", "retrieve/trending", "retrieve/creators", "retrieve/fresh", "retrieve/cowatched", "retrieve", "rank", "rerank"}
	if !slices.Equal(order, want) {
		t.Errorf("stages %v, want %v", order, want)
	}
	if count["retrieve"] != count["rank"] || count["rerank"] != len(s.Items) || count["retrieve"] > brief().Retrieve.Candidates {
		t.Errorf("counts %v for %d items", count, len(s.Items))
	}
}

func TestCallersCannotChangeTheFacts(t *testing.T) {
	r := fitted(t)
	e := *r.engine.Load()
	e.metrics = map[string]float64{"ndcg@10": 0.5}
	r.engine.Store(&e)
	r.Facts().Metrics["ndcg@10"] = 1
	if got := r.Facts().Metrics["ndcg@10"]; got != 0.5 {
		t.Errorf("a caller changed the metric to %g", got)
	}
}

package coldstart

import (
	"context"
	"slices"

	"github.com/reelrank/reelrank/benchmark"
	"github.com/reelrank/reelrank/dataset"
	"github.com/reelrank/reelrank/evaluate"
	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/train"
)

// served is the whole pipeline as it answers people that it never met.
type served struct{ *recommend.Recommender }

// Name implements evaluate.Recommender.
func (served) Name() string { return recommend.FullSlate }

// Recommend asks as a server does.
func (s served) Recommend(ctx context.Context, q evaluate.Query, k int) ([]reel.ReelID, error) {
	slate, err := s.Recommender.Recommend(ctx, recommend.Request{User: q.User, K: k, Now: q.Now, Context: q.Context})
	if err != nil {
		return nil, err
	}
	ids := make([]reel.ReelID, len(slate.Items))
	for i, item := range slate.Items {
		ids[i] = item.Reel
	}
	return ids, nil
}

// newPeople fits the pipeline, and what it has to beat, on the log without the
// new people, and asks for them. No reel is new here.
func (x *experiment) newPeople(ctx context.Context, ds *dataset.Dataset) error {
	h, r := x.holdout, x.result
	cfg := x.cfg
	cfg.Train.TestShare = 0 // the test window is not in the log
	cfg.Train.ValidationShare = x.cfg.Train.ValidationShare / (1 - x.cfg.Train.TestShare)
	model := recommend.New(cfg)
	say := x.say("training the pipeline")
	_, err := model.Fit(ctx, &dataset.Dataset{Interactions: h.known, Reels: ds.Reels, Source: ds.Source}, recommend.FitOptions{
		Trained: func(p train.Progress) { say((p.Epoch-1)*p.Steps+p.Step, p.Epochs*p.Steps) },
	})
	if err != nil {
		return err
	}
	x.say("fitting the baselines")(0, 1)
	rows, _, err := evaluate.Baselines(ctx, h.known, h.catalog, x.cfg.Seed)
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(r evaluate.Recommender) bool { return !slices.Contains(impersonal, r.Name()) })
	rows = append(rows, served{model}, benchmark.Oracle{World: x.world})
	if r.People, err = evaluate.Run(ctx, rows, h.people.cases, evaluate.NewOptions(x.cfg, h.catalog), x.say("asking for new people")); err != nil {
		return err
	}
	_, r.Served = r.People.AgainstBaselines(recommend.FullSlate, headline)
	return nil
}

// impersonal are the baselines that have anything to say to a new person; the
// others fill up with popularity.
var impersonal = []string{"random", "popular", "recently popular"}

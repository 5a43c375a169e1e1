package recommend

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/reelrank/reelrank/evaluate"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/retrieve"
)

// asker asks for the same things over and over and notes the answers.
type asker struct {
	r           *Recommender
	user        reel.UserID
	reel        reel.ReelID
	predictions map[string]reel.Predictions // by model version
	answered    int
	hurried     int // requests for which the busy machine had no time
}

func (a *asker) ask(ctx context.Context, t *testing.T) {
	s, err := a.r.Recommend(ctx, Request{User: a.user, K: 10})
	switch {
	case errors.Is(err, retrieve.ErrOverBudget):
		a.hurried++
	case err != nil:
		t.Errorf("user %d: %v", a.user, err)
	default:
		a.answered++
		a.note(t, s.ModelVersion, nil)
	}
	p, err := a.r.Predict(ctx, a.user, a.reel, reel.Context{}, nil)
	if err != nil {
		t.Errorf("user %d, reel %d: %v", a.user, a.reel, err)
		return
	}
	a.note(t, p.ModelVersion, &p.Predictions)
	a.note(t, a.r.Facts().ModelVersion, nil)
}

// note checks that a version always predicts the same.
func (a *asker) note(t *testing.T, version string, p *reel.Predictions) {
	before, known := a.predictions[version]
	switch {
	case p == nil && !known:
		a.predictions[version] = reel.Predictions{}
	case p != nil && known && before != reel.Predictions{} && before != *p:
		t.Errorf("model %s predicted %v and then %v", version, before, *p)
	case p != nil:
		a.predictions[version] = *p
	}
}

func TestAnswersComeFromOneModelOrTheOtherWhileFitSwapsThem(t *testing.T) {
	cfg := brief()
	cfg.Train.Epochs = 1
	rows := len(tiny().Interactions)
	r := fit(t, cfg, part(rows/4))
	first := r.Facts().ModelVersion

	fitting, done := context.WithCancel(t.Context())
	var all sync.WaitGroup
	askers := make([]*asker, 4)
	for n := range askers {
		it := tiny().Interactions[n*rows/4/len(askers)]
		a := &asker{r: r, user: it.User, reel: it.Reel, predictions: map[string]reel.Predictions{}}
		askers[n] = a
		all.Go(func() {
			for fitting.Err() == nil {
				a.ask(t.Context(), t)
			}
			a.ask(t.Context(), t) // and once of the new model
		})
	}
	result, err := r.Fit(t.Context(), part(rows/2), FitOptions{})
	done()
	all.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if result.ModelVersion == first || r.Facts().ModelVersion != result.ModelVersion {
		t.Fatalf("model %s was replaced by %s, in service is %s", first, result.ModelVersion, r.Facts().ModelVersion)
	}
	answered := 0
	for _, a := range askers {
		for version := range a.predictions {
			if version != first && version != result.ModelVersion {
				t.Errorf("an answer carries model %q, neither %s nor %s", version, first, result.ModelVersion)
			}
		}
		answered += a.answered
	}
	if answered == 0 {
		t.Error("no request was answered meanwhile")
	}
}

func TestAnEvaluationOfAReplacedModelDoesNotBringItBack(t *testing.T) {
	r := fitted(t)
	old := r.engine.Load()
	newer := *old
	newer.version = "newer"
	r.engine.Store(&newer)
	r.keepMetrics(old, &evaluate.Report{Table: &evaluate.Table{}})
	if got := r.Facts().ModelVersion; got != "newer" {
		t.Errorf("model %s is in service", got)
	}
}

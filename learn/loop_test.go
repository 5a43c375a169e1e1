package learn

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/evaluate"
	"github.com/reelrank/reelrank/recommend"
)

// round runs one that must not fail.
func (d *deployment) round(t testing.TB) Outcome {
	t.Helper()
	done, err := d.loop.Round(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func TestARoundLearnsWhatIsNewAndJudgesByWhatNeitherSaw(t *testing.T) {
	d := deployed(t, brief().Learn)
	d.liveOn(t)
	done := d.round(t)
	if done.Version == "" || done.Judged.Users < 5 || !done.Judged.Difference.HasInterval() {
		t.Fatalf("%+v", done)
	}
	old, err := recommend.BundleFacts(d.models.Bundle(d.first))
	if err != nil {
		t.Fatal(err)
	}
	learned, err := recommend.BundleFacts(d.models.Bundle(done.Version))
	if err != nil {
		t.Fatal(err)
	}
	_, newest := tiny().Window()
	if learned.LearnedTo <= old.LearnedTo || learned.LearnedTo > newest || learned.Metrics["ndcg@10"] != done.Judged.Own.Value {
		t.Errorf("it learned up to %d, the one before up to %d, and the log ends at %d; metrics %v", learned.LearnedTo, old.LearnedTo, newest, learned.Metrics)
	}
	want := d.first
	if done.Promoted {
		want = done.Version
	}
	if got := d.current(t); got != want {
		t.Errorf("current is %s, want %s, since %s", got, want, done.Reason)
	}
	entries, err := d.models.History()
	if err != nil {
		t.Fatal(err)
	}
	last := entries[len(entries)-1]
	if last.Version != done.Version || last.Reason != done.Reason || last.Offset != d.Last() || last.Judged == nil || *last.Judged != done.Judged {
		t.Errorf("the history has %+v, want %+v", last, done)
	}
	if again := d.round(t); again.Version != "" || !strings.Contains(again.Reason, "learn.min_events") {
		t.Errorf("it learned again with nothing new: %+v", again)
	}
}

func TestARoundWaitsForEnough(t *testing.T) {
	for _, c := range []struct {
		name, says string
		adjust     func(d *deployment)
	}{
		{"events", "since the last round", func(d *deployment) { d.loop.Config.MinEvents = 10_000 }},
		{"events that the model does not know", "has not learned from ", func(d *deployment) { d.loop.Config.MinEvents = len(past().Interactions) / 2 }},
		{"people", "people can judge, fewer than learn.min_users (1000)", func(d *deployment) { d.loop.Config.MinUsers = 1_000 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := deployed(t, brief().Learn)
			c.adjust(d)
			if done := d.round(t); done.Version != "" || !strings.Contains(done.Reason, c.says) {
				t.Errorf("%+v, want a word of %q", done, c.says)
			}
			if got := d.current(t); got != d.first {
				t.Errorf("current is %s", got)
			}
		})
	}
}

func TestARandomModelIsRejected(t *testing.T) {
	if testing.Short() {
		t.Skip("in so small a world nothing is beyond noise")
	}
	d := deployed(t, brief().Learn)
	d.liveOn(t)
	ds, err := Dataset(t.Context(), d, d.Last())
	if err != nil {
		t.Fatal(err)
	}
	from := ds.Interactions[7_000].Time
	cfg := brief()
	cfg.Train.LearningRate, cfg.Train.ValidationShare = 1e-12, 0 // it stays as chance made it
	random := recommend.New(cfg)
	if _, err := random.Fit(t.Context(), ds, recommend.FitOptions{TestFrom: from}); err != nil {
		t.Fatal(err)
	}
	judged, err := random.Compare(t.Context(), d.models.Bundle(d.first), recommend.CompareOptions{})
	if err != nil {
		t.Fatal(err)
	}
	done, err := d.loop.decide(d.first, random, judged, d.Last())
	if err != nil || done.Promoted || !strings.Contains(done.Reason, "worse beyond noise, since") {
		t.Fatalf("%+v, %v", done, err)
	}
	if got := statuses(t, d.models); got[done.Version] != StatusRejected || got[d.first] != StatusCurrent {
		t.Errorf("statuses %v", got)
	}
}

func TestNothingIsPromotedOverAnotherThanItWasComparedWith(t *testing.T) {
	d := deployed(t, brief().Learn)
	promote(t, d.models, added(t, d.models))
	done, err := d.loop.decide(d.first, recommend.New(brief()), recommend.Comparison{}, 1)
	if err != nil || done.Version != "" || !strings.Contains(done.Reason, "meanwhile") {
		t.Errorf("%+v, %v", done, err)
	}
}

func TestTheVerdictGoesByTheInterval(t *testing.T) {
	estimate := func(lo, hi float64) recommend.Comparison {
		return recommend.Comparison{Metric: "ndcg@10", Users: 9, Difference: evaluate.Estimate{Value: (lo + hi) / 2, Lo: lo, Hi: hi}}
	}
	for _, c := range []struct {
		lo, hi, margin float64
		want           bool
		says           string
	}{
		{-0.02, -0.01, 0, false, "worse beyond noise"},
		{-0.02, 0, 0, true, "not worse beyond noise"},
		{-0.02, 0.01, 0, true, "not worse beyond noise"},
		{0.01, 0.02, 0, true, "better beyond noise"},
		{-0.02, 0.01, 0.015, false, "below 0.015"},
		{-0.02, -0.01, -0.015, true, "not worse"},
		{math.NaN(), math.NaN(), 0, false, "no interval"},
	} {
		if got, reason := verdict(estimate(c.lo, c.hi), c.margin); got != c.want || !strings.Contains(reason, c.says) {
			t.Errorf("[%g, %g] with margin %g: %t, %s", c.lo, c.hi, c.margin, got, reason)
		}
	}
}

func TestARoundEndsWithItsContext(t *testing.T) {
	d := deployed(t, brief().Learn)
	d.liveOn(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if done, err := d.loop.Round(ctx); err == nil {
		t.Errorf("%+v", done)
	}
	if got := statuses(t, d.models); fmt.Sprint(got) != fmt.Sprint(map[string]Status{d.first: StatusCurrent}) {
		t.Errorf("statuses %v", got)
	}
}

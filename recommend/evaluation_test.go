package recommend

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/reelrank/reelrank/evaluate"
	"github.com/reelrank/reelrank/reel"
)

func evaluated(t *testing.T, r *Recommender) (*evaluate.Report, []byte) {
	t.Helper()
	report, err := r.Evaluate(t.Context(), EvaluateOptions{Title: "of a test"})
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := report.WriteJSON(&text); err != nil {
		t.Fatal(err)
	}
	return report, text.Bytes()
}

func TestEvaluatingALoadedBundleGivesTheSameReport(t *testing.T) {
	r := fitted(t)
	dir := saved(t, r)
	_, inMemory := evaluated(t, r)
	after := loaded(t, dir)
	_, fromBundle := evaluated(t, after)
	if !bytes.Equal(inMemory, fromBundle) {
		t.Errorf("the reports differ:\n%s\n%s", inMemory, fromBundle)
	}
	_, again := evaluated(t, after)
	if !bytes.Equal(fromBundle, again) {
		t.Error("a second evaluation gives another report")
	}
}

func TestMetricsBecomeFactsAndSurviveTheBundle(t *testing.T) {
	r := fitted(t)
	report, _ := evaluated(t, r)
	row, _ := report.Table.Row(FullSlate)
	facts := r.Facts().Metrics
	for _, metric := range []string{"ndcg@10", "map@10", "precision@10", "recall@10", "creator_diversity@10", "coverage@10"} {
		if got, ok := facts[metric]; !ok || got != row.Estimates[metric].Value {
			t.Errorf("%s is %g (%t), in the report %g", metric, got, ok, row.Estimates[metric].Value)
		}
	}
	after := loaded(t, saved(t, r)).Facts()
	if !maps.Equal(after.Metrics, facts) {
		t.Errorf("after loading %v, before %v", after.Metrics, facts)
	}
	if after.ModelVersion != r.Facts().ModelVersion {
		t.Errorf("the evaluation changed the model: %s", after.ModelVersion)
	}
}

// TestTheModelIsWorthItsTraining asks for little: two short epochs on a few
// thousand exposures. The quality itself is measured on larger worlds.
func TestTheModelIsWorthItsTraining(t *testing.T) {
	if testing.Short() {
		t.Skip("the small world teaches nothing")
	}
	report, _ := evaluated(t, fitted(t))
	ndcg := func(name string) float64 {
		row, ok := report.Table.Row(name)
		if !ok {
			t.Fatalf("the table has no row %q", name)
		}
		return row.Estimates["ndcg@10"].Value
	}
	for _, stage := range []string{FullSlate, AfterRanking, AfterRetrieval} {
		if ndcg(stage) < 2*ndcg("random") {
			t.Errorf("%s reaches ndcg@10 %.4f, random %.4f", stage, ndcg(stage), ndcg("random"))
		}
	}
}

// TestNoAnswerOfAnEvaluationKnowsTheTestPart tells two futures in which the
// same reels are enjoyed, in one of them with likes and follows: whoever looks
// at the future gives other slates.
func TestNoAnswerOfAnEvaluationKnowsTheTestPart(t *testing.T) {
	table := func(signals reel.Signals) string {
		r := fitted(t)
		e := r.engine.Load()
		own := e.trained
		data := *own.data
		data.Interactions = slices.Clone(data.Interactions)
		for i := trainingRows(data.Interactions, own.cuts.TestFrom); i < len(data.Interactions); i++ {
			it := &data.Interactions[i]
			it.Watch, it.Observed, it.Signals = 1, reel.AllObserved, signals
		}
		own.data = &data
		e, err := newEngine(own)
		if err != nil {
			t.Fatal(err)
		}
		r.engine.Store(e)
		report, _ := evaluated(t, r)
		text, err := json.Marshal([]any{report.Table, report.Sources})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if plain, fond := table(0), table(reel.Liked|reel.Followed); plain != fond {
		t.Errorf("the outcomes of the test part change the answers:\n%s\n%s", plain, fond)
	}
}

// TestSourcesOfTheReportFindWhatTheStagesDo ties the table of the sources to
// the pipeline: no later stage can find more than retrieval did.
func TestSourcesOfTheReportFindWhatTheStagesDo(t *testing.T) {
	r := fitted(t)
	report, _ := evaluated(t, r)
	s := report.Sources
	if s == nil || len(s.Rows) != 5 || s.Cases != report.Table.Cases || s.Relevant != report.Counts.Relevant {
		t.Fatalf("the table of the sources is %+v", s)
	}
	quotas := r.Facts().Sources
	for n, row := range s.Rows {
		if row.Source != quotas[n].Source || row.Quota != quotas[n].Quota {
			t.Errorf("row %d is %+v, the facts say %+v", n, row, quotas[n])
		}
		if d := s.Recall.Value - row.Without.Value - row.Gain.Value; d > 1e-9 || d < -1e-9 {
			t.Errorf("%s: %g with it, %g without, and yet a gain of %g", row.Source, s.Recall.Value, row.Without.Value, row.Gain.Value)
		}
	}
	for _, stage := range []string{FullSlate, AfterRanking, AfterRetrieval} {
		row, _ := report.Table.Row(stage)
		if got := row.Estimates["recall@20"].Value; got > s.Recall.Value {
			t.Errorf("%s finds %g of the relevant reels among 20, retrieval %g among %d", stage, got, s.Recall.Value, s.Candidates)
		}
	}
}

func TestWithoutATestPartThereIsNothingToEvaluate(t *testing.T) {
	cfg := brief()
	cfg.Train.Epochs, cfg.Train.ValidationShare, cfg.Train.TestShare = 1, 0, 0
	r := fit(t, cfg, part(len(tiny().Interactions)/4))
	if _, err := r.Evaluate(t.Context(), EvaluateOptions{}); !errors.Is(err, ErrNoTestPart) {
		t.Errorf("got %v", err)
	}
}

func TestEvaluateStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := fitted(t).Evaluate(ctx, EvaluateOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// clairvoyant answers with what the users will enjoy.
type clairvoyant struct {
	test map[reel.UserID][]reel.ReelID
}

func (clairvoyant) Name() string { return "clairvoyant" }

func (c clairvoyant) Recommend(_ context.Context, q evaluate.Query, k int) ([]reel.ReelID, error) {
	var ids []reel.ReelID
	reels := reelByID()
	for _, id := range c.test[q.User] {
		if len(ids) < k && !q.Profile.HasSeen(id) && reels[id].Uploaded <= q.Now {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func TestTheOracleIsARowAndTheMeasure(t *testing.T) {
	r := fitted(t)
	e := r.engine.Load()
	oracle := clairvoyant{map[reel.UserID][]reel.ReelID{}}
	once := map[[2]int64]bool{}
	for _, it := range e.data.Interactions[trainingRows(e.data.Interactions, e.cuts.TestFrom):] {
		if key := [2]int64{int64(it.User), int64(it.Reel)}; it.Positive() && !once[key] {
			once[key] = true
			oracle.test[it.User] = append(oracle.test[it.User], it.Reel)
		}
	}
	told := 0
	report, err := r.Evaluate(t.Context(), EvaluateOptions{Oracle: oracle, Progress: func(done, total int) { told = total - done }})
	if err != nil {
		t.Fatal(err)
	}
	row, ok := report.Table.Row("clairvoyant")
	if !ok || row.Estimates["ndcg@10"].Value != 1 {
		t.Errorf("who knows the future reaches %v", row)
	}
	mine, _ := report.Table.Row(FullSlate)
	if report.OracleShare == nil || report.OracleShare.Value != mine.Estimates["ndcg@10"].Value {
		t.Errorf("the share of a perfect oracle is %v, the model's own value %v", report.OracleShare, mine.Estimates["ndcg@10"])
	}
	if told != 0 {
		t.Errorf("the progress ends %d before its total", told)
	}
}

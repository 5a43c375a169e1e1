package recommend

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/evaluate"
)

func TestAModelIsAsGoodAsItself(t *testing.T) {
	r, dir := fitted(t), modelOnly(t)
	c, err := r.Compare(t.Context(), dir, CompareOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if c.Own != c.Other || c.Difference != (evaluate.Estimate{}) || c.Users == 0 || c.Metric != "ndcg@10" {
		t.Errorf("%+v", c)
	}
	report, err := fitted(t).Evaluate(t.Context(), EvaluateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	row, _ := report.Table.Row(FullSlate)
	if want := row.Estimates[c.Metric]; c.Own != want || r.Facts().Metrics[c.Metric] != want.Value {
		t.Errorf("compared as %s, evaluated as %s; the facts say %g", c.Own, want, r.Facts().Metrics[c.Metric])
	}
}

func TestAComparisonIsByFewUsersWhereFewAreAskedFor(t *testing.T) {
	c, err := fitted(t).Compare(t.Context(), modelOnly(t), CompareOptions{Users: 3, Threads: 1})
	if err != nil || c.Users < 1 || c.Users > 3 {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestAModelIsNotComparedByWhatTheOtherHasLearned(t *testing.T) {
	log := tiny().Interactions
	r := New(brief())
	if _, err := r.Fit(t.Context(), tiny(), FitOptions{TestFrom: log[len(log)/2].Time}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Compare(t.Context(), modelOnly(t), CompareOptions{}); err == nil || !strings.Contains(err.Error(), "it would know the answers") {
		t.Errorf("got %v", err)
	}
	early := filepath.Join(t.TempDir(), "early")
	if err := r.SaveModel(early); err != nil {
		t.Fatal(err)
	}
	if c, err := fitted(t).Compare(t.Context(), early, CompareOptions{}); err != nil || math.IsNaN(c.Difference.Value) {
		t.Errorf("%+v, %v", c, err)
	}
}

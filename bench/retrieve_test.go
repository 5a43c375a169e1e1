package bench

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/nn/kernel"
)

func TestTheCatalogueFollowsFromItsSeed(t *testing.T) {
	a, b, other := NewCatalogue(100, 32, 1), NewCatalogue(100, 32, 1), NewCatalogue(100, 32, 2)
	if !slices.Equal(a.Vectors(), b.Vectors()) || slices.Equal(a.Vectors(), other.Vectors()) {
		t.Error("reels do not follow from the seed")
	}
	if !slices.Equal(a.UserQueries(5), b.UserQueries(5)) {
		t.Error("queries do not follow from the seed")
	}
	for i := range 100 {
		v := a.Vectors()[i*32:][:32]
		if square := kernel.Dot(v, v); square < 0.999 || square > 1.001 {
			t.Errorf("reel %d has length squared %g, want 1", i, square)
		}
	}
}

func TestNearestEqualsSorting(t *testing.T) {
	c := NewCatalogue(9000, 16, 3)
	queries := c.UserQueries(3)
	odd := func(i int) bool { return i%2 == 1 }
	answers := c.nearest([]question{{queries: queries, k: 7}, {queries: queries, k: 5, keep: odd}})
	vectors := c.Vectors()
	for q := range 3 {
		var all ranking
		for i := range 9000 {
			all = append(all, scored{kernel.Dot(queries[q*16:][:16], vectors[i*16:][:16]), int32(i)})
		}
		all = all.best(9000)
		var want, wantOdd []int32
		for _, s := range all {
			want = append(want, s.reel)
			if odd(int(s.reel)) {
				wantOdd = append(wantOdd, s.reel)
			}
		}
		if !slices.Equal(answers[0][q], want[:7]) || !slices.Equal(answers[1][q], wantOdd[:5]) {
			t.Errorf("query %d: got %v and %v, want %v and %v", q, answers[0][q], answers[1][q], want[:7], wantOdd[:5])
		}
	}
}

func TestRetrieveMeasures(t *testing.T) {
	result, err := Retrieve(context.Background(), Retrieval{Reels: 3000, Dim: 32, Seed: 1, Queries: 20, K: []int{10}, Rescore: true, Filters: true, Churn: 0.1})
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Points) == 0 || len(result.Filters) != 1+len(attributeShares) || result.Churn == nil {
		t.Fatalf("got %d points, %d filters, churn %v", len(result.Points), len(result.Filters), result.Churn)
	}
	for _, p := range result.Points {
		if p.Recall < p.Wanted || p.QPS <= 0 || p.P99 < p.P50 {
			t.Errorf("point %+v contradicts itself", p)
		}
	}
	if c := result.Churn; c.Deleted != 0 || c.Replaced != 300 || c.RecallAfter < 0.95 {
		t.Errorf("churn %+v", c)
	}
	var out strings.Builder
	if err := result.Print(&out); err != nil || !strings.Contains(out.String(), "300 reels replaced") {
		t.Errorf("printed %q, %v", out.String(), err)
	}
}

func TestRetrieveRefusesNothingToMeasure(t *testing.T) {
	if _, err := Retrieve(context.Background(), Retrieval{}); err == nil {
		t.Error("no reels were accepted")
	}
}

package ml1m

import (
	"context"
	"math"
	"os"
	"testing"
)

// realData is the folder of the real file; the test is skipped without it.
func realData(t *testing.T) string {
	t.Helper()
	for _, dir := range []string{"../../../shared/data/ml1m", "../../../../shared/data/ml1m"} {
		if _, err := os.Stat(dir); err == nil {
			return dir
		}
	}
	t.Skip("the data of MovieLens-1M is not here: docs/benchmarks.md says what it takes")
	return ""
}

func TestFloorsAreThoseOfTheFile(t *testing.T) {
	d, err := Load(realData(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Sequences) != 6040 || d.Items != 3416 {
		t.Fatalf("%d users and %d items, want 6,040 and 3,416", len(d.Sequences), d.Items)
	}
	table, err := Run(context.Background(), Options{Dir: realData(t)})
	if err != nil {
		t.Fatal(err)
	}
	for row, want := range []Verdict{{.0364, .0179}, {.2152, .1261}} { // by an independent program, which breaks ties by number
		got := table.Rows[row].Values
		if math.Abs(got[0].Value-want.HR) > 2e-4 || math.Abs(got[1].Value-want.NDCG) > 2e-4 {
			t.Errorf("%s reaches %v, want about %+v", table.Rows[row].Name, got, want)
		}
	}
}

func TestMarkovFollowsTheLastItem(t *testing.T) {
	sequences := [][]int32{{0, 1, 2}, {0, 1, 2}, {3, 1, 0}, {3, 3, 3, 3}}
	scores := make([]float32, 4)
	markov(sequences, 4)(scores, []int32{3, 0, 1})
	// After 1 came 2 twice and 0 once; 3 never, but it is more popular than 1.
	for _, pair := range [][2]int{{2, 0}, {0, 3}, {3, 1}} {
		if scores[pair[0]] <= scores[pair[1]] {
			t.Errorf("scores %v: item %d should stand before item %d", scores, pair[0], pair[1])
		}
	}
}

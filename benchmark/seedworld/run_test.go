package seedworld

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/benchmark"
	"github.com/reelrank/reelrank/evaluate"
	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/simulate"
)

// quick measures tiny worlds in a moment.
func quick(dir string, seeds ...uint64) benchmark.Worlds {
	cfg := Settings()
	cfg.Train.Epochs = 1
	cfg.Evaluate.Bootstrap = 100
	return benchmark.Worlds{World: simulate.Tiny, Config: cfg, Seeds: seeds, Dir: dir}
}

func TestEveryRowStandsInTheTableOfItsWorld(t *testing.T) {
	results, err := Run(context.Background(), quick(t.TempDir(), 1, 2))
	if err != nil {
		t.Fatal(err)
	}
	tables := Tables(results)
	if len(tables) != 3 {
		t.Fatalf("%d tables, want one per seed and the summary", len(tables))
	}
	for _, table := range tables {
		names := map[string]bool{}
		for _, row := range table.Rows {
			names[row.Name] = true
			if len(row.Values) != len(table.Columns) {
				t.Errorf("%s: row %s has %d values for %d columns", table.Title, row.Name, len(row.Values), len(table.Columns))
			}
		}
		for _, want := range []string{"random", "popular", "item-kNN", recommend.AfterRetrieval, recommend.AfterRanking, recommend.FullSlate, "oracle"} {
			if !names[want] {
				t.Errorf("%s: there is no row %q", table.Title, want)
			}
		}
	}
}

func TestTheSummaryIsTheMeanAndTheSpreadOfTheWorlds(t *testing.T) {
	results, err := Run(context.Background(), quick(t.TempDir(), 1, 2))
	if err != nil {
		t.Fatal(err)
	}
	a, b := over(results[:1], "oracle", headline)[0], over(results[1:], "oracle", headline)[0]
	if a == b {
		t.Fatalf("two seeds give the same oracle: %v", a)
	}
	summary := Tables(results)[2]
	oracle := summary.Rows[len(summary.Rows)-1]
	for what, pair := range map[string][2]float64{
		"mean":               {oracle.Values[0].Value, (a + b) / 2},
		"least":              {oracle.Values[0].Lo, min(a, b)},
		"largest":            {oracle.Values[0].Hi, max(a, b)},
		"standard deviation": {oracle.Values[len(measures)].Value, math.Abs(a-b) / math.Sqrt2},
		"share of itself":    {oracle.Values[len(measures)+1].Value, 1},
	} {
		if math.Abs(pair[0]-pair[1]) > 1e-9 {
			t.Errorf("%s = %v, want %v", what, pair[0], pair[1])
		}
	}
}

func TestAFinishedSeedIsNotMeasuredAgain(t *testing.T) {
	o := quick(t.TempDir(), 1)
	first, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	o.Seeds = []uint64{1, 2}
	begun := map[string]bool{}
	o.Progress = func(what string, _, _ int) { begun[strings.Split(what, ":")[0]] = true }
	both, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if begun["seed 1"] || !begun["seed 2"] {
		t.Errorf("the second run works on %v, want seed 2 alone", begun)
	}
	was, _ := json.Marshal(first[0])
	now, _ := json.Marshal(both[0])
	if string(was) != string(now) {
		t.Errorf("the finished seed reads\n%s\nand was\n%s", now, was)
	}
	files, err := filepath.Glob(filepath.Join(o.Dir, "*"))
	if err != nil || len(files) != 2 {
		t.Errorf("%v are kept (error %v), want one file per seed", files, err)
	}
}

func TestAnInterruptedRunKeepsNoHalfSeed(t *testing.T) {
	o := quick(t.TempDir(), 1)
	ctx, cancel := context.WithCancel(context.Background())
	o.Progress = func(what string, _, _ int) {
		if strings.Contains(what, "training") {
			cancel()
		}
	}
	if _, err := Run(ctx, o); !errors.Is(err, context.Canceled) && (err == nil || !strings.Contains(err.Error(), "interrupted")) {
		t.Errorf("error %v, want that it was interrupted", err)
	}
	if entries, err := os.ReadDir(o.Dir); err != nil || len(entries) != 0 {
		t.Errorf("%v are kept (error %v)", entries, err)
	}
}

func TestStagesAreComparedWithBaselinesAndOracle(t *testing.T) {
	results, err := Run(context.Background(), quick(t.TempDir(), 3))
	if err != nil {
		t.Fatal(err)
	}
	r := results[0]
	value := func(name string) float64 { return over(results, name, headline)[0] }
	best := 0.0
	for _, row := range r.Report.Table.Rows {
		if row.Baseline {
			best = max(best, row.Estimates[headline].Value)
		}
	}
	for _, s := range r.Stages {
		near(t, s.Name+" ahead", s.Ahead, value(s.Name)-best)
		near(t, s.Name+" of the oracle", s.Oracle, value(s.Name)/value("oracle"))
	}
}

func near(t *testing.T, what string, got evaluate.Estimate, want float64) {
	t.Helper()
	if math.Abs(got.Value-want) > 1e-9 || !(got.Lo <= got.Value && got.Value <= got.Hi) {
		t.Errorf("%s is %v, want %v within its interval", what, got, want)
	}
}

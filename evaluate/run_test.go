package evaluate

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/reel"
)

// fixed recommends the same reels to everyone.
type fixed struct {
	name string
	list []reel.ReelID
	err  error
}

func (f fixed) Name() string { return f.name }
func (f fixed) Recommend(context.Context, Query, int) ([]reel.ReelID, error) {
	return f.list, f.err
}

// threeCases are users 1, 2, 3 at time 100 over reels 1..6; user 1 has seen
// reel 6, and reel 5 is uploaded later.
func threeCases(t testing.TB) ([]Case, *catalog.Catalog) {
	cat := mustCatalog(t, []reel.Reel{
		{ID: 1, Creator: 1, Uploaded: 99}, {ID: 2, Creator: 1}, {ID: 3, Creator: 2}, {ID: 4, Creator: 3}, {ID: 5, Creator: 3, Uploaded: 101}, {ID: 6},
	})
	var cases []Case
	for at, relevant := range [][]reel.ReelID{ids(1), ids(2, 4), ids(3)} {
		user := reel.UserID(at + 1)
		cases = append(cases, Case{Query{User: user, Profile: reel.NewProfile(user), Now: 100}, relevant})
	}
	cases[0].Profile.Apply(enjoyed(1, 6, 50))
	return cases, cat
}

func TestRunMeasuresListsAsTheMetricsDo(t *testing.T) {
	cases, cat := threeCases(t)
	opts := Options{Catalog: cat, K: []int{2, 1, 2}, NewWindow: time.Minute, Bootstrap: 50}
	table, err := Run(context.Background(), []Recommender{fixed{name: "a", list: ids(1, 2)}, fixed{name: "b"}}, cases, opts, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(table.K, []int{1, 2}) || table.Cases != 3 || table.HeadlineK() != 2 {
		t.Errorf("K %v, %d cases, headline %d", table.K, table.Cases, table.HeadlineK())
	}
	half := (1 / math.Log2(3)) / (1 + 1/math.Log2(3)) // user 2: a hit at place 2 of 2 relevant
	for metric, want := range map[string]float64{
		"ndcg@2": (1 + half + 0) / 3, "map@2": (1 + 0.25 + 0) / 3, "mrr@2": (1 + 0.5 + 0) / 3, "precision@2": (0.5 + 0.5 + 0) / 3,
		"recall@2": (1 + 0.5 + 0) / 3, "hit_rate@2": 2.0 / 3, "hit_rate@1": 1.0 / 3, "recall@1": 1.0 / 3,
		"creator_diversity@2": 0.5, "creator_diversity@1": 1, "new_share@2": 0.5, "new_share@1": 1,
		"intra_list_distance@2": nan, "coverage@2": 2.0 / 6, "coverage@1": 1.0 / 6, "exposure_gini@1": 5.0 / 6, "exposure_gini@2": 4.0 / 6,
	} {
		near(t, metric, table.Rows[0].Estimates[metric].Value, want)
	}
	near(t, "curve", table.Rows[0].Curve[1].NDCG, (1+half)/3)
	near(t, "curve", table.Rows[0].Curve[0].Recall, 1.0/3)
	for metric, want := range map[string]float64{ // a recommender that returns nothing
		"ndcg@2": 0, "recall@2": 0, "creator_diversity@2": nan, "new_share@2": nan, "coverage@2": 0, "exposure_gini@2": nan,
	} {
		near(t, "empty lists: "+metric, table.Rows[1].Estimates[metric].Value, want)
	}
	if len(table.Metrics) != 2*11 || table.Rows[1].Lorenz != nil {
		t.Errorf("%d metrics, Lorenz curve %v", len(table.Metrics), table.Rows[1].Lorenz)
	}
	if _, ok := table.Values("b")["exposure_gini@2"]; ok {
		t.Error("Values holds an undefined metric")
	}
}

func TestRunFailsLoudlyOnListsThatMayNotCount(t *testing.T) {
	cases, cat := threeCases(t)
	for _, c := range []struct {
		name string
		list []reel.ReelID
		want string
	}{
		{"seen", ids(1, 6), "user 1, place 2: reel 6 was seen by the user before"},
		{"not uploaded yet", ids(5), "place 1: reel 5 was uploaded at 101, after the query at 100"},
		{"unknown", ids(77), "reel 77 is not in the catalogue"},
		{"twice", ids(2, 2), "place 2: reel 2 is listed twice"},
		{"too long", ids(1, 2, 3), "place 3: reel 3 comes after the 2 asked for"},
	} {
		_, err := Run(context.Background(), []Recommender{fixed{name: "bad", list: c.list}}, cases, Options{Catalog: cat, K: []int{2}}, nil)
		var broken *ListError
		if !errors.As(err, &broken) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that says %q", c.name, err, c.want)
		}
	}
}

func TestRunReportsWhatStoppedIt(t *testing.T) {
	cases, cat := threeCases(t)
	ok := Options{Catalog: cat, K: []int{2}}
	boom := errors.New("boom")
	if _, err := Run(context.Background(), []Recommender{fixed{name: "broken", err: boom}}, cases, ok, nil); !errors.Is(err, boom) || !strings.Contains(err.Error(), "broken") {
		t.Errorf("error %v does not name the recommender and its error", err)
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Run(cancelled, []Recommender{fixed{name: "a"}}, cases, ok, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	for _, c := range []struct {
		recs  []Recommender
		cases []Case
		opts  Options
		want  string
	}{
		{[]Recommender{fixed{name: "a"}, fixed{name: "a"}}, cases, ok, `two recommenders are named "a"`},
		{nil, append(cases, cases[0]), ok, "two cases of user"},
		{nil, cases, Options{K: []int{2}}, "Catalog is nil"},
		{nil, cases, Options{Catalog: cat}, "K is empty"},
		{nil, cases, Options{Catalog: cat, K: []int{3, 0}}, "K holds 0"},
		{nil, cases, Options{Catalog: cat, K: []int{3}, Confidence: 95}, "Confidence is 95"},
	} {
		if _, err := Run(context.Background(), c.recs, c.cases, c.opts, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one that says %q", err, c.want)
		}
	}
}

func TestProgressCountsEveryAnswerOnce(t *testing.T) {
	cases, cat := threeCases(t)
	var seen []int
	_, err := Run(context.Background(), []Recommender{fixed{name: "a"}, fixed{name: "b"}}, cases, Options{Catalog: cat, K: []int{2}, Threads: 3},
		func(done, total int) {
			if total != 6 {
				t.Errorf("total %d, want 6", total)
			}
			seen = append(seen, done)
		})
	if err != nil || !reflect.DeepEqual(seen, []int{1, 2, 3, 4, 5, 6}) {
		t.Errorf("progress %v, error %v", seen, err)
	}
}

func TestTableDoesNotDependOnTheThreads(t *testing.T) {
	var tables [2][]byte
	for i, threads := range []int{1, 5} {
		table, _, _ := tinyTable(t, func(o *Options) { o.Threads = threads })
		var err error
		if tables[i], err = json.Marshal(table); err != nil {
			t.Fatal(err)
		}
	}
	if string(tables[0]) != string(tables[1]) {
		t.Error("one and five threads give different tables")
	}
}

func TestDifferencesArePaired(t *testing.T) {
	table, _, _ := tinyTable(t, nil)
	const metric = "ndcg@10"
	self := table.Difference("markov", "markov", metric)
	if self != (Estimate{0, 0, 0}) {
		t.Errorf("a recommender differs from itself by %s", self)
	}
	if share := table.Ratio("markov", "markov", metric); share != (Estimate{1, 1, 1}) {
		t.Errorf("a recommender is %s of itself", share)
	}
	mean := 0.0
	a, b := table.PerCase("item-kNN", metric), table.PerCase("random", metric)
	for c := range a {
		mean += (a[c] - b[c]) / float64(len(a))
	}
	diff := table.Difference("item-kNN", "random", metric)
	near(t, "difference", diff.Value, mean)
	if !(diff.Lo < diff.Value && diff.Value < diff.Hi) {
		t.Errorf("difference %s lies outside its interval", diff)
	}
	if back := table.Difference("random", "item-kNN", metric); math.Abs(back.Lo+diff.Hi) > 1e-12 {
		t.Errorf("the difference the other way round is %s, not the mirror of %s", back, diff)
	}
	for _, e := range []Estimate{
		table.Difference("nobody", "random", metric), table.Difference("random", "nobody", metric),
		table.Ratio("random", "markov", "coverage@10"), table.Ratio("random", "markov", "ndcg@11"),
	} {
		if e.String() != "n/a" {
			t.Errorf("what was not measured compares as %s", e)
		}
	}
	if table.PerCase("nobody", metric) != nil || len(table.Values("nobody")) != 0 {
		t.Error("an unknown recommender has values")
	}
}

func TestBestBaselineIsTheOneToBeat(t *testing.T) {
	table, _, _ := tinyTable(t, nil)
	best, _ := table.AgainstBaselines("random", "ndcg@10")
	for _, row := range table.Rows {
		if !row.Baseline {
			t.Errorf("%s is not marked as a baseline", row.Name)
		}
		if top, _ := table.Row(best); row.Estimates["ndcg@10"].Value > top.Estimates["ndcg@10"].Value {
			t.Errorf("%s is better than %s", row.Name, best)
		}
	}
	if other, _ := table.AgainstBaselines(best, "ndcg@10"); other == best || other == "" {
		t.Errorf("the best baseline is compared with %q", other)
	}
	cases, cat := threeCases(t)
	alone, err := Run(context.Background(), []Recommender{fixed{name: "a", list: ids(1)}}, cases, Options{Catalog: cat, K: []int{2}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if name, diff := alone.AgainstBaselines("a", "ndcg@2"); name != "" || diff.String() != "n/a" {
		t.Errorf("without baselines: %q, %s", name, diff)
	}
}

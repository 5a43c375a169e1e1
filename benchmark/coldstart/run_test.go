package coldstart

import (
	"context"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/reelrank/reelrank/benchmark"
	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/dataset"
	"github.com/reelrank/reelrank/evaluate"
	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/simulate"
)

// quick is a configuration that trains in a moment.
func quick() config.Config {
	cfg := Settings()
	cfg.Train.Epochs = 1
	cfg.Evaluate.Bootstrap = 100
	return cfg
}

// tiny is a small world that all tests share and nobody changes.
var tiny = sync.OnceValue(func() *dataset.Dataset {
	params, err := simulate.Tiny.Params()
	if err != nil {
		panic(err)
	}
	w, err := simulate.New(params, 5)
	if err != nil {
		panic(err)
	}
	if err := w.Generate(context.Background(), nil); err != nil {
		panic(err)
	}
	return &dataset.Dataset{Interactions: w.Interactions(), Reels: w.Reels(), Source: "simulated"}
})

func held(t *testing.T) *holdout {
	t.Helper()
	h, err := hold(tiny(), 5, 0.1, 0.15)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestNothingOfWhatIsNewReachesTheLog(t *testing.T) {
	h := held(t)
	for _, it := range h.log {
		if inTestFold(5, it.Reel) || isNewPerson(5, it.User) || it.Time >= h.parts.TestFrom {
			t.Fatalf("the log holds %+v", it)
		}
	}
	for _, it := range h.parts.Train {
		if inValidationFold(5, it.Reel) || it.Time >= h.parts.ValidationFrom {
			t.Fatalf("the training part holds %+v", it)
		}
	}
	for _, it := range h.known {
		if isNewPerson(5, it.User) || it.Time >= h.parts.TestFrom {
			t.Fatalf("the log for new people holds %+v", it)
		}
	}
	if all := len(tiny().Interactions); len(h.log) < all/2 || len(h.log) >= len(h.known) {
		t.Errorf("%d rows of %d are left, and %d with the new reels", len(h.log), all, len(h.known))
	}
}

func TestQuestionsAskForWhatIsNewAlone(t *testing.T) {
	h := held(t)
	if len(h.reels.cases) < 10 || len(h.validation.cases) < 2 || len(h.people.cases) < 2 {
		t.Fatalf("%d, %d and %d questions are too few to tell anything", len(h.reels.cases), len(h.validation.cases), len(h.people.cases))
	}
	for _, c := range h.reels.cases {
		for _, id := range c.Relevant {
			if !inTestFold(5, id) {
				t.Errorf("user %d is asked for reel %d, which is known", c.User, id)
			}
		}
		if isNewPerson(5, c.User) || c.Profile.Total == 0 {
			t.Errorf("user %d has no history", c.User)
		}
	}
	for _, c := range h.people.cases {
		if !isNewPerson(5, c.User) || c.Profile.Total != 0 {
			t.Errorf("user %d is not new", c.User)
		}
	}
}

func TestNobodyIsAskedForWhatTheyWereShown(t *testing.T) {
	h := held(t)
	answers := map[reel.UserID]map[int32]bool{}
	for i := range h.reels.cases {
		q := &h.reels.cases[i].Query
		answers[q.User] = map[int32]bool{}
		for _, r := range h.reels.answers(h.catalog, q) {
			answers[q.User][r] = true
			if h.catalog.Uploaded(r) > q.Now {
				t.Errorf("user %d may get reel %d, which is not there yet", q.User, h.catalog.ID(r))
			}
		}
	}
	checked := 0
	for _, it := range tiny().Interactions {
		own, asked := answers[it.User]
		if i, _ := h.catalog.Index(it.Reel); asked && it.Time < h.parts.TestFrom && inTestFold(5, it.Reel) {
			checked++
			if own[i] {
				t.Errorf("user %d may get reel %d, which they were shown", it.User, it.Reel)
			}
		}
	}
	if checked == 0 {
		t.Error("nobody was shown a new reel before: the test shows nothing")
	}
}

func TestAPartIsTakenOutOfAReelAsIfTheCatalogueLackedIt(t *testing.T) {
	known := tiny().Reels
	encoder, err := feature.Fit(known)
	if err != nil {
		t.Fatal(err)
	}
	full := known[0]
	for i := range known {
		if full = known[i]; full.Video != nil && full.Audio != nil && full.Text != nil {
			break
		}
	}
	for _, c := range []struct {
		part Part
		lack func(r *reel.Reel)
	}{
		{Video, func(r *reel.Reel) { r.Video = nil }}, {Audio, func(r *reel.Reel) { r.Audio = nil }}, {Text, func(r *reel.Reel) { r.Text = nil }},
	} {
		lacking := full
		c.lack(&lacking)
		got, want := make([]float32, feature.ReelDim), make([]float32, feature.ReelDim)
		encoder.Vector(got, &full)
		encoder.Vector(want, &lacking)
		Variant{Without: []Part{c.part}}.strip(got)
		for k := range got {
			if got[k] != want[k] {
				t.Errorf("without %s number %d is %v, of a reel that lacks it %v", c.part, k, got[k], want[k])
				break
			}
		}
	}
	bare := make([]float32, feature.ReelDim)
	encoder.Vector(bare, &full)
	Variant{Without: []Part{Video, Audio, Text, Metadata}}.strip(bare)
	for k, v := range bare {
		if v != 0 {
			t.Errorf("number %d of a reel without anything is %v", k, v)
		}
	}
}

func TestAVariantLeavesTheExamplesAsTheyWere(t *testing.T) {
	h := held(t)
	s, err := newSchool(t.Context(), h, quick(), nil)
	if err != nil {
		t.Fatal(err)
	}
	before := append([]float32(nil), s.examples.Content(3)...)
	own := Variant{Without: []Part{Video, Context, Sequence}}.apply(s.examples)
	for _, v := range own.Content(3)[feature.VideoAt:feature.AudioAt] {
		if v != 0 {
			t.Fatal("the video is still there")
		}
	}
	for _, v := range own.Context {
		if v != 0 {
			t.Fatal("the context is still there")
		}
	}
	for _, rows := range own.ByUser {
		if len(rows) != 1 {
			t.Fatalf("a sequence has %d exposures, want one", len(rows))
		}
	}
	s.restore()
	for k, v := range s.examples.Content(3) {
		if v != before[k] {
			t.Fatalf("number %d is %v, and was %v", k, v, before[k])
		}
	}
	if len(s.examples.ByUser) == len(own.ByUser) || s.examples.Context[feature.CandidateAt] == 0 && s.examples.Context[feature.SharedAt] == 0 {
		t.Error("contexts or sequences of the examples themselves have changed")
	}
}

func TestNewReelsAreCountedByTheirCreatorsAndCategories(t *testing.T) {
	cat, err := catalog.New([]reel.Reel{{ID: 1, Creator: 1, Category: "pets"}, {ID: 2, Creator: 1}, {ID: 3, Creator: 2, Category: "pets"}})
	if err != nil {
		t.Fatal(err)
	}
	liked := reel.Interaction{User: 1, Reel: 1, Watch: 0.9, Observed: reel.AllObserved}
	p := count(cat, []reel.Interaction{liked, liked, {User: 1, Reel: 2, Observed: reel.AllObserved}})
	creator, _ := cat.CreatorIndex(1)
	category, _ := cat.CategoryIndex("pets")
	if p.reels[0] != 2 || p.reels[1] != 0 || p.creators[creator] != 2 || p.categories[category] != 2 {
		t.Errorf("counts %+v, want two positives for reel 1, its creator, and pets", p)
	}
}

// Two worlds of equal spread halve the variance of their mean.
func TestTheMeanOfWorldsIsNarrower(t *testing.T) {
	got := meanOf([]evaluate.Estimate{{Value: 1, Lo: 0.7, Hi: 1.4}, {Value: 2, Lo: 1.6, Hi: 2.3}})
	for _, pair := range [][2]float64{{got.Value, 1.5}, {got.Lo, 1.25}, {got.Hi, 1.75}} {
		if math.Abs(pair[0]-pair[1]) > 1e-12 {
			t.Fatalf("the mean is %+v, want 1.5 within 1.25 and 1.75", got)
		}
	}
}

func TestEveryRemovalHasItsCostAndItsInterval(t *testing.T) {
	results, err := Run(t.Context(), benchmark.Worlds{World: simulate.Tiny, Config: quick(), Seeds: []uint64{5}, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	r := results[0]
	if len(r.Removed) != len(removals()) {
		t.Fatalf("%d removals, want %d", len(r.Removed), len(removals()))
	}
	value := func(table *evaluate.Table, name string) float64 {
		row, ok := table.Row(name)
		if !ok {
			t.Fatalf("there is no row %q", name)
		}
		return row.Estimates[headline].Value
	}
	for _, away := range r.Removed {
		want := value(r.Reels, away.From) - value(r.Reels, away.Name)
		if math.Abs(away.Costs.Value-want) > 1e-9 || !(away.Costs.Lo <= away.Costs.Value && away.Costs.Value <= away.Costs.Hi) {
			t.Errorf("%s costs %v, want %v within its interval", away.Name, away.Costs, want)
		}
	}
	if ahead := value(r.Reels, contentOnly.Name) - value(r.Reels, popular); math.Abs(r.Ahead.Value-ahead) > 1e-9 {
		t.Errorf("content is %v ahead of popular, want %v", r.Ahead, ahead)
	}
	if oracle := value(r.Reels, "oracle"); oracle < value(r.Reels, everything.Name) {
		t.Errorf("the oracle reaches %v, less than the network", oracle)
	}
	value(r.People, recommend.FullSlate)
	tables := Tables(results)
	if len(tables) != 3 {
		t.Fatalf("%d tables, want three", len(tables))
	}
	for _, table := range tables {
		var text strings.Builder
		if err := table.Print(&text); err != nil || len(table.Rows) == 0 {
			t.Errorf("%s: %d rows, error %v", table.Title, len(table.Rows), err)
		}
		for _, row := range table.Rows {
			if len(row.Values) != len(table.Columns) {
				t.Errorf("%s: row %s has %d values for %d columns", table.Title, row.Name, len(row.Values), len(table.Columns))
			}
		}
	}
}

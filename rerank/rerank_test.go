package rerank

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/reel"
)

const (
	now  = 1_000_000
	hour = 3600
)

// shelf builds a catalogue of reels 0, 1, 2, ... and a candidate for each.
func shelf(t interface{ Fatal(...any) }, scores []float32, reels ...reel.Reel) (*catalog.Catalog, []reel.Candidate) {
	for i := range reels {
		reels[i].ID = reel.ReelID(i)
	}
	c, err := catalog.New(reels)
	if err != nil {
		t.Fatal(err)
	}
	candidates := make([]reel.Candidate, len(scores))
	for i, s := range scores {
		candidates[i] = reel.Candidate{Index: int32(i), Reel: reel.ReelID(i), Score: s}
	}
	return c, candidates
}

func mustNew(t interface{ Fatal(...any) }, cfg config.Rerank, c *catalog.Catalog) *Reranker {
	r, err := New(cfg, 48, c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func ids(s Slate) []reel.ReelID {
	var out []reel.ReelID
	for _, c := range s.Items {
		out = append(out, c.Reel)
	}
	return out
}

// story renders a slate as a reader would want to see it.
func story(s Slate) string {
	var b strings.Builder
	for _, c := range s.Items {
		fmt.Fprintf(&b, "reel %d %.3f", c.Reel, c.Final)
		for _, step := range c.Steps {
			fmt.Fprintf(&b, " | %s", step)
		}
		b.WriteByte('\n')
	}
	if s.Relaxed != nil {
		fmt.Fprintf(&b, "relaxed %v\n", s.Relaxed)
	}
	return b.String()
}

func TestSlateStories(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	spread := config.Rerank{MaxPerCreator: 2, CategorySpread: 0.1, FreshnessBoost: 0.2}
	for _, tc := range []struct {
		name   string
		cfg    config.Rerank
		k      int
		scores []float32
		reels  []reel.Reel
		want   string
	}{
		{"the limit holds while others can fill the slate", config.Rerank{MaxPerCreator: 1}, 3,
			[]float32{0.9, 0.8, 0.7, 0.6},
			[]reel.Reel{{Creator: 7}, {Creator: 7}, {Creator: 8}, {Creator: 9}}, `
reel 0 0.900
reel 2 0.700
reel 3 0.600
`},
		{"too few creators relax the limit evenly", config.Rerank{MaxPerCreator: 1}, 5,
			[]float32{0.9, 0.8, 0.7, 0.6, 0.5, 0.4},
			[]reel.Reel{{Creator: 7}, {Creator: 7}, {Creator: 7}, {Creator: 7}, {Creator: 8}, {Creator: 8}}, `
reel 0 0.900
reel 4 0.500
reel 1 0.500 | held back -0.3: creator 7 already has 1 reel
reel 5 0.400 | held back: creator 8 already has 1 reel
reel 2 0.400 | held back -0.3: creator 7 already has 2 reels
relaxed [max_per_creator]
`},
		{"too few candidates", config.Rerank{MaxPerCreator: 2}, 5,
			[]float32{0.1, 0.9}, []reel.Reel{{Creator: 1}, {Creator: 2}}, `
reel 1 0.900
reel 0 0.100
relaxed [short]
`},
		{"a category makes room for others", spread, 4,
			[]float32{1, 0.97, 0.9, 0.85, 0},
			[]reel.Reel{{Creator: 1, Category: "x"}, {Creator: 2, Category: "x"}, {Creator: 3, Category: "x"}, {Creator: 4, Category: "y"}, {Creator: 5}}, `
reel 0 1.000
reel 1 0.870 | category spread -0.1 (1 already)
reel 3 0.850
reel 2 0.700 | category spread -0.2 (2 already)
`},
		{"unknown categories are not alike", spread, 3,
			[]float32{1, 0.5, 0}, []reel.Reel{{Creator: 1}, {Creator: 2}, {Creator: 3}}, `
reel 0 1.000
reel 1 0.500
reel 2 0.000
`},
		{"a new reel is lifted, less so with age", spread, 4,
			[]float32{2, 1.9, 1.8, 1},
			[]reel.Reel{{Creator: 1, Uploaded: now - 48*hour}, {Creator: 2, Uploaded: now - 24*hour}, {Creator: 3, Uploaded: now}, {Creator: 4}}, `
reel 0 2.000
reel 1 2.000 | freshness +0.1
reel 2 2.000 | freshness +0.2
reel 3 1.000
`},
		{"a reel dated after now is as new as can be", spread, 2,
			[]float32{2, 1}, []reel.Reel{{Creator: 1, Uploaded: now + hour}, {Creator: 2, Uploaded: now}}, `
reel 0 2.200 | freshness +0.2
reel 1 1.200 | freshness +0.2
`},
		{"scores that are no numbers sink", config.Rerank{MaxPerCreator: 1}, 4,
			[]float32{nan, 0.2, inf, -3},
			[]reel.Reel{{Creator: 1}, {Creator: 1}, {Creator: 2}, {Creator: 3}}, `
reel 1 0.200
reel 3 -3.000
reel 2 -3.000 | placed last: its score is +Inf
reel 0 -3.000 | placed last: its score is NaN | held back: creator 1 already has 1 reel
relaxed [max_per_creator]
`},
		{"nothing to choose from", spread, 2, nil, nil, `
relaxed [short]
`},
		{"no slots", spread, 0, []float32{1}, []reel.Reel{{}}, `
`},
	} {
		c, candidates := shelf(t, tc.scores, tc.reels...)
		got := mustNew(t, tc.cfg, c).Rerank(candidates, Request{K: tc.k, Now: now})
		if want := strings.TrimPrefix(tc.want, "\n"); story(got) != want {
			t.Errorf("%s:\n%swant\n%s", tc.name, story(got), want)
		}
	}
}

func TestRequestOverridesTheLimit(t *testing.T) {
	c, candidates := shelf(t, []float32{5, 4, 3, 2}, reel.Reel{Creator: 7}, reel.Reel{Creator: 7}, reel.Reel{Creator: 7}, reel.Reel{Creator: 8})
	for _, tc := range []struct {
		configured, requested int
		want                  []reel.ReelID
	}{{2, 0, []reel.ReelID{0, 1, 3}}, {2, 3, []reel.ReelID{0, 1, 2}}, {0, 0, []reel.ReelID{0, 1, 2}}, {0, 2, []reel.ReelID{0, 1, 3}}} {
		got := mustNew(t, config.Rerank{MaxPerCreator: tc.configured}, c).Rerank(candidates, Request{K: 3, MaxPerCreator: tc.requested})
		if !slices.Equal(ids(got), tc.want) || got.Relaxed != nil {
			t.Errorf("limit %d, request %d: %v %v, want %v", tc.configured, tc.requested, ids(got), got.Relaxed, tc.want)
		}
	}
}

func TestSeenReelIsNeverReturned(t *testing.T) {
	c, candidates := shelf(t, []float32{3, 2, 1}, reel.Reel{Creator: 1}, reel.Reel{Creator: 2}, reel.Reel{Creator: 3})
	p := reel.NewProfile(1)
	p.Apply(reel.Interaction{Reel: 0})
	got := mustNew(t, config.Rerank{}, c).Rerank(candidates, Request{K: 3, Seen: p.HasSeen})
	if !slices.Equal(ids(got), []reel.ReelID{1, 2}) || got.Dropped != 1 {
		t.Errorf("slate is %v with %d dropped", ids(got), got.Dropped)
	}
}

func TestReelThatComesTwiceIsShownOnce(t *testing.T) {
	c, candidates := shelf(t, []float32{3, 2}, reel.Reel{Creator: 1}, reel.Reel{Creator: 2})
	again := candidates[1]
	candidates[1].Sources = reel.SourceSet(0).Add(reel.SourceFresh)
	again.Sources, again.Score = reel.SourceSet(0).Add(reel.SourceTrending), 9
	got := mustNew(t, config.Rerank{}, c).Rerank(append(candidates, again), Request{K: 3})
	if !slices.Equal(ids(got), []reel.ReelID{1, 0}) || got.Dropped != 1 || got.Items[0].Score != 9 ||
		got.Items[0].Sources.String() != "trending+fresh" {
		t.Errorf("slate is %+v", got)
	}
}

func TestInputIsLeftAsItIs(t *testing.T) {
	c, candidates := shelf(t, []float32{1, 2, 0}, reel.Reel{Creator: 1, Uploaded: now}, reel.Reel{Creator: 2, Uploaded: now}, reel.Reel{Creator: 3})
	steps := make([]string, 1, 8)
	steps[0] = "calibrated +0"
	candidates[0].Steps = steps
	got := mustNew(t, config.Default().Rerank, c).Rerank(candidates, Request{K: 3, Now: now})
	if candidates[0].Reel != 0 || candidates[1].Reel != 1 || len(candidates[1].Steps) != 0 || steps[:2][1] != "" {
		t.Error("the candidates were changed")
	}
	if s := got.Items[1].Steps; len(s) != 2 || s[0] != "calibrated +0" {
		t.Errorf("steps are %q, want the earlier one kept", s)
	}
}

func TestSettingsAreChecked(t *testing.T) {
	c, _ := shelf(t, nil)
	nan := math.NaN()
	for _, tc := range []struct {
		want  string
		cfg   config.Rerank
		hours float64
	}{
		{"rerank.max_per_creator", config.Rerank{MaxPerCreator: -1}, 48},
		{"rerank.category_spread", config.Rerank{CategorySpread: -0.1}, 48},
		{"rerank.category_spread", config.Rerank{CategorySpread: nan}, 48},
		{"rerank.freshness_boost", config.Rerank{FreshnessBoost: math.Inf(1)}, 48},
		{"retrieve.fresh_hours", config.Rerank{}, nan},
	} {
		if _, err := New(tc.cfg, tc.hours, c); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("error is %v, want one that names %s", err, tc.want)
		}
	}
	if _, err := New(config.Rerank{}, 48, nil); err == nil {
		t.Error("no catalogue was accepted")
	}
}

func BenchmarkRerank(b *testing.B) {
	for _, n := range []int{100, 500} {
		r := rand.New(rand.NewPCG(1, 2))
		reels, scores := make([]reel.Reel, n), make([]float32, n)
		for i := range reels {
			reels[i] = reel.Reel{
				Creator: reel.CreatorID(r.IntN(n / 3)), Category: fmt.Sprint(r.IntN(8)), Uploaded: now - r.Int64N(200*hour),
			}
			scores[i] = r.Float32()
		}
		c, candidates := shelf(b, scores, reels...)
		rr := mustNew(b, config.Default().Rerank, c)
		b.Run(fmt.Sprintf("%dto10", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				rr.Rerank(candidates, Request{K: 10, Now: now})
			}
		})
	}
}

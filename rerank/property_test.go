package rerank

import (
	"cmp"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/reel"
	"pgregory.net/rapid"
)

// problem is a random re-ranking task.
type problem struct {
	catalog    *catalog.Catalog
	candidates []reel.Candidate
	cfg        config.Rerank
	req        Request
	seen       map[reel.ReelID]bool
}

func (p *problem) solve(t *rapid.T) Slate {
	return mustNew(t, p.cfg, p.catalog).Rerank(p.candidates, p.req)
}

func (p *problem) limit() int {
	limit := p.req.MaxPerCreator
	if limit == 0 {
		limit = p.cfg.MaxPerCreator
	}
	if limit == 0 {
		limit = math.MaxInt
	}
	return limit
}

func drawProblem(t *rapid.T) *problem {
	n := rapid.IntRange(0, 30).Draw(t, "candidates")
	reels, scores := make([]reel.Reel, n), make([]float32, n)
	score := rapid.OneOf(
		rapid.Float32Range(-2, 2),
		rapid.SampledFrom([]float32{0, 0.5, 1}), // ties
		rapid.SampledFrom([]float32{0.3, float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))}),
	)
	for i := range reels {
		reels[i] = reel.Reel{
			Creator:  reel.CreatorID(rapid.IntRange(0, 6).Draw(t, "creator")),
			Category: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "category"),
			Uploaded: rapid.SampledFrom([]int64{0, now, now - 10*hour, now - 100*hour, now + hour}).Draw(t, "uploaded"),
		}
		scores[i] = score.Draw(t, "score")
	}
	p := &problem{seen: map[reel.ReelID]bool{}}
	p.catalog, p.candidates = shelf(t, scores, reels...)
	p.cfg = config.Rerank{
		MaxPerCreator:  rapid.IntRange(0, 3).Draw(t, "max per creator"),
		CategorySpread: rapid.SampledFrom([]float64{0, 0.05, 0.5}).Draw(t, "spread"),
		FreshnessBoost: rapid.SampledFrom([]float64{0, 0.05, 0.5}).Draw(t, "boost"),

		RefusedCreator:  rapid.SampledFrom([]float64{0, 0.5}).Draw(t, "refused creator"),
		RefusedCategory: rapid.SampledFrom([]float64{0, 0.05}).Draw(t, "refused category"),
	}
	for i := range n {
		p.seen[reel.ReelID(i)] = rapid.IntRange(0, 9).Draw(t, "seen") == 0
	}
	p.req = Request{
		K: rapid.IntRange(0, 12).Draw(t, "k"), MaxPerCreator: rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "requested"), Now: now,
		Seen: func(id reel.ReelID) bool { return p.seen[id] },
	}
	for range rapid.IntRange(0, 3).Draw(t, "recent") {
		p.req.Recent = append(p.req.Recent, reel.Interaction{
			Reel: reel.ReelID(rapid.IntRange(0, 30).Draw(t, "recent reel")), Creator: reel.CreatorID(rapid.IntRange(0, 6).Draw(t, "recent creator")),
			Signals: rapid.SampledFrom([]reel.Signals{0, reel.NotInterested}).Draw(t, "signals"),
		})
	}
	return p
}

func isFinite(v float32) bool { return v-v == 0 }

func TestSlateKeepsItsConstraints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t)
		got := p.solve(t)
		unseen := 0
		for _, c := range p.candidates {
			if !p.seen[c.Reel] {
				unseen++
			}
		}
		if want := min(p.req.K, unseen); len(got.Items) != want {
			t.Fatalf("%d items of %d unseen candidates for %d slots", len(got.Items), unseen, p.req.K)
		}
		if short := slices.Contains(got.Relaxed, RelaxedShort); short != (len(got.Items) < p.req.K) {
			t.Fatalf("%d items for %d slots are flagged %v", len(got.Items), p.req.K, got.Relaxed)
		}
		shown, perCreator := map[reel.ReelID]bool{}, map[int32]int{}
		most := 0
		for _, c := range got.Items {
			if shown[c.Reel] || p.seen[c.Reel] {
				t.Fatalf("reel %d is shown twice, or was seen", c.Reel)
			}
			shown[c.Reel] = true
			creator := p.catalog.CreatorOf(c.Index)
			perCreator[creator]++
			most = max(most, perCreator[creator])
		}
		if relaxed := slices.Contains(got.Relaxed, RelaxedMaxPerCreator); relaxed != (most > p.limit()) {
			t.Fatalf("%d reels of one creator, limit %d, flagged %v", most, p.limit(), got.Relaxed)
		}
	})
}

// TestLimitIsNotGivenUpNeedlessly checks that a relaxed slate could not have
// been filled within the limit by candidates of sound score.
func TestLimitIsNotGivenUpNeedlessly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t)
		for i := range p.candidates {
			if !isFinite(p.candidates[i].Score) {
				p.candidates[i].Score = 0
			}
		}
		within, perCreator := 0, map[int32]int{}
		for _, c := range p.candidates {
			creator := p.catalog.CreatorOf(c.Index)
			if !p.seen[c.Reel] && perCreator[creator] < p.limit() {
				perCreator[creator]++
				within++
			}
		}
		if got := p.solve(t); slices.Contains(got.Relaxed, RelaxedMaxPerCreator) && within >= p.req.K {
			t.Fatalf("%d candidates are within the limit of %d for %d slots, yet it was relaxed", within, p.limit(), p.req.K)
		}
	})
}

func TestStepsExplainTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t)
		got := p.solve(t)
		notFinite := 0
		for k, c := range got.Items {
			if !isFinite(c.Final) {
				t.Fatalf("final score of reel %d is %g", c.Reel, c.Final)
			}
			if k > 0 && c.Final > got.Items[k-1].Final {
				t.Fatalf("final scores rise from %g to %g", got.Items[k-1].Final, c.Final)
			}
			if !isFinite(c.Score) {
				notFinite++
				continue
			}
			if notFinite > 0 {
				t.Fatalf("reel %d with score %g comes after one without", c.Reel, c.Score)
			}
			sum, size := sumSteps(t, c.Steps)
			if math.Abs(float64(c.Score)+sum-float64(c.Final)) > 0.006*size+1e-6 {
				t.Fatalf("final %g is not score %g with steps %q", c.Final, c.Score, c.Steps)
			}
		}
		if notFinite > got.NotFinite {
			t.Fatalf("%d items of unsound score, %d were counted", notFinite, got.NotFinite)
		}
	})
}

// sumSteps adds up the signed number of each step. Steps show three digits, so
// size, the sum of the magnitudes, bounds the rounding.
func sumSteps(t *rapid.T, steps []string) (sum, size float64) {
	for _, step := range steps {
		for _, word := range strings.FieldsFunc(step, func(r rune) bool { return r == ' ' || r == ':' }) {
			if word[0] != '+' && word[0] != '-' {
				continue
			}
			v, err := strconv.ParseFloat(word, 64)
			if err != nil {
				t.Fatalf("step %q: %v", step, err)
			}
			sum += v
			size += math.Abs(v)
		}
	}
	return sum, size
}

func TestWithoutConstraintsTheTopByScoreRemains(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t)
		p.cfg, p.req.MaxPerCreator, p.req.Seen = config.Rerank{}, 0, nil
		want := slices.Clone(p.candidates)
		slices.SortStableFunc(want, func(a, b reel.Candidate) int {
			if isFinite(a.Score) != isFinite(b.Score) {
				return map[bool]int{true: -1, false: 1}[isFinite(a.Score)]
			}
			if !isFinite(a.Score) {
				return 0
			}
			return cmp.Compare(b.Score, a.Score)
		})
		got := p.solve(t)
		for k, c := range got.Items {
			if c.Reel != want[k].Reel || isFinite(c.Score) && (c.Final != c.Score || len(c.Steps) != 0) {
				t.Fatalf("item %d is %+v, want %+v unmoved", k, c, want[k])
			}
		}
	})
}

func TestOrderOfTheInputDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t)
		for i := range p.candidates { // NaN differs from itself; the steps still tell it
			if !isFinite(p.candidates[i].Score) {
				p.candidates[i].Score = float32(math.Inf(1))
			}
		}
		want := p.solve(t)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "shuffle"), 0))
		r.Shuffle(len(p.candidates), func(i, j int) { p.candidates[i], p.candidates[j] = p.candidates[j], p.candidates[i] })
		if got := p.solve(t); !reflect.DeepEqual(got, want) {
			t.Fatalf("shuffled:\n%swas\n%s", story(got), story(want))
		}
	})
}

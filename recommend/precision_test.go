package recommend

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/rank"
	"github.com/reelrank/reelrank/reel"
)

func inInt8(c *config.Config) { c.Rank.Precision = string(rank.Int8) }

// TestInt8RanksAsFloat32Does scores the same candidates in both precisions.
// What it costs in NDCG and AUC is measured on larger worlds: docs/quality.md.
func TestInt8RanksAsFloat32Does(t *testing.T) {
	exact, coarse := fitted(t).engine.Load(), adjusted(t, inInt8).engine.Load()
	blend := rank.Blend{Heads: reel.DefaultWeights}
	var apart, correlation []float64
	for _, user := range users(tiny().Interactions) {
		profile, _ := profileOfUser(exact, user)
		req := Request{User: user, K: 10, Now: exact.world.Now()}
		vector := exact.encode(profile)
		one, _, err := exact.retriever.Retrieve(t.Context(), exact.query(req, profile, vector))
		if err != nil {
			t.Fatal(err)
		}
		two := slices.Clone(one)
		exact.score(req, profile, vector, one, blend)
		coarse.score(req, profile, vector, two, blend)
		for i := range one {
			apart = append(apart, math.Abs(float64(one[i].Score-two[i].Score)))
		}
		correlation = append(correlation, rankCorrelation(one, two))
	}
	if worst := slices.Max(apart); worst > 0.02 || worst == 0 {
		t.Errorf("scores are up to %.5f apart", worst)
	}
	if worst := slices.Min(correlation); worst < 0.99 {
		t.Errorf("the ranks of a user's candidates correlate by %.4f only", worst)
	}
}

// rankCorrelation is Spearman's: 1 - 6 Σd² / (n(n²-1)) over the differences of
// the places that the candidates have in either order.
func rankCorrelation(a, b []reel.Candidate) float64 {
	places := func(list []reel.Candidate) []int {
		order := make([]int, len(list))
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(x, y int) int { return cmp.Compare(list[x].Score, list[y].Score) })
		place := make([]int, len(list))
		for at, i := range order {
			place[i] = at
		}
		return place
	}
	sum, pa, pb := 0.0, places(a), places(b)
	for i := range pa {
		d := float64(pa[i] - pb[i])
		sum += d * d
	}
	n := float64(len(a))
	return 1 - 6*sum/(n*(n*n-1))
}

func TestTheVersionTellsThePrecision(t *testing.T) {
	exact, coarse := fitted(t), adjusted(t, inInt8)
	if got, want := coarse.Facts().ModelVersion, exact.Facts().ModelVersion+"-int8"; got != want {
		t.Errorf("in 8 bits the version is %s, want %s", got, want)
	}
	user := tiny().Interactions[0].User
	if s := slate(t, coarse, Request{User: user, K: 5}); s.ModelVersion != coarse.Facts().ModelVersion || len(s.Items) != 5 {
		t.Errorf("a slate of %d reels is of model %s", len(s.Items), s.ModelVersion)
	}
}

// A bundle holds what was trained; how it is served is for each server to say.
func TestABundleServesInEitherPrecision(t *testing.T) {
	dir := saved(t, adjusted(t, inInt8))
	for _, precision := range []rank.Precision{rank.Int8, rank.Float32} {
		r, err := LoadWith(t.Context(), dir, func(own config.Config) (config.Config, error) {
			if own.Rank.Precision != string(rank.Int8) {
				t.Errorf("the bundle remembers the precision %q", own.Rank.Precision)
			}
			own.Rank.Precision = string(precision)
			return own, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		want := fitted(t)
		if precision == rank.Int8 {
			want = adjusted(t, inInt8)
		}
		it := tiny().Interactions[0]
		if got, want := prediction(t, r, it.User, it.Reel), prediction(t, want, it.User, it.Reel); got.Predictions != want.Predictions || got.ModelVersion != want.ModelVersion {
			t.Errorf("%s: the bundle predicts %v as %s, before it was saved %v as %s", precision, got.Predictions, got.ModelVersion, want.Predictions, want.ModelVersion)
		}
	}
}

// The heads that a report shows are those that answer: in 8 bits they are not
// the trained network's own.
func TestAReportsHeadsAreTheServedOnes(t *testing.T) {
	exact, coarse := fitted(t).engine.Load(), adjusted(t, inInt8).engine.Load()
	cut := trainingRows(tiny().Interactions, exact.cuts.TestFrom)
	ex := prepared(t, exact)
	trained, err := exact.predictions(t.Context(), ex, cut)
	if err != nil {
		t.Fatal(err)
	}
	served, err := exact.servedPredictions(t.Context(), ex, cut)
	if err != nil {
		t.Fatal(err)
	}
	inCodes, err := coarse.predictions(t.Context(), ex, cut)
	if err != nil {
		t.Fatal(err)
	}
	// Behind the first HistoryLen exposures of a user the windows of training
	// begin elsewhere than those of requests.
	if near(trained, served, 0.05) < 0.99 || near(trained, inCodes, 0.05) < 0.99 {
		t.Errorf("of the predictions %.3f are near the trained network's, in 8 bits %.3f", near(trained, served, 0.05), near(trained, inCodes, 0.05))
	}
	if near(served, inCodes, 0.05) != 1 || near(served, inCodes, 1e-6) > 0.9 {
		t.Errorf("of the predictions in 8 bits %.3f are near those in float32, %.3f the same", near(served, inCodes, 0.05), near(served, inCodes, 1e-6))
	}
}

// near is the share of the predictions that are within tolerance of each other, relatively.
func near(a, b []reel.Predictions, tolerance float64) float64 {
	within := 0
	for i := range a {
		for h := range a[i] {
			if apart(a[i][h], b[i][h]) <= tolerance {
				within++
			}
		}
	}
	return float64(within) / float64(len(a)*reel.NumHeads)
}

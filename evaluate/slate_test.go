package evaluate

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/reelrank/reelrank/reel"
)

func TestCreatorDiversityIsTheShareOfDistinctCreators(t *testing.T) {
	cat := mustCatalog(t, []reel.Reel{{ID: 1, Creator: 5}, {ID: 2, Creator: 5}, {ID: 3, Creator: 6}, {ID: 4, Creator: 7}})
	near(t, "two of one creator, one of another", CreatorDiversity(cat, []int32{0, 1, 2}), 2.0/3)
	near(t, "all different", CreatorDiversity(cat, []int32{0, 2, 3}), 1)
	near(t, "empty", CreatorDiversity(cat, nil), math.NaN())
}

func TestNewShareCountsUploadsWithinTheWindow(t *testing.T) {
	const now = 1_000_000
	cat := mustCatalog(t, []reel.Reel{
		{ID: 1, Uploaded: now}, {ID: 2, Uploaded: now - 3600}, {ID: 3, Uploaded: now - 3601},
		{ID: 4, Uploaded: 0}, {ID: 5, Uploaded: now + 1},
	})
	near(t, "share", NewShare(cat, []int32{0, 1, 2, 3, 4}, now, time.Hour), 2.0/5)
	near(t, "empty", NewShare(cat, nil, now, time.Hour), math.NaN())
}

func TestIntraListDistanceOfKnownVectors(t *testing.T) {
	cat := mustCatalog(t, []reel.Reel{
		{ID: 0, Video: []float32{1, 0}},
		{ID: 1, Video: []float32{0, 2}},                        // at right angles to 0
		{ID: 2, Video: []float32{3, 0}, Audio: []float32{1}},   // parallel to 0
		{ID: 3, Video: []float32{-1, 0}, Audio: []float32{-2}}, // opposite to 0
		{ID: 4},
		{ID: 5, Text: []float32{1}},
		{ID: 6, Video: []float32{0, 0}},
	})
	d := NewDistances(cat)
	near(t, "right angle", d.IntraList([]int32{0, 1}), 1)
	near(t, "parallel", d.IntraList([]int32{0, 2}), 0)
	near(t, "opposite", d.IntraList([]int32{0, 3}), 2)
	near(t, "three reels", d.IntraList([]int32{0, 1, 2}), (1+0+1)/3.0)
	near(t, "two modalities", d.IntraList([]int32{2, 3}), (2+2)/2.0)
	near(t, "a reel without vectors is left out", d.IntraList([]int32{0, 4, 1}), 1)
	near(t, "no modality in common", d.IntraList([]int32{0, 5}), math.NaN())
	near(t, "an all-zero vector is none", d.IntraList([]int32{0, 6}), math.NaN())
	near(t, "one reel", d.IntraList([]int32{0}), math.NaN())
	near(t, "empty", d.IntraList(nil), math.NaN())
}

func TestIntraListDistanceEqualsTheSumOverPairs(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	vector := func(n int) []float32 {
		if rng.Float64() < 0.3 {
			return nil
		}
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(rng.NormFloat64())
		}
		return v
	}
	var reels []reel.Reel
	var slate []int32
	for i := range 9 {
		reels = append(reels, reel.Reel{ID: reel.ReelID(i), Video: vector(6), Audio: vector(3), Text: vector(5)})
		slate = append(slate, int32(i))
	}
	got := NewDistances(mustCatalog(t, reels)).prefixes(slate, []int{1, 4, 9, 20})
	near(t, "first reel alone", got[0], math.NaN())
	near(t, "first 4", got[1], pairwiseDistance(reels[:4]))
	near(t, "all 9", got[2], pairwiseDistance(reels))
	near(t, "k beyond the slate", got[3], pairwiseDistance(reels))
}

// pairwiseDistance is the definition of IntraList, written plainly.
func pairwiseDistance(reels []reel.Reel) float64 {
	var sum, pairs float64
	for i, a := range reels {
		for _, b := range reels[:i] {
			for _, m := range [][2][]float32{{a.Video, b.Video}, {a.Audio, b.Audio}, {a.Text, b.Text}} {
				if m[0] == nil || m[1] == nil {
					continue
				}
				var xy, xx, yy float64
				for d := range m[0] {
					x, y := float64(m[0][d]), float64(m[1][d])
					xy, xx, yy = xy+x*y, xx+x*x, yy+y*y
				}
				sum += 1 - xy/math.Sqrt(xx*yy)
				pairs++
			}
		}
	}
	return sum / pairs
}

func TestExposureMetricsAgreeWithHandWorkedExamples(t *testing.T) {
	near(t, "coverage", Coverage([]int{0, 3, 1, 0}), 0.5)
	near(t, "coverage of nothing", Coverage(nil), math.NaN())
	near(t, "gini of equals", Gini([]int{2, 2, 2}), 0)
	near(t, "gini of one that gets all of 4", Gini([]int{0, 0, 8, 0}), 0.75)
	near(t, "gini of 1, 3", Gini([]int{3, 1}), 0.25)
	near(t, "gini of nothing shown", Gini([]int{0, 0}), math.NaN())
	near(t, "gini of an empty catalogue", Gini(nil), math.NaN())
}

func TestLorenzCurveRunsFromZeroToOneAndHoldsTheGini(t *testing.T) {
	exposures := make([]int, 1000)
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range exposures {
		exposures[i] = rng.IntN(50)
	}
	curve := Lorenz(exposures)
	if curve[0] != 0 || curve[LorenzPoints-1] != 1 {
		t.Errorf("the curve runs from %v to %v", curve[0], curve[LorenzPoints-1])
	}
	area := 0.0
	for p := 1; p < LorenzPoints; p++ {
		if curve[p] < curve[p-1] {
			t.Fatalf("the curve falls at point %d", p)
		}
		area += (curve[p] + curve[p-1]) / 2 / (LorenzPoints - 1)
	}
	if gini := Gini(exposures); math.Abs(1-2*area-gini) > 1e-3 {
		t.Errorf("the area gives %v, Gini is %v", 1-2*area, gini)
	}
	if Lorenz([]int{0, 0}) != nil {
		t.Error("nothing shown has a curve")
	}
	short := Lorenz([]int{1, 1}) // fewer reels than points
	near(t, "diagonal", short[50], 0.5)
	near(t, "diagonal", short[25], 0.25)
}

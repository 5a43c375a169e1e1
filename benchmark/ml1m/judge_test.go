package ml1m

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestVerdictsEqualThoseWorkedByHand(t *testing.T) {
	third := 1 / math.Log2(4) // of place 3, which is 0.5
	for _, c := range []struct {
		name    string
		scores  []float32
		history []int32
		target  int32
		want    Verdict
	}{
		{"first", []float32{3, 2, 1}, nil, 0, Verdict{1, 1}},
		{"third", []float32{3, 2, 1}, nil, 2, Verdict{1, third}},
		{"seen items take no place", []float32{3, 2, 1}, []int32{0, 1}, 2, Verdict{1, 1}},
		{"ties count as the mean of their places", []float32{3, 1, 1}, nil, 2, Verdict{1, (1/math.Log2(3) + third) / 2}},
		{"seen items tie with nobody", []float32{3, 1, 1}, []int32{1}, 2, Verdict{1, 1 / math.Log2(3)}},
		{"tenth of eleven", []float32{9, 8, 7, 6, 5, 4, 3, 2, 1, 0, -1}, nil, 9, Verdict{1, 1 / math.Log2(11)}},
		{"eleventh", []float32{9, 8, 7, 6, 5, 4, 3, 2, 1, 0, -1}, nil, 10, Verdict{}},
		{"tenth and eleventh tie", []float32{9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0}, nil, 10, Verdict{.5, .5 / math.Log2(11)}},
		{"minus infinity ties with itself", []float32{float32(math.Inf(-1)), float32(math.Inf(-1))}, nil, 0, Verdict{1, (1 + 1/math.Log2(3)) / 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			seen := make([]bool, len(c.scores))
			got, err := Judge(c.scores, Case{c.history, c.target}, seen)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(got.HR-c.want.HR) > 1e-12 || math.Abs(got.NDCG-c.want.NDCG) > 1e-12 {
				t.Errorf("judged %+v, want %+v", got, c.want)
			}
			for i, s := range seen {
				if s {
					t.Errorf("item %d stays marked as seen", i)
				}
			}
		})
	}
}

func TestWhatCannotBeRankedIsRefused(t *testing.T) {
	nan := float32(math.NaN())
	for name, c := range map[string]struct {
		scores []float32
		given  Case
	}{
		"not a number":           {[]float32{1, nan, 0}, Case{nil, 0}},
		"target not a number":    {[]float32{nan, 1, 0}, Case{nil, 0}},
		"target within its past": {[]float32{1, 2, 3}, Case{[]int32{0}, 0}},
	} {
		if v, err := Judge(c.scores, c.given, make([]bool, 3)); err == nil {
			t.Errorf("%s: judged %+v, want an error", name, v)
		}
	}
}

// level is what random order gives among n items: 10 of n places hit.
func level(n int) Verdict {
	var v Verdict
	for place := range Cutoff {
		v.HR += 1 / float64(n)
		v.NDCG += 1 / math.Log2(float64(place)+2) / float64(n)
	}
	return v
}

func TestRandomScoresGiveTheRandomLevel(t *testing.T) {
	const items, history, cases = 500, 100, 20000
	rng := rand.New(rand.NewPCG(1, 1))
	all := make([]Case, cases)
	for i := range all {
		order := rng.Perm(items)
		for _, at := range order[1 : history+1] {
			all[i].History = append(all[i].History, int32(at))
		}
		all[i].Target = int32(order[0])
	}
	for name, score := range map[string]Score{
		"drawn": func(scores []float32, _ []int32) {
			for i := range scores {
				scores[i] = rng.Float32()
			}
		},
		"all alike": func(scores []float32, _ []int32) { clear(scores) },
	} {
		verdicts, err := JudgeAll(all, items, score)
		if err != nil {
			t.Fatal(err)
		}
		var mean Verdict
		for _, v := range verdicts {
			mean.HR += v.HR / cases
			mean.NDCG += v.NDCG / cases
		}
		want := level(items - history)
		// Four standard errors of a share of 0.025 among 20,000 are 0.0044.
		if math.Abs(mean.HR-want.HR) > .0044 || math.Abs(mean.NDCG-want.NDCG) > .0024 {
			t.Errorf("%s: mean %+v, want about %+v", name, mean, want)
		}
	}
}

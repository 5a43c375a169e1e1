package evaluate

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/reelrank/reelrank/reel"
)

func TestRankingMetricsAgreeWithHandWorkedExamples(t *testing.T) {
	log2 := math.Log2
	for _, c := range []struct {
		name             string
		ranked, relevant []reel.ReelID
		k                int
		ndcg, ap, rr     float64
		precision        float64
		recall, hit      float64
	}{
		// Places:   1   2   3   4   5
		// Hits:         x       x        R = 3
		{"hits at 2 and 4", ids(1, 2, 3, 4, 5), ids(2, 4, 9), 5,
			(1/log2(3) + 1/log2(5)) / (1 + 1/log2(3) + 1/log2(4)), (1.0/2 + 2.0/4) / 3, 1.0 / 2, 2.0 / 5, 2.0 / 3, 1},
		{"cut at 3", ids(1, 2, 3, 4, 5), ids(2, 4, 9), 3,
			(1 / log2(3)) / (1 + 1/log2(3) + 1/log2(4)), (1.0 / 2) / 3, 1.0 / 2, 1.0 / 3, 1.0 / 3, 1},
		{"cut before the first hit", ids(1, 2, 3, 4, 5), ids(2, 4, 9), 1, 0, 0, 0, 0, 0, 0},
		{"more relevant than k: AP divides by k, recall by R", ids(1, 2), ids(1, 2, 3, 4), 2,
			1, 1, 1, 1, 2.0 / 4, 1},
		{"k beyond the list: missing places are misses", ids(7, 1), ids(1, 2, 3), 10,
			(1 / log2(3)) / (1 + 1/log2(3) + 1/log2(4)), (1.0 / 2) / 3, 1.0 / 2, 1.0 / 10, 1.0 / 3, 1},
		{"a repeated hit counts once and keeps its place", ids(1, 1, 2), ids(1, 2), 3,
			(1 + 1/log2(4)) / (1 + 1/log2(3)), (1.0 + 2.0/3) / 2, 1, 2.0 / 3, 1, 1},
		{"a repeated miss takes its place", ids(9, 9, 1), ids(1), 3, 1 / log2(4), 1.0 / 3, 1.0 / 3, 1.0 / 3, 1, 1},
		{"repetitions among the relevant do not count", ids(1, 5), ids(1, 1, 1), 2, 1, 1, 1, 1.0 / 2, 1, 1},
		{"no hit", ids(1, 2), ids(3), 2, 0, 0, 0, 0, 0, 0},
		{"empty list", nil, ids(3), 5, 0, 0, 0, 0, 0, 0},
		{"nothing relevant", ids(1, 2), nil, 5, 0, 0, 0, 0, 0, 0},
		{"k zero", ids(1), ids(1), 0, 0, 0, 0, 0, 0, 0},
		{"k negative", ids(1), ids(1), -3, 0, 0, 0, 0, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			near(t, "NDCG", NDCG(c.ranked, c.relevant, c.k), c.ndcg)
			near(t, "AveragePrecision", AveragePrecision(c.ranked, c.relevant, c.k), c.ap)
			near(t, "ReciprocalRank", ReciprocalRank(c.ranked, c.relevant, c.k), c.rr)
			near(t, "Precision", Precision(c.ranked, c.relevant, c.k), c.precision)
			near(t, "Recall", Recall(c.ranked, c.relevant, c.k), c.recall)
			near(t, "HitRate", HitRate(c.ranked, c.relevant, c.k), c.hit)
		})
	}
}

// rankingMetrics are all of them by name.
var rankingMetrics = map[string]func(ranked, relevant []reel.ReelID, k int) float64{
	"NDCG": NDCG, "AveragePrecision": AveragePrecision, "ReciprocalRank": ReciprocalRank,
	"Precision": Precision, "Recall": Recall, "HitRate": HitRate,
}

func drawIDs(t *rapid.T, label string) []reel.ReelID {
	return rapid.SliceOfN(rapid.Map(rapid.IntRange(0, 15), func(i int) reel.ReelID { return reel.ReelID(i) }), 0, 12).Draw(t, label)
}

func TestRankingMetricsLieWithinZeroAndOneAndIgnoreTheOrderOfTheRelevant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ranked, relevant := drawIDs(t, "ranked"), drawIDs(t, "relevant")
		k := rapid.IntRange(-1, 15).Draw(t, "k")
		shuffled := rapid.Permutation(relevant).Draw(t, "shuffled")
		for name, metric := range rankingMetrics {
			v := metric(ranked, relevant, k)
			if !(v >= 0 && v <= 1) {
				t.Errorf("%s = %v, outside 0..1", name, v)
			}
			if other := metric(ranked, shuffled, k); other != v {
				t.Errorf("%s = %v, and %v when the relevant reels are shuffled", name, v, other)
			}
		}
	})
}

func TestIdealOrderGetsTheFullScore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		relevant := rapid.SliceOfNDistinct(rapid.IntRange(0, 30), 1, 10, rapid.ID[int]).Draw(t, "relevant")
		k := rapid.IntRange(1, 15).Draw(t, "k")
		var best []reel.ReelID
		for _, id := range relevant {
			best = append(best, reel.ReelID(id))
		}
		ranked := append(best[:len(best):len(best)], 100, 101, 102)
		for _, name := range []string{"NDCG", "AveragePrecision", "ReciprocalRank", "HitRate"} {
			if v := rankingMetrics[name](ranked, best, k); math.Abs(v-1) > 1e-12 {
				t.Errorf("%s of the ideal order = %v", name, v)
			}
		}
	})
}

func TestMovingAHitUpNeverLowersAMetric(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		order := rapid.Permutation(ids(0, 1, 2, 3, 4, 5, 6, 7)).Draw(t, "order")
		relevant := order[rapid.IntRange(1, 7).Draw(t, "place"):][:1]
		at := 0
		for order[at] != relevant[0] {
			at++
		}
		better := append([]reel.ReelID(nil), order...)
		better[at-1], better[at] = better[at], better[at-1]
		k := rapid.IntRange(1, 9).Draw(t, "k")
		for name, metric := range rankingMetrics {
			if before, after := metric(order, relevant, k), metric(better, relevant, k); after < before {
				t.Errorf("%s fell from %v to %v", name, before, after)
			}
		}
	})
}

// randomLevel is the NDCG@k to expect of a list without knowledge: each of the
// eligible reels is as likely as any other to be one of the relevant.
func randomLevel(relevant, eligible, k int) float64 {
	var gain, ideal float64
	for place := range min(k, eligible) {
		gain += discount(place) * float64(relevant) / float64(eligible)
	}
	for place := range min(k, relevant) {
		ideal += discount(place)
	}
	return gain / ideal
}

func TestNDCGOverAllPlacesOfTheRelevantReelsIsTheRandomLevel(t *testing.T) {
	ranked := ids(3, 1, 4, 0, 5, 2)
	for _, c := range []struct {
		k    int
		want float64 // worked by hand
	}{
		{1, 1.0 / 3},
		// Both places count 1/3; the ideal is 1 + 1/log2(3).
		{2, 1.0 / 3},
		{3, (1 + 1/math.Log2(3) + 0.5) / 3 / (1 + 1/math.Log2(3))},
	} {
		sum, pairs := 0.0, 0.0
		for i := range ranked {
			for j := range i {
				sum += NDCG(ranked, ids(ranked[i], ranked[j]), c.k)
				pairs++
			}
		}
		near(t, "mean over all pairs", sum/pairs, c.want)
		near(t, "formula", randomLevel(2, len(ranked), c.k), c.want)
	}
}

func TestShuffledAnswersBringAGoodRecommenderToTheRandomLevel(t *testing.T) {
	w := newTinyWorld(t)
	cases, _, err := Cases(w.train, w.test, w.cat)
	if err != nil {
		t.Fatal(err)
	}
	knn := NewItemKNN(w.train, w.cat, DefaultKNN)
	const k, shuffles = 10, 100
	rng := rand.New(rand.NewPCG(31, 32))
	var truth, shuffled, squares, level float64
	for _, c := range cases {
		list, err := knn.Recommend(context.Background(), c.Query, k)
		if err != nil {
			t.Fatal(err)
		}
		var eligible []reel.ReelID
		for i := range int32(w.cat.Len()) {
			if Eligible(w.cat, &c.Query, i) {
				eligible = append(eligible, w.cat.ID(i))
			}
		}
		truth += NDCG(list, c.Relevant, k)
		level += shuffles * randomLevel(len(c.Relevant), len(eligible), k)
		for range shuffles {
			rng.Shuffle(len(eligible), func(i, j int) { eligible[i], eligible[j] = eligible[j], eligible[i] })
			v := NDCG(list, eligible[:len(c.Relevant)], k)
			shuffled, squares = shuffled+v, squares+v*v
		}
	}
	n := float64(shuffles * len(cases))
	truth, shuffled, level = truth/float64(len(cases)), shuffled/n, level/n
	standardError := math.Sqrt((squares/n - shuffled*shuffled) / n)
	if math.Abs(shuffled-level) > 4*standardError {
		t.Errorf("shuffled answers give NDCG %.4f, the random level is %.4f (standard error %.4f)", shuffled, level, standardError)
	}
	if truth < 2*level {
		t.Errorf("the true answers give NDCG %.4f, little above the random level %.4f: the test shows nothing", truth, level)
	}
}

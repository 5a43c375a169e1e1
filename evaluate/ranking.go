package evaluate

import (
	"math"

	"github.com/reelrank/reelrank/reel"
)

// The ranking metrics judge the first k reels of a ranked list against the set
// of relevant reels, with binary relevance. Write R for the number of relevant
// reels and hit(i) for 1 where the reel at place i = 1, 2, ... is relevant and
// has not stood higher in the list, else 0. Each is within 0..1. They share
// these definitions:
//
//   - no relevant reels, an empty list, or k <= 0: 0;
//   - k beyond the list: the missing places are misses;
//   - a reel listed twice counts at its first place; the repetition is a miss
//     that still takes its place, since a person would be shown it;
//   - the order and repetitions of the relevant reels do not matter.

// NDCG is the normalised discounted cumulative gain (Järvelin and Kekäläinen,
// 2002): the sum of hit(i)/log2(i+1) over i = 1..k, divided by its largest
// possible value, the sum of 1/log2(i+1) over i = 1..min(k, R).
func NDCG(ranked, relevant []reel.ReelID, k int) float64 {
	return judge(ranked, relevant).ndcg(k)
}

// AveragePrecision is AP@k, whose mean over users is MAP@k: the sum of
// hit(i) * hits(1..i)/i over i = 1..k, divided by min(k, R).
func AveragePrecision(ranked, relevant []reel.ReelID, k int) float64 {
	return judge(ranked, relevant).averagePrecision(k)
}

// ReciprocalRank is RR@k, whose mean over users is MRR@k: 1/i for the first
// hit at a place i <= k, and 0 without one.
func ReciprocalRank(ranked, relevant []reel.ReelID, k int) float64 {
	return judge(ranked, relevant).reciprocalRank(k)
}

// Precision is the number of hits among the first k places, divided by k, also
// where the list is shorter.
func Precision(ranked, relevant []reel.ReelID, k int) float64 {
	return judge(ranked, relevant).precision(k)
}

// Recall is the number of hits among the first k places, divided by R. With
// R > k it cannot reach 1.
func Recall(ranked, relevant []reel.ReelID, k int) float64 {
	return judge(ranked, relevant).recall(k)
}

// HitRate is 1 if any of the first k places is a hit, else 0.
func HitRate(ranked, relevant []reel.ReelID, k int) float64 {
	return judge(ranked, relevant).hitRate(k)
}

// judged is a ranked list after the look-up of each place, so that all metrics
// at all k share it.
type judged struct {
	hits     []bool // by place, from 0
	relevant int    // R
}

func judge(ranked, relevant []reel.ReelID) judged {
	open := make(map[reel.ReelID]struct{}, len(relevant))
	for _, id := range relevant {
		open[id] = struct{}{}
	}
	j := judged{hits: make([]bool, len(ranked)), relevant: len(open)}
	for place, id := range ranked {
		if _, ok := open[id]; ok {
			j.hits[place] = true
			delete(open, id) // a second place of the same reel is a miss
		}
	}
	return j
}

// first returns the judgements of the first k places.
func (j judged) first(k int) []bool {
	return j.hits[:max(0, min(k, len(j.hits)))]
}

// count is the number of hits among the first k places.
func (j judged) count(k int) float64 {
	n := 0.0
	for _, hit := range j.first(k) {
		if hit {
			n++
		}
	}
	return n
}

func (j judged) ndcg(k int) float64 {
	var gain, ideal float64
	for i, hit := range j.first(k) {
		if hit {
			gain += discount(i)
		}
	}
	if gain == 0 {
		return 0
	}
	for i := range min(k, j.relevant) {
		ideal += discount(i)
	}
	return gain / ideal
}

// discount is the weight of a place, counted from 0.
func discount(place int) float64 { return 1 / math.Log2(float64(place)+2) }

func (j judged) averagePrecision(k int) float64 {
	var hits, sum float64
	for i, hit := range j.first(k) {
		if hit {
			hits++
			sum += hits / float64(i+1)
		}
	}
	if hits == 0 {
		return 0
	}
	return sum / float64(min(k, j.relevant))
}

func (j judged) reciprocalRank(k int) float64 {
	for i, hit := range j.first(k) {
		if hit {
			return 1 / float64(i+1)
		}
	}
	return 0
}

func (j judged) precision(k int) float64 {
	if k <= 0 {
		return 0
	}
	return j.count(k) / float64(k)
}

func (j judged) recall(k int) float64 {
	if j.relevant == 0 {
		return 0
	}
	return j.count(k) / float64(j.relevant)
}

func (j judged) hitRate(k int) float64 {
	if j.count(k) > 0 {
		return 1
	}
	return 0
}

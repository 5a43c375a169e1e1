package ml1m

import (
	"fmt"
	"math"
)

// Case is one question: what comes after the history?
type Case struct {
	History []int32
	Target  int32
}

// Cutoff is the length of the lists that are judged.
const Cutoff = 10

// Verdict is the quality of one list with one relevant item.
type Verdict struct{ HR, NDCG float64 }

// Judge ranks all items but those of the history by their scores, and returns
// HR@10 and NDCG@10 of the target: 1 and 1/log2(rank+1) where its rank, from 1,
// is at most 10, else 0. Where others have the target's score, it is the mean
// over all orders of them. seen must be false everywhere, and is left so.
func Judge(scores []float32, c Case, seen []bool) (Verdict, error) {
	for _, i := range c.History {
		seen[i] = true
	}
	defer func() {
		for _, i := range c.History {
			seen[i] = false
		}
	}()
	if seen[c.Target] {
		return Verdict{}, fmt.Errorf("ml1m: the target %d is part of its history", c.Target)
	}
	mine := scores[c.Target]
	above, equal := 0, 0 // of the others
	for i, s := range scores {
		switch {
		case s != s:
			return Verdict{}, fmt.Errorf("ml1m: the score of item %d is not a number", i)
		case seen[i] || int32(i) == c.Target:
		case s > mine:
			above++
		case s == mine:
			equal++
		}
	}
	return meanVerdict(above, equal), nil
}

// meanVerdict is the mean over the places above..above+equal, from 0.
func meanVerdict(above, equal int) Verdict {
	var v Verdict
	for place := above; place < min(Cutoff, above+equal+1); place++ {
		v.HR++
		v.NDCG += 1 / math.Log2(float64(place)+2)
	}
	n := float64(equal + 1)
	return Verdict{v.HR / n, v.NDCG / n}
}

// Score writes the scores of all items after a history.
type Score func(scores []float32, history []int32)

// JudgeAll asks for every case.
func JudgeAll(cases []Case, items int, score Score) ([]Verdict, error) {
	verdicts := make([]Verdict, len(cases))
	scores, seen := make([]float32, items), make([]bool, items)
	for i, c := range cases {
		score(scores, c.History)
		var err error
		if verdicts[i], err = Judge(scores, c, seen); err != nil {
			return nil, err
		}
	}
	return verdicts, nil
}

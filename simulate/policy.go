package simulate

import (
	"math"
	"math/rand/v2"
)

const (
	// inSessionTopic is the share of a session's exposures by taste that stay
	// in the session's topic; the rest follows the person's mix.
	inSessionTopic = 0.85
	// freshLift is what a brand-new reel gains in the logit of the choice by
	// taste; it fades with freshFade.
	freshLift = 1.5
	freshFade = 3 * day
)

// shelf is the reels of one topic that a person may still be shown by taste,
// with their relative probabilities.
type shelf struct {
	reels   []int32
	weights []float64
	total   float64
}

// stock puts on the shelf what was uploaded by now and not seen. The weight is
// exp(sharpness*affinity + lift of freshness).
func (w *World) stock(s *shelf, p *person, in *interest, seen bitset, now int64) {
	s.reels, s.weights, s.total = s.reels[:0], s.weights[:0], 0
	for _, r := range w.inTopic[in.topic] {
		if w.clips[r].uploaded > now {
			break // sorted by upload
		}
		if seen.has(r) {
			continue
		}
		v := w.appeal(p, in, &w.clips[r], now)
		s.reels = append(s.reels, r)
		s.weights = append(s.weights, v)
		s.total += v
	}
}

// appeal is the relative probability of a reel in the choice by taste.
func (w *World) appeal(p *person, in *interest, c *clip, now int64) float64 {
	age := min(int((now-c.uploaded)/hour), len(w.freshness)-1)
	return math.Exp(w.p.TasteSharpness*w.affinityIn(p, in, c)) * w.freshness[age]
}

// freshnessTable holds exp(freshLift*exp(-age/freshFade)) by age in hours, to
// where it is as good as 1. A table halves the time of the whole simulation.
func freshnessTable() []float64 {
	table := make([]float64, 10*freshFade/hour)
	for age := range table {
		table[age] = math.Exp(freshLift * math.Exp(-float64(age)*hour/freshFade))
	}
	return table
}

// take draws a reel and removes it from the shelf; -1 when the shelf is empty.
func (s *shelf) take(rng *rand.Rand, seen bitset) int32 {
	for {
		i := pickOf(rng, s.weights, s.total)
		if i < 0 {
			return -1
		}
		s.total = max(0, s.total-s.weights[i])
		s.weights[i] = 0
		if r := s.reels[i]; !seen.has(r) { // trending or chance may have shown it since
			return r
		}
	}
}

// takeTrending draws an unseen reel of the trending list, or -1.
func takeTrending(rng *rand.Rand, list *trending, seen bitset) int32 {
	weights := make([]float64, len(list.reels))
	for i, r := range list.reels {
		if !seen.has(r) {
			weights[i] = list.weights[i]
		}
	}
	if i := pick(rng, weights); i >= 0 {
		return list.reels[i]
	}
	return -1
}

// takeAny draws an unseen reel uploaded by now, each with equal probability.
func (w *World) takeAny(rng *rand.Rand, seen bitset, now int64) int32 {
	n := w.uploadedBy(now)
	for range 64 {
		if r := int32(rng.IntN(n)); !seen.has(r) {
			return r
		}
	}
	var unseen []int32
	for r := range int32(n) {
		if !seen.has(r) {
			unseen = append(unseen, r)
		}
	}
	return unseen[rng.IntN(len(unseen))]
}

// bitset is a set of reels.
type bitset []uint64

func newBitset(n int) bitset      { return make(bitset, (n+63)/64) }
func (b bitset) has(r int32) bool { return b[r>>6]>>(r&63)&1 != 0 }
func (b bitset) add(r int32)      { b[r>>6] |= 1 << (r & 63) }

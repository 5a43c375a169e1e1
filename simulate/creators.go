package simulate

import (
	"math"
	"math/rand/v2"
)

// styleDim is the width of a style. With a dozen enjoyed reels per topic a
// taste of 16 numbers can be learned well, but not perfectly.
const styleDim = looks + sounds + words

// The aspects of a style, in this order: how a reel looks, how it sounds, and
// how it speaks.
const (
	looks  = 8
	sounds = 4
	words  = 4
)

// style is a point in the space of looks, sounds and manners within a topic;
// each number is about standard normal.
type style [styleDim]float32

// match is the agreement of a preference and a style: standard normal for
// unrelated ones, about +4 for equal ones.
func (s *style) match(t *style) float64 {
	var sum float32
	for i := range s {
		sum += s[i] * t[i]
	}
	return float64(sum) / 4 // the square root of styleDim
}

func newStyle(rng *rand.Rand) (s style) {
	for i := range s {
		s[i] = float32(rng.NormFloat64())
	}
	return s
}

// near returns a style that keeps `kept` of the variance of s, and has fresh
// noise for the rest.
func (s *style) near(rng *rand.Rand, kept float64) (t style) {
	a, b := float32(math.Sqrt(kept)), math.Sqrt(1-kept)
	for i := range s {
		t[i] = a*s[i] + float32(b*rng.NormFloat64())
	}
	return t
}

type creator struct {
	region    int
	topics    [2]int // main topic, second topic; often the same
	secondary float64
	style     style
	quality   float64 // standard normal
	posting   float64 // relative number of reels
}

// topicWeights makes early topics somewhat more common than late ones.
func topicWeights(n int) []float64 {
	weights := make([]float64, n)
	for t := range weights {
		weights[t] = 1 / math.Sqrt(float64(t+2))
	}
	return weights
}

func (w *World) makeCreators() {
	weights := topicWeights(w.p.Topics)
	w.creators = make([]creator, w.p.Creators)
	w.byTopic = make([][]int32, w.p.Topics)
	for i := range w.creators {
		rng := stream(w.seed, forCreators, i, 0)
		c := creator{
			region:  pickRegion(rng, w.regions),
			style:   newStyle(rng),
			quality: rng.NormFloat64(),
			posting: math.Exp(0.8 * rng.NormFloat64()),
		}
		c.topics[0] = pick(rng, weights)
		c.topics[1] = c.topics[0]
		if rng.Float64() < 0.3 {
			c.topics[1], c.secondary = pick(rng, weights), 0.25
		}
		w.creators[i] = c
		w.byTopic[c.topics[0]] = append(w.byTopic[c.topics[0]], int32(i))
	}
}

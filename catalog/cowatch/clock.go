package cowatch

import "math"

// maxAhead is how many half-lives the weights may run ahead of the landmark
// before all are scaled back. A float32 holds 2^127, which leaves 2^63 for the
// sums.
const maxAhead = 64

// clock gives the weights of forward decay (Cormode, Shkapenyuk, Srivastava,
// Xu, "Forward Decay: A Practical Time Decay Model for Streaming Systems",
// ICDE 2009): what happens at time t weighs 2^((t - landmark) / halfLife) once
// and for all, and a sum as of now is the sum of those over the weight of now.
type clock struct {
	halfLife float64 // seconds
	landmark float64 // unix seconds
	last     int64   // newest time, unix seconds
	started  bool
}

// advance notes a time. It moves the landmark where that lies too far back,
// and returns by how many half-lives: 0 where it did not move.
func (c *clock) advance(at int64) float64 {
	if !c.started {
		c.started, c.landmark, c.last = true, float64(at), at
	}
	c.last = max(c.last, at)
	ahead := math.Floor((float64(at) - c.landmark) / c.halfLife)
	if ahead <= maxAhead {
		return 0
	}
	c.landmark += ahead * c.halfLife
	return ahead
}

// weight is what an event at a time weighs.
func (c *clock) weight(at int64) float64 {
	return math.Exp2((float64(at) - c.landmark) / c.halfLife)
}

package feature

import (
	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/reel"
)

// The rates that are kept of a reel, a creator and a user.
const (
	ratePositive = iota
	rateWatch
	rateLike
	rateShare
	rateFollow
	numRates
)

var rateNames = [numRates]string{"positive", "watch", "like", "share", "follow"}

// Smoothing: how many exposures at the expected rate are added to what was
// counted, so that few exposures say little.
const (
	reelStrength     = 20
	creatorStrength  = 20
	userStrength     = 5
	affinityStrength = 2
)

// rateFloor keeps the logarithm of a lift within reach of a rate of zero.
const rateFloor = 1e-3

// tally is what a group of exposures came to: sums over those that count.
type tally struct {
	exposures float64
	watched   float64 // exposures whose watch time was observed
	sums      [numRates]float64
}

func (t *tally) add(it *reel.Interaction) {
	t.exposures++
	t.sums[ratePositive] += float64(flag(it.Positive()))
	if it.Observed.Has(reel.Watched) {
		t.watched++
		t.sums[rateWatch] += float64(it.Watch)
	}
	t.sums[rateLike] += float64(flag(it.Signals.Has(reel.Liked)))
	t.sums[rateShare] += float64(flag(it.Signals.Has(reel.Shared)))
	t.sums[rateFollow] += float64(flag(it.Signals.Has(reel.Followed)))
}

func tallyOf(t catalog.Totals) tally {
	return tally{
		exposures: float64(t.Impressions),
		watched:   float64(t.Watched),
		sums: [numRates]float64{
			float64(t.Positives), float64(t.Watch), float64(t.Likes), float64(t.Shares), float64(t.Follows),
		},
	}
}

// of is the number of exposures that a rate is taken over.
func (t *tally) of(rate int) float64 {
	if rate == rateWatch {
		return t.watched
	}
	return t.exposures
}

// expectation is a set of rates and the logarithms that lifts need of them.
type expectation struct{ rate, log [numRates]float64 }

// expect smooths the rates of t towards prior, which is nil for none.
func expect(t *tally, prior *expectation, strength float64) expectation {
	var e expectation
	for r := range numRates {
		sum, n := t.sums[r], t.of(r)
		if prior != nil {
			sum, n = sum+strength*prior.rate[r], n+strength
		}
		if n > 0 {
			e.rate[r] = sum / n
		}
		e.log[r] = ln(e.rate[r] + rateFloor)
	}
	return e
}

// lift is ln((rate + floor) / (expected + floor)), where rate is that of t
// smoothed towards the expected one. It is exactly 0 without exposures.
func (e *expectation) lift(t *tally, r int, strength float64) float32 {
	n := t.of(r)
	if n == 0 {
		return 0
	}
	rate := (t.sums[r] + strength*e.rate[r]) / (n + strength)
	return clip(ln(rate+rateFloor)-e.log[r], MaxContext)
}

// lifts writes the lift of every rate.
func (e *expectation) lifts(dst []float32, t *tally, strength float64) {
	for r := range numRates {
		dst[r] = e.lift(t, r, strength)
	}
}

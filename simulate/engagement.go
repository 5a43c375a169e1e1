package simulate

import (
	"math"
	"math/rand/v2"

	"github.com/reelrank/reelrank/reel"
)

// offTopic is the affinity for a topic that is none of a person's interests.
const offTopic = -1.8

// watchNoise is the standard deviation of the noise on the watch time's logit.
const watchNoise = 1.1

// affinity is how much a reel suits a person: about -2 for a reel off topic,
// 0 for one on topic, up to 4 for a favourite creator's in the right style.
func (w *World) affinity(p *person, m *mind, r int32) float64 {
	c := &w.clips[r]
	if i := m.position(c.topic); i >= 0 {
		return w.affinityIn(p, &m.interests[i], c)
	}
	return offTopic + 0.4*m.general.match(&c.style) + w.suits(p, c)
}

// affinityIn is affinity for a reel of one of the person's interests.
func (w *World) affinityIn(p *person, in *interest, c *clip) float64 {
	return in.style.match(&c.style) + in.fondness(c.creator) + w.suits(p, c)
}

// suits is the part of the affinity that no topic changes.
func (w *World) suits(p *person, c *clip) float64 {
	return 0.3*c.quality - 0.3*math.Abs(c.pace-p.pace) + w.understands(p, c.language)
}

// fondness is the strength of a favourite creator, 0 for any other.
func (in *interest) fondness(creator int32) float64 {
	for _, f := range in.favourites {
		if f.creator == creator {
			return f.strength
		}
	}
	return 0
}

// exposure is everything that decides what comes of showing a reel.
type exposure struct {
	affinity float64
	quality  float64
	fondness float64 // for the creator
	pace     float64 // ln(duration / 20 seconds)
	position int
	trending float64 // 1 for the top of the trending list, 0 for a reel not on it
	device   int
	follows  bool // the person follows the creator already
}

func (w *World) exposureOf(p *person, m *mind, r int32, position, device int, trending float64, follows bool) exposure {
	c := &w.clips[r]
	e := exposure{
		affinity: w.affinity(p, m, r), quality: c.quality, pace: c.pace,
		position: position, trending: trending, device: device, follows: follows,
	}
	if i := m.position(c.topic); i >= 0 {
		e.fondness = m.interests[i].fondness(c.creator)
	}
	return e
}

// watchLogit is the median of the watch time, as a logit.
func (w *World) watchLogit(p *person, e *exposure) float64 {
	return -0.35 + p.eager + 0.6*e.affinity + 0.25*e.quality - 0.35*e.pace -
		0.025*float64(e.position) + 0.3*e.trending + w.devices[e.device].watch
}

// actions are the probabilities of the signals, given the watch time.
type actions struct{ like, share, follow, notInterested float64 }

func (w *World) actions(p *person, e *exposure, watch float64) actions {
	act := w.devices[e.device].act + 2.5*(watch-0.5)
	a := actions{
		like:   sigmoid(-4.0 + p.like + 0.5*e.affinity + 0.3*e.quality + act),
		share:  sigmoid(-5.25 + p.share + 0.35*e.affinity + 0.5*e.quality + act),
		follow: sigmoid(-6.9 + p.follow + 0.4*e.affinity + 1.0*e.fondness + act),
	}
	if e.follows {
		a.follow = 0
	}
	if watch < skipBelow {
		a.notInterested = sigmoid(-3.2 - 0.4*e.affinity)
	}
	return a
}

// skipBelow is the watch time under which an exposure counts as skipped.
const skipBelow = 0.08

// recorded are the signals that the simulated app writes down.
const recorded = reel.AllObserved | reel.Skipped | reel.NotInterested

// react rolls what comes of an exposure.
func (w *World) react(rng *rand.Rand, p *person, e *exposure) (reel.WatchTime, reel.Signals) {
	watch := sigmoid(w.watchLogit(p, e) + watchNoise*rng.NormFloat64())
	a := w.actions(p, e, watch)
	var signals reel.Signals
	for _, s := range []struct {
		probability float64
		signal      reel.Signals
	}{
		{a.like, reel.Liked}, {a.share, reel.Shared}, {a.follow, reel.Followed}, {a.notInterested, reel.NotInterested},
	} {
		if rng.Float64() < s.probability {
			signals |= s.signal
		}
	}
	if watch < skipBelow {
		signals |= reel.Skipped
	}
	return reel.WatchTime(watch), signals
}

// Engagement is what the world expects of showing one reel to one person.
type Engagement struct {
	reel.Predictions         // mean watch time; probabilities of like, share and follow
	Positive         float64 // probability that the exposure counts as enjoyed
}

// expect integrates react over its noise, at the midpoints of equally likely
// slices of the normal distribution. The step at PositiveWatch is too steep
// for slices and is taken exactly.
func (w *World) expect(p *person, e *exposure) Engagement {
	var watch, like, share, follow float64
	var below, actedBelow float64 // slices under PositiveWatch, and the positives among them
	centre := w.watchLogit(p, e)
	for _, z := range normalMidpoints {
		v := sigmoid(centre + watchNoise*z)
		a := w.actions(p, e, v)
		watch, like, share, follow = watch+v, like+a.like, share+a.share, follow+a.follow
		if v < reel.PositiveWatch {
			below++
			actedBelow += (1 - (1-a.like)*(1-a.share)*(1-a.follow)) * (1 - a.notInterested)
		}
	}
	const n = float64(len(normalMidpoints))
	least := math.Log(reel.PositiveWatch / (1 - reel.PositiveWatch))
	watched := math.Erfc((least-centre)/(watchNoise*math.Sqrt2)) / 2 // P(watch time >= PositiveWatch)
	return Engagement{
		Predictions: reel.Predictions{float32(watch / n), float32(like / n), float32(share / n), float32(follow / n)},
		Positive:    watched + (1-watched)*actedBelow/max(below, 1),
	}
}

// normalMidpoints are the quantiles (i+0.5)/24 of the standard normal.
var normalMidpoints = midpoints()

func midpoints() (z [24]float64) {
	for i := range z {
		z[i] = math.Sqrt2 * math.Erfinv(2*(float64(i)+0.5)/float64(len(z))-1)
	}
	return z
}

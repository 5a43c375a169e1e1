package simulate

import (
	"math"
	"math/rand/v2"
	"slices"
)

// person is what never changes of someone; mind is what drifts.
type person struct {
	region    int
	device    int     // of most sessions
	events    int     // interactions in the window
	peak      float64 // local hour of most sessions, 0..24
	pace      float64 // preferred ln(duration / 20 seconds)
	eager     float64 // added to the logit of the watch time
	like      float64 // added to the logit of a like
	share     float64 // added to the logit of a share
	follow    float64 // added to the logit of a follow
	bilingual bool    // understands English besides the region's language
}

// makePeople rolls everyone's traits and divides the interactions among them
// with a long tail.
func (w *World) makePeople() {
	w.people = make([]person, w.p.Users)
	weights := make([]float64, w.p.Users)
	for u := range w.people {
		rng := stream(w.seed, forPeople, u, 0)
		w.people[u] = person{
			region: pickRegion(rng, w.regions), device: pickDevice(rng, w.devices),
			peak: math.Mod(19.5+3.5*rng.NormFloat64()+24, 24),
			pace: 0.4 * rng.NormFloat64(), eager: 0.3 * rng.NormFloat64(),
			like: 0.7 * rng.NormFloat64(), share: 0.7 * rng.NormFloat64(), follow: 0.5 * rng.NormFloat64(),
			bilingual: rng.Float64() < 0.5,
		}
		weights[u] = math.Exp(0.8 * rng.NormFloat64())
	}
	for u, n := range divide(w.p.Interactions, weights, MinEvents, w.p.mostEvents()) {
		w.people[u].events = n
	}
}

// divide splits total in proportion to weights, each share within lo..hi,
// with sum exactly total. It needs lo*n <= total <= hi*n.
func divide(total int, weights []float64, lo, hi int) []int {
	shares := make([]int, len(weights))
	sumAt := func(scale float64) (sum int) {
		for i, v := range weights {
			shares[i] = int(min(max(scale*v, float64(lo)), float64(hi)))
			sum += shares[i]
		}
		return sum
	}
	below, above := 0.0, 1.0
	for sumAt(above) < total {
		above *= 2
	}
	for range 100 {
		if mid := (below + above) / 2; sumAt(mid) <= total {
			below = mid
		} else {
			above = mid
		}
	}
	left := total - sumAt(below)
	for i := 0; left > 0; i = (i + 1) % len(shares) {
		if shares[i] < hi {
			shares[i]++
			left--
		}
	}
	return shares
}

func pickDevice(rng *rand.Rand, devices []device) int {
	left := rng.Float64()
	for i, d := range devices {
		if left -= d.weight; left < 0 {
			return i
		}
	}
	return 0
}

// understands tells how well a language suits a person, 0 (own) or below.
func (w *World) understands(p *person, language int32) float64 {
	switch own := w.regions[p.region].language; {
	case int(language) == own:
		return 0
	case language == english && p.bilingual:
		return -0.4
	}
	return -1.6
}

// mind is a person's taste on one day.
type mind struct {
	day       int
	general   style // what pleases in any topic
	interests []interest
	mix       []float64 // probability of each interest, sums to 1
}

// interest is a topic that someone follows, with the style and the creators
// that please in it.
type interest struct {
	topic      int32
	logit      float64
	style      style
	favourites []favourite
}

type favourite struct {
	creator  int32
	strength float64 // added to the affinity, about 1.5
}

// newMind is the taste of person u at Start.
func (w *World) newMind(u int) *mind {
	rng := stream(w.seed, forMind, u, -1)
	m := &mind{general: newStyle(rng)}
	number := 2 + pick(rng, []float64{0.45, 0.4, 0.15})
	for range min(number, w.p.Topics) {
		m.interests = append(m.interests, w.newInterest(rng, u, m))
	}
	m.blend()
	return m
}

// newInterest picks a topic that the mind does not hold yet.
func (w *World) newInterest(rng *rand.Rand, u int, m *mind) interest {
	weights := topicWeights(w.p.Topics)
	for _, held := range m.interests {
		weights[held.topic] = 0
	}
	t := max(pick(rng, weights), 0)
	in := interest{topic: int32(t), logit: 0.6 * rng.NormFloat64(), style: m.general.near(rng, 0.6)}
	in.favourites = w.chooseFavourites(u, &in)
	return in
}

// chooseFavourites picks two to four creators of the topic, mostly of the
// person's language, style and of good quality.
func (w *World) chooseFavourites(u int, in *interest) []favourite {
	rng := stream(w.seed, forFavourites, u, int(in.topic))
	type contender struct {
		creator int32
		appeal  float64
	}
	var all []contender
	for _, c := range w.byTopic[in.topic] {
		maker := &w.creators[c]
		language := int32(w.regions[maker.region].language)
		all = append(all, contender{c, 1.5*in.style.match(&maker.style) + 0.7*maker.quality +
			2*w.understands(&w.people[u], language) + gumbel(rng)})
	}
	slices.SortStableFunc(all, func(a, b contender) int {
		switch {
		case a.appeal > b.appeal:
			return -1
		case a.appeal < b.appeal:
			return 1
		}
		return 0
	})
	var chosen []favourite
	for _, c := range all[:min(len(all), 2+rng.IntN(3))] {
		chosen = append(chosen, favourite{c.creator, 1.5 + rng.Float64()})
	}
	return chosen
}

// blend renews the mix from the logits.
func (m *mind) blend() {
	m.mix = m.mix[:0]
	var total float64
	for _, in := range m.interests {
		m.mix = append(m.mix, math.Exp(in.logit))
		total += math.Exp(in.logit)
	}
	for i := range m.mix {
		m.mix[i] /= total
	}
}

// sleep moves the mind on by one day: the mix and the styles walk at random,
// and now and then the weakest interest gives way to a new topic.
func (w *World) sleep(m *mind, u int) {
	m.day++
	rng := stream(w.seed, forMind, u, m.day)
	for i := range m.interests {
		in := &m.interests[i]
		in.logit = 0.98*in.logit + 0.15*rng.NormFloat64()
		in.style = in.style.near(rng, 1-w.p.StyleDrift)
	}
	if rng.Float64() < w.p.JumpRate && len(m.interests) < w.p.Topics {
		weakest := 0
		for i := range m.interests {
			if m.interests[i].logit < m.interests[weakest].logit {
				weakest = i
			}
		}
		fresh := w.newInterest(rng, u, m)
		fresh.logit = 0.5 // a new love is a strong one
		m.interests[weakest] = fresh
	}
	m.blend()
}

// mindAt replays the mind of person u up to a day.
func (w *World) mindAt(u, day int) *mind {
	m := w.newMind(u)
	for m.day < day {
		w.sleep(m, u)
	}
	return m
}

// dayOf is the day of the window that a time falls in.
func (w *World) dayOf(now int64) int {
	return int(min(max((now-w.p.Start)/day, 0), int64(w.p.Days)))
}

// position returns where the mind holds the topic, or -1.
func (m *mind) position(topic int32) int {
	return slices.IndexFunc(m.interests, func(in interest) bool { return in.topic == topic })
}

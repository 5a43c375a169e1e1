package simulate

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// sitting is one planned session: who, when, and how many exposures. The
// topic and the end are known once it has been played.
type sitting struct {
	person int32
	start  int64
	length int
	device int
	topic  int32 // -1 until played
	end    int64 // time of the last exposure
}

// apart is the least time between the starts of one person's sittings: more
// than MaxSession reels of the longest duration can take.
const apart = hour

// makePlan rolls everyone's sittings over the window, sorted by start.
func (w *World) makePlan() {
	w.sittings = w.sittings[:0]
	for u := range w.people {
		w.sittings = append(w.sittings, w.planOf(u)...)
	}
	slices.SortStableFunc(w.sittings, func(a, b sitting) int { return cmp.Compare(a.start, b.start) })
	w.sittingsOf = make([][]int32, len(w.people))
	for i, s := range w.sittings {
		w.sittingsOf[s.person] = append(w.sittingsOf[s.person], int32(i))
	}
}

func (w *World) planOf(u int) []sitting {
	rng := stream(w.seed, forPlan, u, 0)
	p := &w.people[u]
	lengths := w.sessionLengths(rng, p.events)
	starts := make([]int64, len(lengths))
	for i := range starts {
		starts[i] = w.startOf(rng, p)
	}
	slices.Sort(starts)
	spread(starts, w.p.End())
	plan := make([]sitting, len(lengths))
	for i := range plan {
		d := p.device
		if rng.Float64() < 0.1 {
			d = pickDevice(rng, w.devices)
		}
		plan[i] = sitting{person: int32(u), start: starts[i], length: lengths[i], device: d, topic: -1}
	}
	return plan
}

// sessionLengths splits events into sittings whose lengths are geometric with
// mean SessionLength, each within 1..MaxSession.
func (w *World) sessionLengths(rng *rand.Rand, events int) []int {
	var lengths []int
	for events > 0 {
		n := 1
		for n < MaxSession && rng.Float64() > 1/w.p.SessionLength {
			n++
		}
		n = min(n, events)
		lengths = append(lengths, n)
		events -= n
	}
	// A session length near 1 gives more sittings than a window has room for:
	// fold the last ones into the first ones.
	for room := 20 * w.p.Days; len(lengths) > room; {
		last := lengths[len(lengths)-1]
		lengths = lengths[:len(lengths)-1]
		for i := 0; last > 0; i = (i + 1) % len(lengths) {
			if lengths[i] < MaxSession {
				lengths[i]++
				last--
			}
		}
	}
	return lengths
}

// startOf rolls a start within the window: most near the person's peak hour,
// some at any time, weekends more likely than weekdays.
func (w *World) startOf(rng *rand.Rand, p *person) int64 {
	local := p.peak + 2.5*rng.NormFloat64()
	if rng.Float64() < 0.2 {
		local = 24 * rng.Float64()
	}
	date := rng.IntN(w.p.Days)
	if weekday := (w.p.Start/day + int64(date) + 4) % 7; weekday >= 1 && weekday <= 5 && rng.Float64() < 0.2 {
		date = rng.IntN(w.p.Days)
	}
	second := int64(math.Round(local*hour)) - w.regions[p.region].offset
	return w.p.Start + int64(date)*day + ((second%day)+day)%day
}

// spread moves sorted starts so that they lie at least `apart` from each other
// and from the end. It needs room for all of them.
func spread(starts []int64, to int64) {
	for i := range starts {
		if i > 0 && starts[i] < starts[i-1]+apart {
			starts[i] = starts[i-1] + apart
		}
	}
	latest := to - apart
	for i := len(starts) - 1; i >= 0 && starts[i] > latest; i-- {
		starts[i] = latest
		latest -= apart
	}
}

package simulate

import (
	"cmp"
	"math"
	"slices"
)

const (
	trendLength   = 60      // reels on the trending list
	trendHalfLife = 2 * day // of the enjoyed exposures that put a reel there
	trendEvery    = hour    // how often the list is renewed
)

// trends is the app's trending list: reels by enjoyed exposures, older ones
// counting less.
type trends struct {
	counts []float64 // per reel, as of the window's start
	lists  []trending
}

// trending is the list of one hour, best first.
type trending struct {
	reels   []int32
	weights []float64 // relative probability of being shown
}

// count notes an enjoyed exposure. Instead of decaying all counts, later ones
// weigh more.
func (t *trends) count(r int32, sinceStart int64) {
	t.counts[r] += math.Exp2(float64(sinceStart) / trendHalfLife)
}

// renew appends lists up to the given hour of the window.
func (t *trends) renew(hourOfWindow int) {
	for len(t.lists) <= hourOfWindow {
		t.lists = append(t.lists, t.top())
	}
}

func (t *trends) top() trending {
	var best []int32
	least := 0.0
	better := func(a, b int32) int { return cmp.Or(cmp.Compare(t.counts[b], t.counts[a]), cmp.Compare(a, b)) }
	for r, v := range t.counts {
		if v <= least {
			continue
		}
		best = append(best, int32(r))
		if len(best) == 4*trendLength {
			slices.SortFunc(best, better)
			best = best[:trendLength]
			least = t.counts[best[trendLength-1]]
		}
	}
	slices.SortFunc(best, better)
	list := trending{reels: best[:min(len(best), trendLength)]}
	list.reels = slices.Clone(list.reels)
	for rank := range list.reels {
		// By rank, not by count: counts feed back on themselves and would let
		// one reel take over the list.
		list.weights = append(list.weights, 1/math.Sqrt(float64(rank+3)))
	}
	return list
}

// at is the list of an hour of the window; empty before the first.
func (t *trends) at(hourOfWindow int) *trending {
	if len(t.lists) == 0 {
		return &trending{}
	}
	return &t.lists[min(max(hourOfWindow, 0), len(t.lists)-1)]
}

// trendHour is the hour of the window that a time falls in.
func (w *World) trendHour(now int64) int { return int((now - w.p.Start) / trendEvery) }

// prominence is 1 for the first reel of the list, falling to 0 at its end and
// for any other reel.
func (t *trending) prominence(r int32) float64 {
	if i := slices.Index(t.reels, r); i >= 0 {
		return 1 - float64(i)/trendLength
	}
	return 0
}

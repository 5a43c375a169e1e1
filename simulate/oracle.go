package simulate

import (
	"slices"

	"github.com/reelrank/reelrank/reel"
)

// Oracle knows everyone's true taste and the app's logging policy, but not
// the dice that are still to be rolled. Its ranking is close to the best that
// anyone could make of the evaluation's question: which reels will this
// person enjoy in what is left of the window? Safe for concurrent use.
type Oracle struct{ w *World }

// Oracle returns the oracle of the world.
func (w *World) Oracle() *Oracle { return &Oracle{w} }

// Recommend returns the k best reels, best first: by the probability that the
// person is shown the reel between now and the end of the window and enjoys
// it. Reels not uploaded by now, seen before now, or named by exclude (may be
// nil) are left out. An unknown person is ranked for by the trending list.
func (o *Oracle) Recommend(user reel.UserID, now int64, ctx reel.Context, exclude func(reel.ReelID) bool, k int) []reel.ReelID {
	f := o.w.foresee(user, now, ctx, exclude)
	best := shortlist{k: max(k, 0)}
	consider := func(r int32) {
		// To be shown and enjoyed is no likelier than to be shown.
		if v := f.chance[r]; v > best.least() {
			best.add(r, v*f.enjoyment(r).Positive)
		}
	}
	likely := f.likely()
	for _, r := range likely {
		consider(r)
	}
	slices.Sort(likely)
	for r := range f.chance {
		if f.chance[r] > best.least() {
			if _, done := slices.BinarySearch(likely, int32(r)); !done {
				consider(int32(r))
			}
		}
	}
	return best.ids()
}

// TrueScores returns the scores by which Recommend ranks: at index id-1, the
// probability that the reel will be shown and enjoyed between now and the end
// of the window. It covers the reels uploaded by now.
func (o *Oracle) TrueScores(user reel.UserID, now int64, ctx reel.Context, exclude func(reel.ReelID) bool) []float64 {
	f := o.w.foresee(user, now, ctx, exclude)
	for r, v := range f.chance {
		if v > 0 {
			f.chance[r] = v * f.enjoyment(int32(r)).Positive
		}
	}
	return f.chance
}

// ExpectedEngagement is what to expect of showing the reel to the person at
// this time and in this context. ok is false when the world has no such
// person or reel.
func (o *Oracle) ExpectedEngagement(user reel.UserID, id reel.ReelID, now int64, ctx reel.Context) (e Engagement, ok bool) {
	w := o.w
	if !w.hasPerson(user) || id < 1 || int(id) > len(w.clips) {
		return Engagement{}, false
	}
	f := w.meet(user, now, ctx)
	f.position = ctx.Position
	return f.enjoyment(int32(id) - 1), true
}

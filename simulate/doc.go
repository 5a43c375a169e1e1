// Package simulate makes a world of short video whose truth is known: people
// with drifting interests, creators with topics and quality, reels with
// content vectors, and the log that an app showing those reels to those
// people would write. Because the world knows every taste, its Oracle ranks
// reels as well as anyone could, so a model's score can be read as a share of
// the best possible one.
//
//	p, err := simulate.Demo.Params()
//	w, err := simulate.New(p, 1)
//	err = w.Generate(ctx, nil)
//	reels, log := w.Reels(), w.Interactions()
//	best := w.Oracle().Recommend(log[0].User, log[0].Time, log[0].Context, nil, 10)
//
// Invariant: the same Params and seed give the same world, on any number of
// CPUs; no reel is shown before its upload nor twice to one person; the log
// is sorted by time and holds exactly Params.Interactions rows.
package simulate

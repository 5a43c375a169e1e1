// Package coldstart measures what a model makes of reels and people that it
// never met in training, on a simulated world: a share of the reels and of the
// people is drawn by the seed, and everything that the log tells of them before
// the test window is left out.
//
//	results, err := coldstart.Run(ctx, coldstart.Options{World: simulate.Seed, Config: cfg, Seeds: []uint64{1}, Dir: dir})
//	for _, t := range coldstart.Tables(results) {
//		err = t.Print(os.Stdout)
//	}
//
// Three tables come out of it: new reels, ranked among themselves for people
// who have a history; the whole catalogue for people without one; and the first
// again with one part of what the network reads taken away, retrained without
// it, beside the network that has everything.
//
// Invariant: no row of the log that training, counters or profiles see has a
// held-out reel or person in it, and every recommender is asked the same cases.
package coldstart

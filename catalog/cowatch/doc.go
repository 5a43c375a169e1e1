// Package cowatch knows which reels are enjoyed by the same people: for each
// reel a bounded list of those that were enjoyed together with it, refreshed
// by every interaction as it comes.
//
// When a person enjoys a reel, it and each of the last few reels that this
// person enjoyed gain co-engagement with each other. It counts less the longer
// the time between the two, and fades with age. Similarity is normalised for
// popularity, and shrunk towards zero where few people stand behind it.
//
//	together := cowatch.New(c, 14*24*time.Hour)
//	for i := range interactions { // in the order of time
//		together.Observe(&interactions[i], profile.Recent) // the profile before this interaction
//		profile.Apply(interactions[i])
//	}
//	near := together.Similar(nil, i, now) // the neighbours of reel i, in no order
//
//	_, err := together.WriteTo(file) // so that a start needs not replay the log
//	together, err = cowatch.Read(file, c, 14*24*time.Hour)
//
// Memory: at most [BytesPerReel], 288, per reel, whatever comes; a reel that nobody
// enjoyed takes 32 bytes. One interaction takes at most 2 [Window] updates of
// lists of [Room] places each.
//
// Invariant: the neighbours are a view of the log. They depend on what Observe
// was given, its order and the reels that there were alone, so replaying the
// same log over the same catalogue gives the same bits. A reel that is put
// later is counted from then on.
//
// Who may call what: Similar from anywhere at any time; Observe and Replay
// from one goroutine at a time, the owner.
package cowatch

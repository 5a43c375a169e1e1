// Package reel holds the words of the domain: reels, creators, users, the
// interactions between them, and the vocabulary of a recommendation (head,
// candidate, source, slate). It imports only the standard library, holds no
// logic beyond what a word means, and is what all other packages share.
//
//	it := reel.Interaction{
//		User: 123, Reel: 456, Creator: 7, Time: 1_700_000_000,
//		Watch: 0.85, Duration: 14, Signals: reel.Liked,
//		Observed: reel.AllObserved,
//	}
//	if err := it.Validate(); err != nil { ... }
//
// Invariant: a value that passes its Validate holds no NaN, no infinity, no
// negative count and no time outside [MinTime, MaxTime].
package reel

// Package column holds arrays that grow at their end and never move.
//
// A slice that grows is copied, and whoever still reads the old copy misses
// what is written to the new one. A Column grows by whole chunks instead: an
// element stays where it is for ever, so that readers need no lock to reach it
// while one goroutine makes room for more.
//
//	var weights column.Column[float64]
//	weights.Grow(n)             // indices 0..n-1 are there now, at their zero value
//	*weights.At(i) += 0.5
//	if w := weights.Find(j); w != nil { ... } // where j may be too new
//
// Invariant: At returns the same address for the same index, for ever.
//
// Who may call what: Grow from one goroutine at a time; At and Find from
// anywhere at any time. The elements themselves are the owner's to guard: give
// them atomic fields, or a lock around them.
package column

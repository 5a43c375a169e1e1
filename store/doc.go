// Package store is the durable memory of a deployment: one append-only log of
// what happened, and the views of it that requests read, user profiles above
// all. It holds the vocabulary, the interface, and the encoding of records
// and profiles; package store/embedded implements it in one process, and
// store/storetest is the conformance suite that any implementation passes.
//
//	outcomes, err := s.Append(ctx, store.Event{Interaction: it, ID: "c0ffee"})
//	if err != nil { ... }                      // nothing was acknowledged
//	profile, known, err := s.Profile(ctx, it.User) // it is in there already
//	err = s.Read(ctx, 1, func(r store.Record) error { ... })
//
// Invariant: what Append acknowledged survives the end of the process and of
// the machine's power, is in the log exactly once, and every view equals what
// replaying the log from its first record would give.
package store

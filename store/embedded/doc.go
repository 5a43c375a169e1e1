// Package embedded is a store in one directory of one process, on Pebble.
//
//	s, err := embedded.Open(embedded.Options{Dir: "data/store"})
//	if err != nil { ... }
//	defer s.Close()
//	_, err = s.Append(ctx, store.Event{Interaction: it, ID: "c0ffee"})
//
// # Writing
//
// Appends queue up. One goroutine, the committer, takes what has gathered
// while the last sync of the disk ran, drops duplicates, works out the new
// profiles, and writes records and views into one batch that it syncs. Then it
// publishes the profiles, calls Options.Applied, and answers. Readers never
// wait for it: until a batch is durable they see a snapshot from before.
//
// # What stands where
//
// A key is one byte and numbers of eight bytes, big-endian. The log is l and v;
// everything else is a view of it, which Rebuild makes anew.
//
//	l offset                     the record, without a reel's vectors
//	v reel, offset               the vectors that the record there brought, if they were new
//	x user, offset               a record about the user
//	p user                       the profile, without the reels seen
//	s user, reel                 a reel that the user has seen
//	i generation, user, digest   the event with that ID: offset and time
//	r reel                       the reel, without its vectors: the newest in v are its own
//	w creator, reel              a reel by the creator
//	c creator                    the creator
//	m letter                     version, newest offset, length of a generation of IDs
//
// Vectors are most of a catalogue, and stand there once: log and catalogue
// share them, and a reel whose caption changes brings none. The reels a user
// has seen have a key each, since their number grows without bound and an
// event must not write all of them again. IDs stand in generations as long as
// they count, so that old ones go by the span. An ID counts as long as its
// event is in the log, which keeps it a view of the log.
//
// # Forgetting
//
// Retain takes a user's older records out and puts a store.ProfileKept in the
// place of the last interaction among them, with the profile that they made.
// So a replay still arrives at the same profile, and nothing outside the log
// has to be trusted. Erase takes a user's records and rows out and leaves a
// store.UserErased. It then flushes, compacts the spans where they stood, and
// waits until the old tables and logs are deleted; logs are never written over
// again, since what was in them would still be there.
//
// # Failing
//
// The first write that fails ends writing: see fuse. What was acknowledged is
// on the disk, what was not may be, and reads go on from before. Damage is a
// store.DamageError: every block carries a checksum, and the log says up to
// where it was durable. The exception is the last commit before a crash: bytes
// at the very end of the log that make no sense look like a write that the
// crash cut short, and are taken for one. Close leaves no log to be damaged.
//
// Invariant: after any crash the views are exactly what the log says, and the
// log holds every record that was acknowledged, once.
package embedded

// Package snapshot is how views of the log are kept in files, so that a server
// starts without replaying all of it: a stream of numbers and strings that
// tells whether it is whole.
//
//	w := snapshot.NewWriter(file, "counters", 1)
//	w.Uint(42)
//	w.String("BR")
//	n, err := w.Close()
//
//	r := snapshot.NewReader(file, "counters", 1)
//	number, place := r.Uint(), r.String()
//	n, err := r.Close() // *Error where any of it was not sound
//
// After the word "reelrank" come frames of up to 64 KiB: the length of the
// payload (4 bytes, little-endian), the payload, and the xxHash64 of all
// payloads so far; an empty frame ends them. The first frame begins with what
// the snapshot is of and the version of its layout.
//
// Invariant: a Reader hands out no byte that its frame's checksum does not
// vouch for, and takes memory for one frame and the strings it has read, however
// long the input says that it is. After the first fault every value is zero and
// Err tells it, so that a decoder checks once per loop.
//
// A Writer or Reader belongs to one goroutine at a time. A Reader reads no
// further than the end of its snapshot, so that several may follow each other.
package snapshot

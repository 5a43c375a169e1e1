package snapshot

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/cespare/xxhash/v2"
)

// Error says why a snapshot cannot be used. Whatever it is, the log has all
// that the snapshot had.
type Error struct {
	Of     string // what it is of, e.g. "counters"
	Reason string
}

func (e *Error) Error() string {
	return fmt.Sprintf("snapshot of the %s: %s: delete it and replay the log", e.Of, e.Reason)
}

// Reader reads one snapshot.
type Reader struct {
	of    string
	in    io.Reader
	sum   *xxhash.Digest
	room  []byte // of a frame
	left  []byte // of the frame's payload
	read  int64
	ended bool
	err   error
}

// NewReader begins to read a snapshot of something, in a version of its layout.
func NewReader(in io.Reader, of string, version uint64) *Reader {
	r := &Reader{of: of, in: in, sum: xxhash.New(), room: make([]byte, frameSize)}
	word := r.room[:len(magic)]
	if r.fill(word); r.err == nil && string(word) != magic {
		r.Refuse("it does not begin like one")
	}
	if is := r.String(); is != of {
		r.Refuse("it is of the %q", is)
	}
	if v := r.Uint(); v != version {
		r.Refuse("it has version %d, this program reads version %d", v, version)
	}
	return r
}

// Err is the first fault so far: an *Error for input that is not sound, that
// of the input where it could not be read.
func (r *Reader) Err() error { return r.err }

// Refuse notes a fault of what was read, unless there was one before.
func (r *Reader) Refuse(reason string, args ...any) {
	r.fail(&Error{r.of, fmt.Sprintf(reason, args...)})
}

// Uint reads what Writer.Uint wrote.
func (r *Reader) Uint() uint64 {
	r.next()
	v, n := binary.Uvarint(r.left)
	r.take(n)
	return r.sound(v)
}

// Int reads what Writer.Int wrote.
func (r *Reader) Int() int64 {
	r.next()
	v, n := binary.Varint(r.left)
	r.take(n)
	return int64(r.sound(uint64(v)))
}

// Bool reads what Writer.Bool wrote. After a fault it is false: no other record
// follows.
func (r *Reader) Bool() bool {
	v := r.Uint()
	if v > 1 {
		r.Refuse("%d is neither true nor false", v)
		return false
	}
	return v == 1
}

// Float reads what Writer.Float wrote.
func (r *Reader) Float() float64 {
	r.next()
	var bits uint64
	if len(r.left) >= 8 {
		bits = binary.LittleEndian.Uint64(r.left)
	}
	r.take(8)
	return math.Float64frombits(r.sound(bits))
}

// Float32 reads what Writer.Float32 wrote.
func (r *Reader) Float32() float32 {
	r.next()
	var bits uint32
	if len(r.left) >= 4 {
		bits = binary.LittleEndian.Uint32(r.left)
	}
	r.take(4)
	return math.Float32frombits(uint32(r.sound(uint64(bits))))
}

// String reads what Writer.String wrote.
func (r *Reader) String() string {
	var s []byte
	for n := r.Uint(); n > 0 && r.err == nil; {
		r.next()
		piece := r.left[:min(n, uint64(len(r.left)))]
		s = append(s, piece...) // grows with what is there, not with what n says
		n -= uint64(len(piece))
		r.take(len(piece))
	}
	if r.err != nil {
		return ""
	}
	return string(s)
}

// Close checks that the snapshot ends here, and returns how many bytes it took.
func (r *Reader) Close() (int64, error) {
	if len(r.left) == 0 && !r.ended {
		r.frame()
	}
	if len(r.left) > 0 {
		r.Refuse("more comes after its end")
	}
	return r.read, r.err
}

// next sees to it that some of a frame is left.
func (r *Reader) next() {
	if len(r.left) > 0 || r.err != nil {
		return
	}
	if !r.ended {
		r.frame()
	}
	if r.ended {
		r.Refuse("it ends too early")
	}
}

// frame reads the next frame and holds it to its checksum.
func (r *Reader) frame() {
	var head [4]byte
	r.fill(head[:])
	n := binary.LittleEndian.Uint32(head[:])
	if n > frameSize {
		r.Refuse("it is damaged: a frame of %d bytes, at most %d are allowed", n, frameSize)
	}
	if r.err != nil {
		return
	}
	payload := r.room[:n]
	r.fill(payload)
	var tail [8]byte
	r.fill(tail[:])
	_, _ = r.sum.Write(payload) // a hash never fails
	if sum, want := r.sum.Sum64(), binary.LittleEndian.Uint64(tail[:]); sum != want {
		r.Refuse("it is damaged: a checksum is %016x, should be %016x", sum, want)
	}
	if r.err == nil {
		r.left, r.ended = payload, n == 0
	}
}

// fill reads all of p.
func (r *Reader) fill(p []byte) {
	if r.err != nil {
		return
	}
	n, err := io.ReadFull(r.in, p)
	r.read += int64(n)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		r.Refuse("it is cut off after %d bytes", r.read)
	case err != nil:
		r.fail(fmt.Errorf("read the snapshot of the %s: %w", r.of, err))
	}
}

// take goes on by n bytes; a number that its frame does not hold is none.
func (r *Reader) take(n int) {
	if r.err != nil {
		return
	}
	if n < 1 || n > len(r.left) {
		r.Refuse("it holds no number where one should be")
		return
	}
	r.left = r.left[n:]
}

// sound is v, or zero after a fault.
func (r *Reader) sound(v uint64) uint64 {
	if r.err != nil {
		return 0
	}
	return v
}

func (r *Reader) fail(err error) {
	if r.err == nil {
		r.err = err
		r.left = nil
	}
}

package snapshot

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/cespare/xxhash/v2"
)

const (
	magic     = "reelrank"
	frameSize = 64 << 10 // bytes of payload
)

// Writer writes one snapshot.
type Writer struct {
	of      string
	out     io.Writer
	sum     *xxhash.Digest
	payload []byte
	written int64
	err     error
}

// NewWriter begins a snapshot of something, in a version of its layout.
func NewWriter(out io.Writer, of string, version uint64) *Writer {
	w := &Writer{of: of, out: out, sum: xxhash.New(), payload: make([]byte, 0, frameSize)}
	w.write([]byte(magic))
	w.String(of)
	w.Uint(version)
	return w
}

// Uint writes a number, small ones in few bytes.
func (w *Writer) Uint(v uint64) {
	w.reserve(binary.MaxVarintLen64)
	w.payload = binary.AppendUvarint(w.payload, v)
}

// Int writes a number of either sign, those near zero in few bytes.
func (w *Writer) Int(v int64) {
	w.reserve(binary.MaxVarintLen64)
	w.payload = binary.AppendVarint(w.payload, v)
}

// Bool writes a truth, often whether another record follows.
func (w *Writer) Bool(v bool) {
	var bit uint64
	if v {
		bit = 1
	}
	w.Uint(bit)
}

// Float writes the bits of a number.
func (w *Writer) Float(v float64) {
	w.reserve(8)
	w.payload = binary.LittleEndian.AppendUint64(w.payload, math.Float64bits(v))
}

// Float32 writes the bits of a number.
func (w *Writer) Float32(v float32) {
	w.reserve(4)
	w.payload = binary.LittleEndian.AppendUint32(w.payload, math.Float32bits(v))
}

// String writes a string, over several frames where it is long.
func (w *Writer) String(s string) {
	w.Uint(uint64(len(s)))
	for len(s) > 0 {
		w.reserve(1)
		n := min(len(s), frameSize-len(w.payload))
		w.payload = append(w.payload, s[:n]...)
		s = s[n:]
	}
}

// Close ends the snapshot and returns how many bytes it took. It does not
// close what it was written to.
func (w *Writer) Close() (int64, error) {
	if len(w.payload) > 0 {
		w.flush()
	}
	w.flush()
	if w.err != nil {
		return w.written, fmt.Errorf("write the snapshot of the %s: %w", w.of, w.err)
	}
	return w.written, nil
}

// reserve sees to n more bytes in this frame: a number never spans two.
func (w *Writer) reserve(n int) {
	if len(w.payload)+n > frameSize {
		w.flush()
	}
}

// flush writes the frame.
func (w *Writer) flush() {
	_, _ = w.sum.Write(w.payload) // a hash never fails
	w.write(binary.LittleEndian.AppendUint32(nil, uint32(len(w.payload))))
	w.write(w.payload)
	w.write(binary.LittleEndian.AppendUint64(nil, w.sum.Sum64()))
	w.payload = w.payload[:0]
}

func (w *Writer) write(p []byte) {
	if w.err != nil {
		return
	}
	var n int
	n, w.err = w.out.Write(p)
	w.written += int64(n)
}

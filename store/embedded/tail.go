package embedded

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/record"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/reelrank/reelrank/store"
)

// After a crash the newest log may end in the middle of a write, and Pebble
// reads it up to there. To tell that from damage it looks for later pieces of
// the log, which say up to where it was synced when they were written, but it
// begins looking at the next block of 32 KB: damage nearer to the end would
// silently drop what was acknowledged. So the rest of the block is looked
// through here. What remains undetected is damage in the very last commit,
// which nothing was written after.

// A piece of the log begins with a checksum of four bytes, a length of two, a
// kind of one, the number of the log in four, and in eight the offset up to
// which the log was durable before.
const (
	pieceHeader    = 19
	firstPieceKind = 9 // of those with such a header
	lastPieceKind  = 12
)

// checkTail returns a *store.DamageError if the newest log breaks off before
// something that was durable.
func checkTail(fs vfs.FS, dir string) error {
	names, err := fs.List(dir)
	if err != nil {
		return &store.DiskError{Dir: dir, Err: err}
	}
	name, number := newestLog(names)
	if name == "" {
		return nil
	}
	b, err := readWhole(fs, fs.PathJoin(dir, name))
	if err != nil {
		return &store.DiskError{Dir: dir, Err: err}
	}
	broken := brokenAt(b, number)
	if synced := syncedAfter(b, broken, uint32(number)); synced > uint64(broken) {
		return &store.DamageError{Dir: dir, File: name, Reason: fmt.Sprintf("the log was durable up to byte %d and cannot be read from byte %d", synced, broken)}
	}
	return nil
}

// newestLog finds the log with the highest number.
func newestLog(names []string) (newest string, number uint64) {
	for _, name := range names {
		digits, ok := strings.CutSuffix(name, ".log")
		if !ok {
			continue
		}
		if n, err := strconv.ParseUint(digits, 10, 32); err == nil && n >= number {
			newest, number = name, n
		}
	}
	return newest, number
}

func readWhole(fs vfs.FS, path string) ([]byte, error) {
	f, err := fs.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// brokenAt is where the log's first record begins that cannot be read; its
// length if all can.
func brokenAt(b []byte, number uint64) int {
	r := readRecords(record.NewReader, b, number)
	for {
		at := max(r.Offset(), 0)
		piece, err := r.Next()
		if err == nil {
			_, err = io.Copy(io.Discard, piece)
		}
		if errors.Is(err, io.EOF) {
			return len(b)
		}
		if err != nil {
			return int(at)
		}
	}
}

// readRecords reads a log's records. Pebble does not export the type of the
// number, so it is taken from the function that asks for it.
func readRecords[N ~uint64](newReader func(io.Reader, N) *record.Reader, b []byte, number uint64) *record.Reader {
	return newReader(bytes.NewReader(b), N(number))
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// syncedAfter is the highest offset that an intact piece after a place in the
// log says was durable; 0 if there is none.
func syncedAfter(b []byte, from int, number uint32) (synced uint64) {
	for at := from; at+pieceHeader <= len(b); at++ {
		h := b[at:]
		kind, end := h[6], pieceHeader+int(binary.LittleEndian.Uint16(h[4:]))
		if kind < firstPieceKind || kind > lastPieceKind || binary.LittleEndian.Uint32(h[7:]) != number || end > len(h) {
			continue
		}
		sum := crc32.Checksum(h[6:end], castagnoli)
		if binary.LittleEndian.Uint32(h) == (sum>>15|sum<<17)+0xa282ead8 {
			synced = max(synced, binary.LittleEndian.Uint64(h[11:]))
		}
	}
	return synced
}

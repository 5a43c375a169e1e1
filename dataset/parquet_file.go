package dataset

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// ErrDamaged is the reason why a file that reelrank wrote cannot be read back:
// it is truncated, altered, or not such a file at all.
var ErrDamaged = errors.New("the file is damaged or was not written by reelrank")

// openOwn opens a Parquet file that must hold every column of T, but for those
// that are newer than the first files: what lacks them reads as zero.
func openOwn[T any](r io.ReaderAt, size int64, newer ...string) (*parquet.File, error) {
	file, err := openParquet(r, size)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	want := parquet.SchemaOf(new(T))
	var missing []string
	for _, path := range want.Columns() {
		if _, ok := file.Schema().Lookup(path...); !ok && !slices.Contains(newer, path[0]) {
			missing = append(missing, path[0])
		}
	}
	if missing != nil {
		return nil, fmt.Errorf("%w: it has no column %s", ErrDamaged, strings.Join(missing, ", "))
	}
	return file, nil
}

// openParquet opens a Parquet file whose frame holds: the mark "PAR1" at both
// ends and a footer that fits in between. The decoder would allocate whatever
// length a damaged footer claims, up to 4 GiB.
func openParquet(r io.ReaderAt, size int64) (*parquet.File, error) {
	const mark, frame = "PAR1", 4 + 4 + 4
	if size < frame {
		return nil, fmt.Errorf("%d bytes are too few for a Parquet file", size)
	}
	var head [4]byte
	var tail [8]byte
	if _, err := r.ReadAt(head[:], 0); err != nil {
		return nil, err
	}
	if _, err := r.ReadAt(tail[:], size-int64(len(tail))); err != nil {
		return nil, err
	}
	if string(head[:]) != mark || string(tail[4:]) != mark {
		return nil, errors.New("it does not start and end with PAR1")
	}
	if footer := binary.LittleEndian.Uint32(tail[:]); int64(footer) > size-frame {
		return nil, fmt.Errorf("its footer claims %d bytes of the %d", footer, size)
	}
	return parquet.OpenFile(r, size)
}

// catchDamage turns a panic of the Parquet decoder into an error. The decoder
// trusts some of the sizes in a file, and a file may come from anywhere.
func catchDamage(err *error, what string) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("read %s: %w: %v", what, ErrDamaged, p)
	}
}

// interner keeps one copy of each short text that many rows repeat.
type interner map[string]string

func (in interner) string(s string) string {
	if s == "" {
		return ""
	}
	if kept, ok := in[s]; ok {
		return kept
	}
	s = strings.Clone(s)
	in[s] = s
	return s
}

func (in interner) bytes(b []byte) string {
	if kept, ok := in[string(b)]; ok {
		return kept
	}
	return in.string(string(b))
}

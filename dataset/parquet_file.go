package dataset

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// ErrDamaged is the reason why a file that reelrank wrote cannot be read back:
// it is truncated, altered, or not such a file at all.
var ErrDamaged = errors.New("the file is damaged or was not written by reelrank")

// openOwn opens a Parquet file that must hold every column of T.
func openOwn[T any](r io.ReaderAt, size int64) (*parquet.File, error) {
	file, err := parquet.OpenFile(r, size)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	want := parquet.SchemaOf(new(T))
	var missing []string
	for _, path := range want.Columns() {
		if _, ok := file.Schema().Lookup(path...); !ok {
			missing = append(missing, path[0])
		}
	}
	if missing != nil {
		return nil, fmt.Errorf("%w: it has no column %s", ErrDamaged, strings.Join(missing, ", "))
	}
	return file, nil
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

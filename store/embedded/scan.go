package embedded

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"
)

// scan walks a span of keys in order. It begins at the first of them.
type scan struct{ it *pebble.Iterator }

func newScan(from pebble.Reader, over span) (*scan, error) {
	it, err := from.NewIter(&pebble.IterOptions{LowerBound: over.start, UpperBound: over.end})
	if err != nil {
		return nil, err
	}
	it.First()
	return &scan{it}, nil
}

func (s *scan) valid() bool   { return s.it.Valid() }
func (s *scan) next()         { s.it.Next() }
func (s *scan) seek(k []byte) { s.it.SeekGE(k) }

// key is the key here; it holds until the scan moves.
func (s *scan) key() []byte { return s.it.Key() }

// value is the value here; it holds until the scan moves.
func (s *scan) value() ([]byte, error) { return s.it.ValueAndErr() }

// err is what stopped the scan before its end.
func (s *scan) err() error { return s.it.Error() }

func (s *scan) close() { _ = s.it.Close() }

// each calls fn with every key of a span and its value, which hold during the
// call.
func each(from pebble.Reader, over span, fn func(key, value []byte) error) error {
	s, err := newScan(from, over)
	if err != nil {
		return err
	}
	defer s.close()
	for ; s.valid(); s.next() {
		value, err := s.value()
		if err != nil {
			return err
		}
		if err := fn(s.key(), value); err != nil {
			return err
		}
	}
	return s.err()
}

// get reads one value, which the caller owns; nil when there is none.
func get(from pebble.Reader, key []byte) ([]byte, error) {
	value, closer, err := from.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	return append(make([]byte, 0, len(value)), value...), nil
}

// seekLast moves to the last key that is not after the given one, and tells
// whether there is one.
func (s *scan) seekLast(k []byte) bool { return s.it.SeekLT(append(k, 0)) }

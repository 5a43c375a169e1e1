package embedded

import (
	"context"

	"github.com/cockroachdb/pebble/v2"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// look calls fn with the store as of the last acknowledged append, whatever is
// appended meanwhile.
func (s *Store) look(fn func(*pebble.Snapshot) error) error {
	if err := s.gate.enter(); err != nil {
		return err
	}
	defer s.gate.leave()
	at := s.views.take()
	defer at.release()
	return s.explain(fn(at.Snapshot))
}

// Read calls fn with every record from an offset on, in order.
func (s *Store) Read(ctx context.Context, from store.Offset, fn func(store.Record) error) error {
	return s.look(func(at *pebble.Snapshot) error { return readLog(ctx, at, from, fn) })
}

func readLog(ctx context.Context, at pebble.Reader, from store.Offset, fn func(store.Record) error) error {
	return each(at, logFrom(from), func(key, value []byte) error {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		r, err := decodeRecord(at, first[store.Offset](key), value)
		if err != nil {
			return err
		}
		return fn(r)
	})
}

// Export calls fn with every record about a user, in order.
func (s *Store) Export(ctx context.Context, user reel.UserID, fn func(store.Record) error) error {
	return s.look(func(at *pebble.Snapshot) error {
		return recordsAbout(at, user, func(r store.Record) error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return fn(r)
		})
	})
}

// recordsAbout finds a user's records by the index.
func recordsAbout(from pebble.Reader, user reel.UserID, fn func(store.Record) error) error {
	return each(from, under(key1(indexKey, user)), func(key, _ []byte) error {
		r, err := recordAt(from, second[store.Offset](key))
		if err != nil {
			return err
		}
		return fn(r)
	})
}

// recordAt reads one record.
func recordAt(from pebble.Reader, at store.Offset) (store.Record, error) {
	value, closer, err := from.Get(key1(logKey, at))
	if err != nil {
		return store.Record{}, missing(err, "record %d, which the index names", at)
	}
	defer closer.Close()
	return decodeRecord(from, at, value)
}

// decodeRecord reads a record's value and, for a reel, its vectors.
func decodeRecord(from pebble.Reader, at store.Offset, value []byte) (store.Record, error) {
	r, err := store.DecodeRecord(at, value)
	if err != nil {
		return r, err
	}
	if put, ok := r.Body.(store.ReelPut); ok {
		err = loadVectors(from, &put.Reel, at)
		r.Body = put
	}
	return r, err
}

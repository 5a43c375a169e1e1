package embedded

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/cockroachdb/pebble/v2"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// Reels calls fn with every reel of the catalogue, by ascending id.
func (s *Store) Reels(ctx context.Context, fn func(reel.Reel) error) error {
	return s.look(func(at *pebble.Snapshot) error { return reels(ctx, at, fn) })
}

func reels(ctx context.Context, from pebble.Reader, fn func(reel.Reel) error) error {
	vectors, err := newScan(from, all(vectorsKey))
	if err != nil {
		return err
	}
	defer vectors.close()
	return each(from, all(reelKey), func(_, value []byte) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		r, err := store.DecodeReel(value)
		if err != nil {
			return err
		}
		if err := newestVectors(vectors, &r, math.MaxUint64); err != nil {
			return err
		}
		return fn(r)
	})
}

// Creators calls fn with every creator of the catalogue, by ascending id.
func (s *Store) Creators(ctx context.Context, fn func(reel.Creator) error) error {
	return s.look(func(at *pebble.Snapshot) error { return creators(ctx, at, fn) })
}

func creators(ctx context.Context, from pebble.Reader, fn func(reel.Creator) error) error {
	return each(from, all(creatorKey), func(_, value []byte) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		c, err := store.DecodeCreator(value)
		if err != nil {
			return err
		}
		return fn(c)
	})
}

// vectorsAt reads the vectors that a reel had at a place of the log: those of
// the newest record, there or before, that brought others. They are nil when
// none did.
func vectorsAt(from pebble.Reader, id reel.ReelID, at store.Offset) ([]byte, error) {
	s, err := newScan(from, under(key1(vectorsKey, id)))
	if err != nil {
		return nil, err
	}
	defer s.close()
	if !s.seekLast(key2(vectorsKey, id, at)) {
		return nil, s.err()
	}
	value, err := s.value()
	return append([]byte(nil), value...), err
}

// loadVectors gives a reel the vectors of its record at an offset.
func loadVectors(from pebble.Reader, r *reel.Reel, at store.Offset) error {
	s, err := newScan(from, under(key1(vectorsKey, r.ID)))
	if err != nil {
		return err
	}
	defer s.close()
	return newestVectors(s, r, at)
}

// newestVectors gives a reel the newest vectors up to an offset, from a scan
// over vectors.
func newestVectors(s *scan, r *reel.Reel, upTo store.Offset) error {
	if !s.seekLast(key2(vectorsKey, r.ID, upTo)) || first[reel.ReelID](s.key()) != r.ID {
		return errors.Join(s.err(), fmt.Errorf("reel %d has no vectors, nor a note that it has none: %w", r.ID, store.ErrEncoding))
	}
	value, err := s.value()
	if err != nil {
		return err
	}
	return store.DecodeVectors(value, r)
}

// missing says what is not there although another key names it.
func missing(err error, format string, args ...any) error {
	if errors.Is(err, pebble.ErrNotFound) {
		return fmt.Errorf(format+" is missing: %w", append(args, store.ErrEncoding)...)
	}
	return err
}

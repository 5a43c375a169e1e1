package embedded

import (
	"context"
	"math"

	"github.com/cockroachdb/pebble/v2"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// Rebuild makes every view anew from the log: index, IDs, catalogue and
// profiles. Appends wait meanwhile.
func (s *Store) Rebuild(ctx context.Context) error {
	_, err := s.ask(ctx, &request{work: func() error {
		s.profiles.begin()
		s.views.freeze()
		if err := s.rebuild(); err != nil {
			return err
		}
		s.views.thaw()
		s.profiles.forget()
		return nil
	}})
	return err
}

// rebuild replays the log twice: in its order for what does not depend on a
// user, and then user by user, so that only one profile is in memory. A crash
// on the way leaves a mark by which the next Open begins again.
func (s *Store) rebuild() error {
	r := &rebuilding{s: s, batch: s.db.NewIndexedBatch()}
	_ = r.batch.Set(viewsUnfinished, nil, nil)
	for _, kind := range []byte{indexKey, profileKey, seenKey, idKey, reelKey, workKey, creatorKey} {
		over := all(kind)
		_ = r.batch.DeleteRange(over.start, over.end, nil)
	}
	if err := r.flush(0); err != nil {
		return err
	}
	if err := readLog(context.Background(), s.db, 1, r.record); err != nil {
		return s.explain(err)
	}
	if err := r.flush(0); err != nil {
		return err
	}
	if err := r.profiles(); err != nil {
		return s.explain(err)
	}
	_ = r.batch.Delete(viewsUnfinished, nil)
	return r.flush(0)
}

// rebuilding writes views in batches, in which the catalogue reads what it
// wrote.
type rebuilding struct {
	s     *Store
	batch *pebble.Batch
}

// rebuildBatch is the size of a batch, in bytes.
const rebuildBatch = 1 << 20

// flush writes the batch if it has reached a size.
func (r *rebuilding) flush(atLeast int) error {
	if r.batch.Len() < atLeast {
		return nil
	}
	if err := r.s.write(r.batch); err != nil {
		return err
	}
	r.batch = r.s.db.NewIndexedBatch()
	return nil
}

// record adds one record to index, IDs and catalogue.
func (r *rebuilding) record(record store.Record) error {
	if user, ok := record.Body.About(); ok {
		_ = r.batch.Set(key2(indexKey, user, record.Offset), nil, nil)
	}
	if e, ok := record.Body.(store.Event); ok && e.ID != "" && r.s.remembers(record.Time, r.s.lastTime.Load()) {
		position := appendPosition(nil, record.Offset, record.Time)
		_ = r.batch.Set(keyOfID(r.s.generation(record.Time), e.User, e.ID), position, nil)
	}
	t := &transaction{s: r.s, batch: r.batch, reads: r.batch}
	if err := t.catalog(record); err != nil {
		return err
	}
	return r.flush(rebuildBatch)
}

// profiles replays every user's records.
func (r *rebuilding) profiles() error {
	return eachUser(r.s.db, func(user reel.UserID) error {
		p, err := replay(r.s.db, user)
		if err != nil || p == nil {
			return err
		}
		_ = r.batch.Set(key1(profileKey, user), appendRow(nil, p), nil)
		for _, id := range p.Seen.IDs() {
			_ = r.batch.Set(key2(seenKey, user, id), nil, nil)
		}
		return r.flush(rebuildBatch)
	})
}

// eachUser calls fn with every user of whom there is a record.
func eachUser(from pebble.Reader, fn func(reel.UserID) error) error {
	index, err := newScan(from, all(indexKey))
	if err != nil {
		return err
	}
	defer index.close()
	for index.valid() {
		user := first[reel.UserID](index.key())
		if err := fn(user); err != nil {
			return err
		}
		index.seek(key2(indexKey, user, store.Offset(math.MaxUint64)))
	}
	return index.err()
}

// replay is the profile that a user's records make; nil if they make none.
func replay(from pebble.Reader, user reel.UserID) (*reel.Profile, error) {
	var p *reel.Profile
	err := recordsAbout(from, user, func(r store.Record) error {
		switch body := r.Body.(type) {
		case store.Event:
			if p == nil {
				p = reel.NewProfile(user)
			}
			p.Apply(body.Interaction)
		case store.ProfileKept:
			p = body.Profile
		}
		return nil
	})
	return p, err
}

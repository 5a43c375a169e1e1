package embedded

import (
	"context"
	"sort"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// retainBatch is about how many records one batch of Retain drops; appends are
// let in between two.
const retainBatch = 5000

// Retain drops interactions and slates accepted before a time. What they did
// to a profile stays in the log, as a ProfileKept at the place of the last
// interaction dropped, so that a replay arrives at the same profiles. Users
// are treated one by one and each at once: a crash in the middle leaves some
// for the next call.
func (s *Store) Retain(ctx context.Context, before time.Time) (removed int, err error) {
	cut, err := s.firstSince(before.UnixMilli())
	if err != nil {
		return 0, err
	}
	f := &fold{s: s, cut: cut}
	for more := true; more && err == nil; {
		if ctx.Err() != nil {
			return removed, context.Cause(ctx)
		}
		f = &fold{s: s, cut: cut, user: f.user} // a call given up on may still be at work on the last one
		_, err = s.ask(ctx, &request{work: f.work})
		if err == nil {
			removed += f.removed
			more = f.more
		}
	}
	return removed, err
}

// rewrite makes a change of the log durable that no profile shows.
func (s *Store) rewrite(batch *pebble.Batch) error {
	if batch.Empty() {
		return batch.Close()
	}
	s.views.freeze()
	if err := s.write(batch); err != nil {
		return err
	}
	s.views.thaw()
	return nil
}

// firstSince is the first offset that was accepted at a time or later; one
// past the last if there is none. Times never fall along the log.
func (s *Store) firstSince(millis int64) (cut store.Offset, err error) {
	err = s.look(func(at *pebble.Snapshot) error {
		records, err := newScan(at, all(logKey))
		if err != nil {
			return err
		}
		defer records.close()
		last := s.Last()
		cut = store.Offset(sort.Search(int(last), func(i int) bool {
			records.seek(key1(logKey, store.Offset(i+1)))
			if err != nil || !records.valid() {
				return true
			}
			var r store.Record
			var value []byte
			if value, err = records.value(); err == nil {
				r, err = store.DecodeRecord(0, value)
			}
			return r.Time >= millis
		})) + 1
		return firstError(err, records.err())
	})
	return cut, err
}

// fold is one batch of Retain.
type fold struct {
	s       *Store
	cut     store.Offset // records before it go
	user    reel.UserID  // to go on with
	more    bool         // there may be users from there on
	batch   *pebble.Batch
	removed int
}

// work folds the records of users until the batch is full.
func (f *fold) work() error {
	f.batch = f.s.db.NewBatch()
	if err := f.users(); err != nil {
		f.batch.Close()
		return f.s.explain(err)
	}
	return f.s.rewrite(f.batch)
}

func (f *fold) users() error {
	index, err := newScan(f.s.db, all(indexKey))
	if err != nil {
		return err
	}
	defer index.close()
	index.seek(key1(indexKey, f.user))
	for f.more = false; index.valid(); {
		f.user = first[reel.UserID](index.key())
		if f.more = f.removed >= retainBatch; f.more {
			return nil
		}
		if second[store.Offset](index.key()) < f.cut {
			if err := f.foldUser(); err != nil {
				return err
			}
		}
		index.seek(under(key1(indexKey, f.user)).end)
	}
	return index.err()
}

// foldUser makes one record of the older ones of a user.
func (f *fold) foldUser() error {
	kept := store.Record{} // in the place of the last one that made the profile
	profile := reel.NewProfile(f.user)
	var old []store.Record
	err := each(f.s.db, span{key1(indexKey, f.user), key2(indexKey, f.user, f.cut)}, func(key, _ []byte) error {
		r, err := recordAt(f.s.db, second[store.Offset](key))
		if err != nil {
			return err
		}
		switch body := r.Body.(type) {
		case store.Event:
			profile.Apply(body.Interaction)
			kept = r
		case store.ProfileKept:
			profile = body.Profile
			kept = r
		}
		old = append(old, r)
		return nil
	})
	if err != nil {
		return err
	}
	kept.Body = store.ProfileKept{Profile: profile}
	f.replace(old, kept)
	return nil
}

// replace puts one record in the place of those before it, if that drops any.
func (f *fold) replace(old []store.Record, kept store.Record) {
	dropped := 0
	for _, r := range old {
		if _, ok := r.Body.(store.ProfileKept); !ok {
			dropped++
		}
	}
	if dropped == 0 {
		return
	}
	f.removed += dropped
	for _, r := range old {
		if e, ok := r.Body.(store.Event); ok && e.ID != "" {
			_ = f.batch.Delete(keyOfID(f.s.generation(r.Time), e.User, e.ID), nil)
		}
		if r.Offset != kept.Offset {
			_ = f.batch.Delete(key1(logKey, r.Offset), nil)
			_ = f.batch.Delete(key2(indexKey, f.user, r.Offset), nil)
		}
	}
	if kept.Offset > 0 {
		_ = f.batch.Set(key1(logKey, kept.Offset), store.AppendRecord(nil, kept), nil)
	}
}

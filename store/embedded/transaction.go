package embedded

import (
	"maps"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// transaction turns the bodies of a group of requests into one batch: the
// records, and what they do to every view. The committer's goroutine owns it.
type transaction struct {
	s     *Store
	batch *pebble.Batch
	reads pebble.Reader // the store, with the batch where that matters

	now     int64 // unix milliseconds, the time of all its records
	last    store.Offset
	changes map[reel.UserID]*change
	ids     map[eventID]store.Offset // of events in this transaction
	applied []store.Applied
	scratch []byte
}

// eventID is an event's ID, which is the user's own.
type eventID struct {
	user reel.UserID
	id   string
}

// begin starts a transaction for some requests.
func (s *Store) begin(group []*request) *transaction {
	t := &transaction{
		s:       s,
		last:    s.Last(),
		now:     max(s.options.Now().UnixMilli(), s.lastTime.Load()),
		changes: map[reel.UserID]*change{},
		ids:     map[eventID]store.Offset{},
	}
	if slices.ContainsFunc(group, func(r *request) bool { return slices.ContainsFunc(r.bodies, readsItsBatch) }) {
		t.batch = s.db.NewIndexedBatch()
		t.reads = t.batch
	} else {
		t.batch = s.db.NewBatch()
		t.reads = s.db
	}
	return t
}

// readsItsBatch tells whether what a body does depends on rows that earlier
// bodies of the same batch may have written. Events do not: profiles and IDs
// of the batch are in maps, and a batch without an index is cheaper.
func readsItsBatch(b store.Body) bool {
	switch b.(type) {
	case store.Event, store.SlateServed:
		return false
	}
	return true
}

// add adds a body.
func (t *transaction) add(body store.Body) (store.Outcome, error) {
	if e, ok := body.(store.Event); ok && e.ID != "" {
		if at, err := t.offsetOf(e); err != nil || at > 0 {
			return store.Outcome{Offset: at, Duplicate: true}, err
		}
	}
	t.last++
	r := store.Record{Offset: t.last, Time: t.now, Body: body}
	a := store.Applied{Record: r}
	t.write(r)
	var err error
	switch body := body.(type) {
	case store.Event:
		a.Before, a.After, err = t.event(r, body)
	case store.ProfileKept:
		a.Before, a.After, err = t.profileKept(body)
	case store.UserErased:
		a.Before, err = t.userErased(body.User)
	default:
		err = t.catalog(r)
	}
	t.applied = append(t.applied, a)
	return store.Outcome{Offset: r.Offset}, err
}

// write puts a record into the log and the index. The vectors of a reel are
// not part of it: they have a key of their own, which the catalogue shares.
func (t *transaction) write(r store.Record) {
	body := r.Body
	if put, ok := body.(store.ReelPut); ok {
		put.Reel.Video, put.Reel.Audio, put.Reel.Text = nil, nil, nil
		body = put
	}
	t.scratch = store.AppendRecord(t.scratch[:0], store.Record{Time: r.Time, Body: body})
	t.set(key1(logKey, r.Offset), t.scratch)
	if user, ok := r.Body.About(); ok {
		t.set(key2(indexKey, user, r.Offset), nil)
	}
}

// finish adds what is written once per transaction.
func (t *transaction) finish() {
	for _, user := range slices.Sorted(maps.Keys(t.changes)) {
		switch after := t.changes[user].after; after {
		case nil:
			t.delete(key1(profileKey, user))
		default:
			t.scratch = appendRow(t.scratch[:0], after)
			t.set(key1(profileKey, user), t.scratch)
		}
	}
	t.forgetOldIDs()
	t.set(lastOffset, appendPosition(t.scratch[:0], t.last, t.now))
}

// The methods of a batch that is not closed do not fail.
func (t *transaction) set(key, value []byte) { _ = t.batch.Set(key, value, nil) }
func (t *transaction) delete(key []byte)     { _ = t.batch.Delete(key, nil) }
func (t *transaction) deleteAll(over span)   { _ = t.batch.DeleteRange(over.start, over.end, nil) }

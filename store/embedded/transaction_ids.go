package embedded

import (
	"encoding/binary"
	"maps"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// IDs are remembered in generations as long as the time for which they count:
// those that count are in the newest two, and a generation is forgotten by
// deleting one span.

// generation is the one that a time, in unix milliseconds, belongs to.
func (s *Store) generation(at int64) int64 { return at / s.options.RememberIDs.Milliseconds() }

// remembers tells whether an ID accepted at a time still counts.
func (s *Store) remembers(at, now int64) bool { return at > now-s.options.RememberIDs.Milliseconds() }

// offsetOf finds an earlier event of the same user and ID; 0 if there is none.
func (t *transaction) offsetOf(e store.Event) (store.Offset, error) {
	if at, ok := t.ids[eventID{e.User, e.ID}]; ok {
		return at, nil
	}
	g := t.s.generation(t.now)
	for _, generation := range []int64{g, g - 1} {
		value, err := get(t.s.db, keyOfID(generation, e.User, e.ID))
		if err != nil {
			return 0, t.s.explain(err)
		}
		if value == nil {
			continue
		}
		at, accepted, err := decodePosition(value)
		if err != nil {
			return 0, t.s.explain(err)
		}
		if t.s.remembers(accepted, t.now) && !t.forgot(e.User) {
			return at, nil
		}
	}
	return 0, nil
}

// forgot tells whether the transaction erased the user, and with them the IDs
// that the store still remembers.
func (t *transaction) forgot(user reel.UserID) bool {
	c, ok := t.changes[user]
	return ok && c.erased
}

func (t *transaction) rememberID(r store.Record, e store.Event) {
	t.ids[eventID{e.User, e.ID}] = r.Offset
	t.scratch = appendPosition(t.scratch[:0], r.Offset, r.Time)
	t.set(keyOfID(t.s.generation(r.Time), e.User, e.ID), t.scratch)
}

// forgetIDsOf forgets every ID of a user.
func (t *transaction) forgetIDsOf(user reel.UserID) {
	g := t.s.generation(t.now)
	t.deleteAll(under(key2(idKey, g, user)))
	t.deleteAll(under(key2(idKey, g-1, user)))
	maps.DeleteFunc(t.ids, func(id eventID, _ store.Offset) bool { return id.user == user })
}

// forgetOldIDs deletes the generations in which no ID counts any more.
func (t *transaction) forgetOldIDs() {
	if g := t.s.generation(t.now); g > t.s.oldestIDs+1 {
		t.deleteAll(span{all(idKey).start, key1(idKey, g-1)})
		t.s.oldestIDs = g - 1
	}
}

// appendPosition writes an offset and when its record was accepted.
func appendPosition(b []byte, at store.Offset, accepted int64) []byte {
	b = binary.AppendUvarint(b, uint64(at))
	return binary.AppendUvarint(b, uint64(accepted))
}

func decodePosition(b []byte) (at store.Offset, accepted int64, err error) {
	offset, n := binary.Uvarint(b)
	if n <= 0 {
		return 0, 0, store.ErrEncoding
	}
	millis, m := binary.Uvarint(b[n:])
	if m <= 0 || n+m != len(b) {
		return 0, 0, store.ErrEncoding
	}
	return store.Offset(offset), int64(millis), nil
}

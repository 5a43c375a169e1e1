package embedded

import (
	"encoding/binary"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/reelrank/reelrank/store"
)

// version of the layout of keys and values. A change is a new version, and
// code that brings a store of the old one up to it.
const version = 1

// Facts about the store.
var (
	versionOfLayout = []byte{metaKey, 'v'} // version, a varint
	lastOffset      = []byte{metaKey, 'l'} // offset and time of the newest record, which may be gone
	idGeneration    = []byte{metaKey, 'g'} // RememberIDs in milliseconds, a varint
	viewsUnfinished = []byte{metaKey, 'u'} // there while views are made anew
)

// Last is the offset of the newest record acknowledged.
func (s *Store) Last() store.Offset { return store.Offset(s.last.Load()) }

// readPosition checks the version and finds the end of the log.
func (s *Store) readPosition() error {
	value, err := get(s.db, versionOfLayout)
	if err != nil {
		return s.explain(err)
	}
	if value == nil {
		return s.expectEmpty()
	}
	if found, n := binary.Uvarint(value); n <= 0 || found != version {
		return &store.VersionError{Dir: s.dir, Found: int(found), Want: version}
	}
	position, err := get(s.db, lastOffset)
	if err != nil || position == nil {
		return s.explain(err)
	}
	at, accepted, err := decodePosition(position)
	if err != nil {
		return s.explain(err)
	}
	s.last.Store(uint64(at))
	s.lastTime.Store(accepted)
	return nil
}

// expectEmpty makes sure that a directory without a version is a new one.
func (s *Store) expectEmpty() error {
	keys, err := newScan(s.db, span{[]byte{0}, []byte{0xff}})
	if err != nil {
		return s.explain(err)
	}
	defer keys.close()
	if keys.valid() {
		return &store.VersionError{Dir: s.dir, Found: 0, Want: version}
	}
	return s.explain(keys.err())
}

// settle brings what is on the disk to what the options ask for.
func (s *Store) settle() error {
	unfinished, err := get(s.db, viewsUnfinished)
	if err != nil {
		return s.explain(err)
	}
	generation := binary.AppendUvarint(nil, uint64(s.options.RememberIDs/time.Millisecond))
	was, err := get(s.db, idGeneration)
	if err != nil {
		return s.explain(err)
	}
	switch {
	case unfinished != nil || was != nil && string(was) != string(generation):
		err = s.rebuild()
	case was != nil:
		return nil
	}
	if err != nil {
		return err
	}
	batch := s.db.NewBatch()
	_ = batch.Set(versionOfLayout, binary.AppendUvarint(nil, version), nil)
	_ = batch.Set(idGeneration, generation, nil)
	return s.openingWrite(batch)
}

// openingWrite is a write while the store is being opened.
func (s *Store) openingWrite(batch *pebble.Batch) error {
	if err := s.write(batch); err != nil {
		return &store.DiskError{Dir: s.dir, Err: err}
	}
	return nil
}

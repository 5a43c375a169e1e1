package embedded

import (
	"bytes"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// catalog does what a record says to the catalogue, if anything.
func (t *transaction) catalog(r store.Record) error {
	switch body := r.Body.(type) {
	case store.ReelPut:
		return t.reelPut(r.Offset, &body.Reel)
	case store.ReelDeleted:
		return t.reelDeleted(body.ID)
	case store.CreatorPut:
		t.scratch = store.AppendCreator(t.scratch[:0], &body.Creator)
		t.set(key1(creatorKey, body.Creator.ID), t.scratch)
	case store.CreatorDeleted:
		return t.creatorDeleted(body.ID)
	}
	return nil
}

// reelPut writes a reel's row, and its vectors if they are new.
func (t *transaction) reelPut(at store.Offset, r *reel.Reel) error {
	if err := t.reelDeleted(r.ID); err != nil {
		return err
	}
	t.scratch = store.AppendReel(t.scratch[:0], r)
	t.set(key1(reelKey, r.ID), t.scratch)
	t.set(key2(workKey, r.Creator, r.ID), nil)

	newest, err := vectorsAt(t.reads, r.ID, at)
	if err != nil {
		return t.s.explain(err)
	}
	t.scratch = store.AppendVectors(t.scratch[:0], r)
	if !bytes.Equal(newest, t.scratch) {
		t.set(key2(vectorsKey, r.ID, at), t.scratch)
	}
	return nil
}

// reelDeleted deletes a reel's row. Its vectors stay, since the log refers to
// them.
func (t *transaction) reelDeleted(id reel.ReelID) error {
	row, err := get(t.reads, key1(reelKey, id))
	if err != nil || row == nil {
		return t.s.explain(err)
	}
	r, err := store.DecodeReel(row)
	if err != nil {
		return t.s.explain(err)
	}
	t.delete(key1(reelKey, id))
	t.delete(key2(workKey, r.Creator, id))
	return nil
}

// creatorDeleted deletes a creator's row and those of their reels.
func (t *transaction) creatorDeleted(id reel.CreatorID) error {
	works := under(key1(workKey, id))
	err := each(t.reads, works, func(key, _ []byte) error {
		t.delete(key1(reelKey, second[reel.ReelID](key)))
		return nil
	})
	if err != nil {
		return t.s.explain(err)
	}
	t.deleteAll(works)
	t.delete(key1(creatorKey, id))
	return nil
}

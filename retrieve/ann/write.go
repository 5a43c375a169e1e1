package ann

import "github.com/reelrank/reelrank/retrieve/ann/code"

// Insert adds an item, or replaces the one with its ID. It returns a
// *VectorError for a vector that cannot be searched. The vector is copied.
// While it is replaced, an item may be missed by a search, but is not found
// twice.
func (x *Index) Insert(item Item) error {
	if err := x.check(&item); err != nil {
		return err
	}
	e := x.encoders.Get().(*encoder)
	defer x.encoders.Put(e)
	x.rotation.Apply(e.turned, item.Vector)
	mark := code.Mark{Scale: code.QuantizeRow(e.row, e.turned), ID: item.ID, Creator: item.Creator}
	f, list := x.file.Load(), int32(noList)
	if f != nil {
		list = x.nearest(f, e)
	}
	x.write.Lock()
	defer x.write.Unlock()
	if now := x.file.Load(); now != f { // split or trained in between
		f, list = now, x.nearest(now, e)
	}
	x.insert(e, f, list, mark, item.Attributes)
	return nil
}

// nearest is the list for the encoder's vector.
func (x *Index) nearest(f *file, e *encoder) int32 {
	s := x.scratch.Get().(*search)
	defer x.scratch.Put(s)
	s.query.Prepare(e.turned)
	return f.nearest(s)
}

// insert stores what the encoder holds, in a list where there are any. Under
// the write lock.
func (x *Index) insert(e *encoder, f *file, list int32, mark code.Mark, attributes uint64) {
	x.store.free = x.reclaim()
	x.store.reserveID(mark.ID)
	slot := x.store.take()
	t := x.store.table.Load()
	copy(t.row(slot), e.row)
	*t.mark(slot) = mark
	x.store.see(mark.Scale)
	t.setAttributes(slot, attributes)
	// First the old one goes: its list may be rewritten without what is not
	// alive, which the new one is only in the end.
	if old := x.store.slotOf(mark.ID); old >= 0 {
		x.remove(f, t, old)
	}
	if f != nil {
		c := e.encode(f, list, slot)
		f.postings[list].add(c)
		f.place(slot, list)
		x.drift.observe(c.factors)
	}
	x.store.setSlot(mark.ID, slot)
	t.setLive(slot, true)
	x.store.count.Add(1)
	if x.rebuilds != nil {
		x.rebuilds.missed = append(x.rebuilds.missed, slot)
	}
}

// reclaim is the free slots. While lists are built anew none come back, since
// the builder looks at rows without being a search.
func (x *Index) reclaim() []int32 {
	if x.rebuilds != nil {
		return x.store.free
	}
	return x.epochs.reclaim(x.store.free)
}

// Delete removes an item and tells whether there was one. No search that
// begins after it returned finds the item.
func (x *Index) Delete(id int32) bool {
	x.write.Lock()
	defer x.write.Unlock()
	slot := x.store.slotOf(id)
	if slot < 0 {
		return false
	}
	x.remove(x.file.Load(), x.store.table.Load(), slot)
	x.store.setSlot(id, noSlot)
	return true
}

// remove hides the vector of a slot, and its list's other dead ones where
// they are many. Under the write lock.
func (x *Index) remove(f *file, t *table, slot int32) {
	t.setLive(slot, false)
	x.store.count.Add(-1)
	switch {
	case x.rebuilds != nil: // which settles what becomes of the slot
		x.rebuilds.deleted = append(x.rebuilds.deleted, slot)
		return
	case f == nil:
		x.epochs.retire(slot)
		return
	}
	p := f.postings[f.listOf(slot)]
	p.dead++
	if p.full() {
		p.compact(t, f.words(), x.epochs.retire)
	}
}

// SetAttributes replaces an item's bits and tells whether there is one.
func (x *Index) SetAttributes(id int32, attributes uint64) bool {
	x.write.Lock()
	defer x.write.Unlock()
	slot := x.store.slotOf(id)
	if slot < 0 {
		return false
	}
	x.store.table.Load().setAttributes(slot, attributes)
	return true
}

// Attributes is an item's bits, and whether there is one.
func (x *Index) Attributes(id int32) (uint64, bool) {
	x.write.Lock()
	defer x.write.Unlock()
	slot := x.store.slotOf(id)
	if slot < 0 {
		return 0, false
	}
	return x.store.table.Load().attributesOf(slot), true
}

package ann

// deadSlots is the slots of dead codes. Writers wait for a list at a time,
// since a code whose vector is just being inserted is not alive yet.
func (x *Index) deadSlots() (dead []int32) {
	f := x.file.Load()
	if f == nil {
		return nil
	}
	for _, p := range f.postings {
		if p != nil {
			x.write.Lock()
			dead = p.head.Load().dead(dead, x.store.table.Load())
			x.write.Unlock()
		}
	}
	return dead
}

// dead appends the slots of dead codes to dst.
func (l *list) dead(dst []int32, t *table) []int32 {
	for _, slot := range l.Slots[:l.n] {
		if !t.live(slot) {
			dst = append(dst, slot)
		}
	}
	return dst
}

// flatten gives the lists up. Under the write lock.
func (x *Index) flatten() {
	f, t := x.file.Load(), x.store.table.Load()
	if f == nil {
		return
	}
	for _, p := range f.postings {
		if p != nil {
			for _, slot := range p.head.Load().dead(nil, t) {
				x.epochs.retire(slot)
			}
		}
	}
	x.file.Store(nil)
}

// fewChanges is the number of changes that a writer can wait for.
const fewChanges = 64

// catchUp takes over what writers did meanwhile until it is little.
func (b *builder) catchUp() {
	for slot, list := range b.lists {
		if list != noList {
			b.file.place(int32(slot), list)
		}
	}
	b.lists, b.settled = nil, map[int32]bool{}
	for {
		b.x.write.Lock()
		changes := *b.x.rebuilds
		*b.x.rebuilds = rebuild{}
		b.x.write.Unlock()
		b.take(changes)
		if len(changes.missed)+len(changes.deleted) <= fewChanges {
			return
		}
	}
}

// take adds the vectors that came, and counts those that went as dead in their
// lists. One that went before it was added has no list, and its slot is free.
func (b *builder) take(changes rebuild) {
	x, f, t := b.x, b.file, b.x.store.table.Load()
	e := x.encoders.Get().(*encoder)
	defer x.encoders.Put(e)
	for _, slot := range changes.missed {
		if t.live(slot) && f.listOf(slot) == noList { // a slot used again may be known
			e.restore(t, slot)
			list := x.nearest(f, e)
			f.postings[list].add(e.encode(f, list, slot))
			f.place(slot, list)
		}
	}
	for _, slot := range changes.deleted {
		b.settled[slot] = true
		if list := f.listOf(slot); list != noList {
			f.postings[list].dead++
		} else {
			b.free = append(b.free, slot)
		}
	}
}

// swap makes the new file the index's. Under the write lock.
func (b *builder) swap() {
	x := b.x
	b.take(*x.rebuilds)
	x.rebuilds = nil
	for _, slot := range b.free {
		x.epochs.retire(slot)
	}
	for _, slot := range b.replaced {
		if !b.settled[slot] {
			x.epochs.retire(slot)
		}
	}
	x.drift.reset(b.file)
	x.file.Store(b.file)
}

// abandon settles what went while a rebuild was under way that came to
// nothing. Under the write lock.
func (x *Index) abandon() {
	f, deleted := x.file.Load(), x.rebuilds.deleted
	x.rebuilds = nil
	for _, slot := range deleted {
		if f == nil {
			x.epochs.retire(slot)
		} else {
			f.postings[f.listOf(slot)].dead++
		}
	}
}

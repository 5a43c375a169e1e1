package ann

import (
	"math/rand/v2"
	"slices"

	"github.com/reelrank/reelrank/nn/kernel"
	"github.com/reelrank/reelrank/retrieve/ann/cluster"
	"github.com/reelrank/reelrank/retrieve/ann/code"
)

const splitRounds = 8

// split divides a list in two. It tells whether it did: not if a writer came
// to the list meanwhile, or its vectors are all in one place. Under the
// maintain lock.
func (x *Index) split(number int32) bool {
	pinned := x.epochs.pin() // so that no slot of the list gets another vector
	defer x.epochs.unpin(pinned)
	f := x.file.Load()
	old, slots := x.living(f, number)
	t := x.store.table.Load()
	if len(slots) < 2 {
		return false
	}
	vectors := make([]float32, len(slots)*f.width)
	for i, slot := range slots {
		code.Restore(vectors[i*f.width:][:f.width], t.row(slot), t.mark(slot).Scale)
	}
	random := rand.New(rand.NewPCG(x.options.Seed, uint64(number)))
	means := cluster.Means(vectors, f.width, 2, splitRounds, random)
	halves := divide(vectors, means, slots)
	if len(halves[0]) == 0 || len(halves[1]) == 0 {
		return false
	}
	next, other := f.withSplit(number, means, halves, t)
	numbers := [2]int32{number, other}
	e := x.encoders.Get().(*encoder)
	defer x.encoders.Put(e)
	for i, n := range numbers {
		next.postings[n].head.Store(next.encodeList(e, t, n, halves[i]))
	}

	x.write.Lock()
	defer x.write.Unlock()
	if f.postings[number].head.Load() != old {
		return false
	}
	next.places = f.places
	for i, n := range numbers {
		for _, slot := range halves[i] {
			next.place(slot, n)
			if !t.live(slot) {
				next.postings[n].dead++
			}
		}
	}
	x.retireDropped(old, slots)
	x.file.Store(next)
	return true
}

// living is a list and its slots that are alive, in its order.
func (x *Index) living(f *file, number int32) (l *list, slots []int32) {
	x.write.Lock()
	defer x.write.Unlock()
	l = f.postings[number].head.Load()
	t := x.store.table.Load()
	for _, slot := range l.Slots[:l.n] {
		if t.live(slot) {
			slots = append(slots, slot)
		}
	}
	return l, slots
}

// retireDropped retires the slots of a list that is given up, but for those
// that were kept. Both are in the list's order. Under the write lock.
func (x *Index) retireDropped(l *list, kept []int32) {
	for _, slot := range l.Slots[:l.n] {
		if len(kept) > 0 && kept[0] == slot {
			kept = kept[1:]
			continue
		}
		x.epochs.retire(slot)
	}
}

// divide gives each slot to the nearer of two means.
func divide(vectors, means []float32, slots []int32) (halves [2][]int32) {
	width := len(means) / 2
	a, b := means[:width], means[width:]
	bias := (kernel.Dot(a, a) - kernel.Dot(b, b)) / 2
	for i, slot := range slots {
		v := vectors[i*width:][:width]
		side := 0
		if kernel.Dot(v, b)-kernel.Dot(v, a)+bias > 0 {
			side = 1
		}
		halves[side] = append(halves[side], slot)
	}
	return halves
}

// withSplit returns the file with two lists in the place of one, without their
// codes; the second is new and its number is returned. The rest is shared.
func (f *file) withSplit(number int32, means []float32, halves [2][]int32, t *table) (*file, int32) {
	h, other := f.home[number], int32(len(f.postings))
	next := f.copied()
	m := &group{centroids: f.members[h.group].clone(), lists: slices.Clone(f.members[h.group].lists)}
	m.set(int(h.at), means[:f.width], spreadOf(f, t, means[:f.width], halves[0]))
	m.add(means[f.width:], spreadOf(f, t, means[f.width:], halves[1]))
	m.lists = append(m.lists, other)
	next.members[h.group] = m
	next.home = append(next.home, home{h.group, int32(m.len() - 1)})
	next.postings[number] = newPosting()
	next.postings = append(next.postings, newPosting())
	return next, other
}

// copied is the file with tables of its own that lead to the same groups and
// lists.
func (f *file) copied() *file {
	next := *f
	next.members, next.postings, next.home = slices.Clone(f.members), slices.Clone(f.postings), slices.Clone(f.home)
	return &next
}

// spreadOf is the spread of slots' vectors around a centroid, evened out like
// that of all lists.
func spreadOf(f *file, t *table, centroid []float32, slots []int32) float32 {
	e := newEncoder(len(centroid))
	sum := spreadSum{square: f.spread * spreadPrior * float64(f.width), n: spreadPrior}
	for _, slot := range slots {
		e.restore(t, slot)
		sum.add(e.turned, centroid)
	}
	return sum.spread(len(centroid))
}

// merge gives a list's vectors to the lists next to them and drops it. It
// tells whether it did. Under the maintain lock.
func (x *Index) merge(number int32) bool {
	pinned := x.epochs.pin() // so that no slot of the list gets another vector
	defer x.epochs.unpin(pinned)
	f := x.file.Load()
	old, slots := x.living(f, number)
	t := x.store.table.Load()
	next := f.without(number)
	e := x.encoders.Get().(*encoder)
	defer x.encoders.Put(e)
	targets := make([]int32, len(slots))
	for i, slot := range slots {
		e.restore(t, slot)
		if targets[i] = x.nearest(next, e); targets[i] == noList {
			return false // no list is near
		}
	}

	x.write.Lock()
	defer x.write.Unlock()
	if f.postings[number].head.Load() != old {
		return false
	}
	next.places = f.places
	for i, slot := range slots {
		if !t.live(slot) {
			x.epochs.retire(slot)
			continue
		}
		e.restore(t, slot)
		next.postings[targets[i]].add(e.encode(next, targets[i], slot))
		next.place(slot, targets[i])
	}
	x.retireDropped(old, slots)
	x.file.Store(next)
	return true
}

// without returns the file less a list, whose number stays unused.
func (f *file) without(number int32) *file {
	h := f.home[number]
	next := f.copied()
	next.postings[number] = nil
	was := f.members[h.group]
	m := &group{centroids: was.centroids.without(int(h.at), f.width)}
	for _, l := range was.lists {
		if l != number {
			next.home[l] = home{h.group, int32(len(m.lists))}
			m.lists = append(m.lists, l)
		}
	}
	next.members[h.group] = m
	return next
}

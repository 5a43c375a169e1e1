package ann

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/reelrank/reelrank/nn/kernel"
	"github.com/reelrank/reelrank/retrieve/ann/cluster"
	"github.com/reelrank/reelrank/retrieve/ann/code"
)

// rebuild is what writers do while lists are built anew. No slot is given to
// another vector meanwhile.
type rebuild struct {
	missed  []int32 // slots of vectors that came
	deleted []int32 // slots of vectors that went
}

// A million vectors have eight thousand lists, ten million forty-five thousand.
// With fewer a search goes through more codes, with more it finds out about
// more lists; a sample of vectors per list is enough to place its centroid. The
// sample is in memory in full.
const (
	listsFactor    = 0.25
	listsPower     = 0.75
	vectorsPerList = 32
	largestSample  = 1 << 19
)

// Rebuild trains centroids on the vectors as they are and builds all lists
// anew, or gives them up where there are too few vectors for lists. Searches and writers go on meanwhile; at the end the lists are
// swapped at once. It returns early with the context's error.
func (x *Index) Rebuild(ctx context.Context) error {
	x.maintain.Lock()
	defer x.maintain.Unlock()
	return x.rebuild(ctx)
}

// rebuild is Rebuild under the maintain lock.
func (x *Index) rebuild(ctx context.Context) error {
	x.write.Lock()
	if x.Len() <= x.options.FlatLimit {
		x.flatten()
		x.write.Unlock()
		return ctx.Err()
	}
	x.rebuilds = new(rebuild)
	used := int(x.store.used.Load())
	x.write.Unlock()
	b := builder{x: x, used: used, table: x.store.table.Load()}
	err := b.build(ctx)
	if err == nil {
		b.catchUp()
	}
	x.write.Lock()
	defer x.write.Unlock()
	if err != nil {
		x.abandon()
		return err
	}
	b.swap()
	return nil
}

// builder builds a file over the slots 0..used-1.
type builder struct {
	x     *Index
	used  int
	table *table
	file  *file
	lists []int32 // of each slot; noList for one that was dead

	replaced []int32        // slots of dead codes in the lists to replace
	settled  map[int32]bool // deleted slots that were seen to
	free     []int32        // those of them that are in no list
}

func (b *builder) build(ctx context.Context) error {
	live := b.live()
	tree := cluster.Train(b.sample(live), b.shape(len(live)), b.x.options.Seed)
	if err := ctx.Err(); err != nil {
		return err
	}
	b.lists = make([]int32, b.used)
	for i := range b.lists {
		b.lists[i] = noList
	}
	if err := b.assign(ctx, tree, live); err != nil {
		return err
	}
	b.file = newFile(tree)
	b.file.trained = len(live)
	b.fill()
	b.measure()
	b.file.shape = shapeOf(b.distances(live), b.x.width)
	b.replaced = b.x.deadSlots()
	return ctx.Err()
}

// live is the slots that are alive now.
func (b *builder) live() []int32 {
	live := make([]int32, 0, b.used)
	for slot := range int32(b.used) {
		if b.table.live(slot) {
			live = append(live, slot)
		}
	}
	return live
}

func (b *builder) shape(n int) cluster.Shape {
	return cluster.Shape{Width: b.x.width, Lists: max(1, int(listsFactor*math.Pow(float64(n), listsPower)))}
}

// sample is vectors to train on, drawn at random.
func (b *builder) sample(live []int32) []float32 {
	want := min(b.shape(len(live)).Lists*vectorsPerList, largestSample)
	random := rand.New(rand.NewPCG(b.x.options.Seed, 0x73616d706c65))
	chosen := live
	if len(live) > want {
		chosen = make([]int32, 0, want)
		for i, slot := range live { // each with the chance that leaves want at the end
			if random.IntN(len(live)-i) < want-len(chosen) {
				chosen = append(chosen, slot)
			}
		}
	}
	x := make([]float32, len(chosen)*b.x.width)
	b.restore(x, chosen)
	return x
}

// restoreGrain is the number of vectors worth a goroutine.
const restoreGrain = 256

// restore sets x [n, width] to the vectors of slots.
func (b *builder) restore(x []float32, slots []int32) {
	width := b.x.width
	kernel.Parallel(len(slots), restoreGrain, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			code.Restore(x[i*width:][:width], b.table.row(slots[i]), b.table.mark(slots[i]).Scale)
		}
	})
}

// assignBatch is the number of vectors that are in memory in full at a time.
const assignBatch = 1 << 15

// assign finds the list of each slot.
func (b *builder) assign(ctx context.Context, tree *cluster.Tree, live []int32) error {
	x := make([]float32, min(assignBatch, len(live))*b.x.width)
	lists := make([]int32, assignBatch)
	for len(live) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		slots := live[:min(assignBatch, len(live))]
		live = live[len(slots):]
		b.restore(x, slots)
		tree.Assign(lists[:len(slots)], x[:len(slots)*b.x.width])
		for i, slot := range slots {
			b.lists[slot] = lists[i]
		}
	}
	return nil
}

// newFile is a file with a tree's centroids and no codes.
func newFile(tree *cluster.Tree) *file {
	f := &file{width: tree.Width}
	for g := range len(tree.Start) - 1 {
		f.groups.add(tree.Groups[g*tree.Width:][:tree.Width], 0)
		m := new(group)
		for l := tree.Start[g]; l < tree.Start[g+1]; l++ {
			m.add(tree.Lists[int(l)*tree.Width:][:tree.Width], 0)
			m.lists = append(m.lists, l)
			f.home = append(f.home, home{int32(g), l - tree.Start[g]})
			f.postings = append(f.postings, newPosting())
		}
		f.members = append(f.members, m)
	}
	return f
}

// fill writes each list's codes, in the order of the slots.
func (b *builder) fill() {
	f := b.file
	members := cluster.Members(b.lists, len(f.postings))
	room := f.reserve(members)
	kernel.Parallel(len(f.postings), 8, func(lo, hi int) {
		e := b.x.encoders.Get().(*encoder)
		defer b.x.encoders.Put(e)
		for l := lo; l < hi; l++ {
			f.encodeInto(room[l], e, b.table, int32(l), members.Of(l))
			f.postings[l].head.Store(room[l])
		}
	})
}

// reserve returns empty lists with room for their members, one after another
// in slabs.
func (f *file) reserve(members cluster.Membership) []*list {
	words, left := f.words(), 0
	for l := range members.Lists() {
		left += listWords(len(members.Of(l)), words)
	}
	lists := make([]*list, members.Lists())
	own := newSlab(min(left, slabWords))
	for l := range lists {
		need := listWords(len(members.Of(l)), words)
		if need > len(own.words)-own.used {
			own = newSlab(max(need, min(left, slabWords)))
		}
		lists[l] = listIn(own.take(need), words)
		lists[l].slab = own
		left -= need
	}
	return lists
}

// encodeList is the codes of slots against the centroid of a list.
func (f *file) encodeList(e *encoder, t *table, number int32, slots []int32) *list {
	l := newList(len(slots), f.words())
	f.encodeInto(l, e, t, number, slots)
	return l
}

// encodeInto writes the codes of slots to an empty list, which has the room.
func (f *file) encodeInto(l *list, e *encoder, t *table, number int32, slots []int32) {
	for _, slot := range slots {
		e.restore(t, slot)
		next := l.add(e.encode(f, number, slot))
		l.n = next.n
	}
}

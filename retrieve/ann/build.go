package ann

import (
	"context"
	"fmt"
	"sync"

	"github.com/reelrank/reelrank/nn/kernel"
	"github.com/reelrank/reelrank/retrieve/ann/code"
)

// Build indexes n items with different ids. fill sets the item i, 0..n-1; it
// is called from several goroutines, and the vector must stay as it is only
// until the call for another item on the same goroutine. The error is of the
// first item that cannot be searched.
func Build(o Options, n int, fill func(i int, item *Item)) (*Index, error) {
	x, err := Open(o)
	if err != nil {
		return nil, err
	}
	if err := x.load(n, fill); err != nil {
		return nil, err
	}
	if x.Len() > x.options.FlatLimit {
		if err := x.Rebuild(context.Background()); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// loadGrain is the number of items that a goroutine takes at once; whole words
// of the bits, so that no two write the same.
const loadGrain = 512

// load writes the items to the slots 0..n-1 of an empty index.
func (x *Index) load(n int, fill func(i int, item *Item)) error {
	x.store.grow(n)
	t := x.store.table.Load()
	var faults firstFault
	kernel.Parallel(n, loadGrain, func(lo, hi int) {
		e := x.encoders.Get().(*encoder)
		defer x.encoders.Put(e)
		var item Item
		for i := lo; i < hi; i++ {
			item = Item{}
			fill(i, &item)
			if err := x.check(&item); err != nil {
				faults.report(i, err)
				return
			}
			x.rotation.Apply(e.turned, item.Vector)
			slot := int32(i)
			scale := code.QuantizeRow(t.row(slot), e.turned)
			*t.mark(slot) = code.Mark{Scale: scale, ID: item.ID, Creator: item.Creator}
			t.setAttributes(slot, item.Attributes)
			x.store.see(scale)
		}
	})
	if faults.err != nil {
		return faults.err
	}
	for i := range int32(n) {
		id := t.mark(i).ID
		if x.store.slotOf(id) >= 0 {
			return fmt.Errorf("vector %d: two items have this id", id)
		}
		x.store.setSlot(id, i)
		t.setLive(i, true)
	}
	x.store.used.Store(int64(n))
	x.store.count.Store(int64(n))
	return nil
}

// firstFault keeps the error of the lowest number.
type firstFault struct {
	mu  sync.Mutex
	at  int
	err error
}

func (f *firstFault) report(at int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil || at < f.at {
		f.at, f.err = at, err
	}
}

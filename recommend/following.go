package recommend

import (
	"context"
	"fmt"
	"slices"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/retrieve/ann"
)

// following is a model's tables on their way with the catalogue of a world.
// While they are being computed the changes are noted; then they take place in
// the tables and in the catalogue together.
type following struct {
	tables  *tables // nil while they are being computed
	changed []int32 // dense indices, until then
}

// PutReels adds reels, or replaces those of their ids, all different: in the
// tables of every model first, so that no answer meets a reel that its model
// does not know. An error names a reel that a model cannot read; none was put
// then.
func (w *World) PutReels(ctx context.Context, reels ...reel.Reel) error {
	w.change.Lock()
	defer w.change.Unlock()
	is := make([]int32, len(reels))
	next := int32(w.catalog.Len())
	for k := range reels {
		i, known := w.catalog.Known(reels[k].ID)
		if !known {
			i = next
			next++
		}
		is[k] = i
	}
	for _, f := range w.readers {
		if f.tables != nil {
			if err := f.tables.put(is, reels); err != nil {
				return err
			}
		}
	}
	for k := range reels {
		w.catalog.Put(reels[k])
	}
	return w.tell(ctx, is)
}

// DeleteReel takes a reel out of the world; false where there is none. No
// answer that begins afterwards holds it.
func (w *World) DeleteReel(ctx context.Context, id reel.ReelID) (bool, error) {
	w.change.Lock()
	defer w.change.Unlock()
	i, ok := w.catalog.Delete(id)
	if !ok {
		return false, nil
	}
	return true, w.tell(ctx, []int32{i})
}

// PutCreator adds a creator, or replaces what was known of them.
func (w *World) PutCreator(c reel.Creator) {
	w.change.Lock()
	defer w.change.Unlock()
	w.catalog.PutCreator(c)
}

// DeleteCreator takes a creator and all their reels out of the world, and
// returns how many those were.
func (w *World) DeleteCreator(ctx context.Context, id reel.CreatorID) (int, error) {
	w.change.Lock()
	defer w.change.Unlock()
	deleted := w.catalog.DeleteCreator(id)
	return len(deleted), w.tell(ctx, deleted)
}

// tell brings the indexes up to what the catalogue says of some reels, or notes
// these for tables that are not complete yet. Under the change lock.
func (w *World) tell(ctx context.Context, is []int32) error {
	for _, f := range w.readers {
		if f.tables == nil {
			f.changed = append(f.changed, is...)
			continue
		}
		if err := f.tables.index(ctx, is); err != nil {
			return err
		}
	}
	return nil
}

// fewChanges is the number of changes that the world can wait for.
const fewChanges = 64

// follow computes a model's tables over the catalogue while that goes on
// changing, and lets them follow it from then on, until the world forgets them.
func (w *World) follow(ctx context.Context, build func() (*tables, error)) (*tables, error) {
	f := &following{}
	w.change.Lock()
	w.readers = append(w.readers, f)
	w.change.Unlock()
	t, err := build()
	for err == nil {
		w.change.Lock()
		changed := f.changed
		f.changed = nil
		if few := len(changed) <= fewChanges; few {
			if err = t.catchUp(ctx, changed); err == nil {
				f.tables = t
			}
			w.change.Unlock()
			break
		}
		w.change.Unlock()
		err = t.catchUp(ctx, changed)
	}
	if err != nil {
		w.drop(func(other *following) bool { return other == f })
		return nil, err
	}
	return t, nil
}

// complete are the tables that follow the catalogue now.
func (w *World) complete() (all []*tables) {
	w.change.Lock()
	defer w.change.Unlock()
	for _, f := range w.readers {
		if f.tables != nil {
			all = append(all, f.tables)
		}
	}
	return all
}

// forget lets tables no longer follow the catalogue.
func (w *World) forget(t *tables) { w.drop(func(f *following) bool { return f.tables == t }) }

func (w *World) drop(gone func(*following) bool) {
	w.change.Lock()
	defer w.change.Unlock()
	w.readers = slices.DeleteFunc(w.readers, gone)
}

// catchUp takes over what changed while the tables were computed.
func (t *tables) catchUp(ctx context.Context, changed []int32) error {
	seen := make(map[int32]bool, len(changed))
	var is []int32
	var reels []reel.Reel
	for _, i := range changed {
		if !seen[i] {
			seen[i] = true
			is, reels = append(is, i), append(reels, *t.catalog.Reel(i))
		}
	}
	if err := t.put(is, reels); err != nil {
		return err
	}
	return t.index(ctx, is)
}

// put computes the rows of reels, at the dense indices that they have or will
// have.
func (t *tables) put(is []int32, reels []reel.Reel) error {
	if len(is) == 0 {
		return nil
	}
	of := make(map[int]*reel.Reel, len(is))
	for k, i := range is {
		of[int(i)] = &reels[k]
	}
	err := t.reels.PutAll(is, func(dst []float32, i int) *reel.Reel {
		t.features.Vector(dst, of[i])
		return of[i]
	})
	if err != nil {
		return err
	}
	if err := t.users.Put(is...); err != nil {
		return err
	}
	return t.scorer.Put(is...)
}

// index enters reels into the vector index, or takes those that are gone out
// of it.
func (t *tables) index(ctx context.Context, is []int32) error {
	var items []ann.Item
	var gone []int32
	for _, i := range is {
		if !t.catalog.Alive(i) {
			gone = append(gone, i)
			continue
		}
		item := ann.Item{ID: i, Vector: t.reels.RetrievalVector(i)}
		t.labels.Describe(&item, i)
		items = append(items, item)
	}
	if err := t.vectors.Insert(ctx, items...); err != nil {
		return fmt.Errorf("index the reels: %w", err)
	}
	if err := t.vectors.Delete(ctx, gone...); err != nil {
		return fmt.Errorf("take reels out of the index: %w", err)
	}
	return nil
}

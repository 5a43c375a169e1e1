package weaviate

import (
	"context"
	"fmt"
	"slices"

	"github.com/reelrank/reelrank/retrieve/ann"
)

// Sync makes the collection hold n items and nothing else: fill sets item i,
// 0..n-1, and leaves its vector as it is until the index has all items. What is
// stored already just so is not sent, so that a second Sync costs little more
// than the listing of Open.
func (x *Index) Sync(ctx context.Context, n int, fill func(i int, item *ann.Item)) error {
	if err := x.lock(ctx); err != nil {
		return err
	}
	defer x.unlock()
	left := x.known.copy() // without those among the n so far
	batch := make([]ann.Item, 0, insertBatch)
	for i := range n {
		batch = append(batch, ann.Item{})
		item := &batch[len(batch)-1]
		fill(i, item)
		if err := x.checkItem(item); err != nil {
			return err
		}
		left.set(item.ID, absent)
		if len(batch) == insertBatch || i == n-1 {
			if err := x.insert(ctx, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	for _, id := range left.ids() {
		x.known.set(id, absent)
	}
	if left.len() == 0 && !x.foreign {
		return nil
	}
	return x.prune(ctx)
}

// prune deletes the objects that may not be found: those of other reels, and
// those whose deletion the server was not told.
func (x *Index) prune(ctx context.Context) error {
	err := x.each(ctx, func(page []object) error {
		var keys []string
		for _, o := range page {
			if id, ok := x.idOf(o.ID); !ok || x.known.get(id) == absent {
				keys = append(keys, o.ID)
			}
		}
		return x.remove(ctx, slices.Clip(keys))
	})
	if err != nil {
		return fmt.Errorf("delete what is not of this catalogue: %w", err)
	}
	x.foreign = false
	return nil
}

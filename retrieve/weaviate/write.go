package weaviate

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"net/http"
	"slices"

	"github.com/reelrank/reelrank/retrieve/ann"
)

const (
	// insertBatch is the number of items that are sent at once: about half a
	// megabyte of JSON for vectors of 256 numbers.
	insertBatch = 200
	// deleteBatch is the number of items that are deleted at once.
	deleteBatch = 1000
	// majority makes a write wait for most of the copies, where there are
	// several.
	majority = "?consistency_level=QUORUM"
)

// Insert adds items or replaces those with their ids; of two with one id the
// later counts. Items that are stored already just so are not sent. It returns
// an *ann.VectorError, and adds none, where one cannot be searched.
//
// Where another error is returned some of the items are stored. Inserting them
// again mends that.
func (x *Index) Insert(ctx context.Context, items ...ann.Item) error {
	for i := range items {
		if err := x.checkItem(&items[i]); err != nil {
			return err
		}
	}
	if err := x.lock(ctx); err != nil {
		return err
	}
	defer x.unlock()
	return x.insert(ctx, items)
}

// insert is Insert under the lock, of sound items.
func (x *Index) insert(ctx context.Context, items []ann.Item) error {
	changed := make([]object, 0, min(len(items), insertBatch))
	ids := make([]int32, 0, cap(changed))
	for i := range items {
		item := &items[i]
		if slices.Contains(ids, item.ID) { // the later one must come after the earlier
			if err := x.store(ctx, ids, changed); err != nil {
				return err
			}
			ids, changed = ids[:0], changed[:0]
		}
		sum := checksum(item)
		if x.known.get(item.ID) == sum {
			continue
		}
		ids, changed = append(ids, item.ID), append(changed, x.object(item, sum))
		if len(changed) == insertBatch {
			if err := x.store(ctx, ids, changed); err != nil {
				return err
			}
			ids, changed = ids[:0], changed[:0]
		}
	}
	return x.store(ctx, ids, changed)
}

func (x *Index) object(item *ann.Item, sum uint64) object {
	return object{
		Class: x.options.Collection, ID: keyOf(x.options.Reel(item.ID)), Vector: item.Vector,
		Properties: properties{Attributes: bitsOf(item.Attributes), Creator: item.Creator, Checksum: sum},
	}
}

// batchResult is what became of one object of a batch.
type batchResult struct {
	ID     string
	Result struct {
		Status string
		Errors struct{ Error []struct{ Message string } }
	}
}

// store sends objects, one per id. What it could not send stays hidden if it is
// new, and is sent again by the next Insert.
func (x *Index) store(ctx context.Context, ids []int32, objects []object) error {
	if len(ids) == 0 {
		return nil
	}
	for _, id := range ids {
		if x.known.get(id) != absent {
			x.known.set(id, unsure)
		}
	}
	var answer []batchResult
	body := map[string]any{"objects": objects}
	if err := x.client.call(ctx, http.MethodPost, "/v1/batch/objects"+majority, body, &answer); err != nil {
		return fmt.Errorf("insert %d items from %d on: %w", len(ids), ids[0], err)
	}
	if len(answer) != len(ids) {
		return fmt.Errorf("insert %d items from %d on: the server answers for %d", len(ids), ids[0], len(answer))
	}
	var refused []string
	var first error
	for i := range answer {
		if a := &answer[i]; a.Result.Status == "SUCCESS" && a.ID == objects[i].ID {
			x.known.set(ids[i], objects[i].Properties.Checksum)
			continue
		}
		x.known.set(ids[i], absent)
		refused = append(refused, objects[i].ID)
		if first == nil {
			first = fmt.Errorf("insert item %d: the server refuses it: %s", ids[i], answer[i].reason())
		}
	}
	if len(refused) == 0 {
		return nil
	}
	// The server may have stored an object and not its vector, which would look
	// complete to the next Open.
	return errors.Join(first, x.remove(ctx, refused))
}

// reason is why an object was refused.
func (r *batchResult) reason() string {
	if len(r.Result.Errors.Error) > 0 {
		return shorten(r.Result.Errors.Error[0].Message)
	}
	return "its result is " + shorten(r.Result.Status)
}

// Delete removes the items of the ids, those that there are. They are not found
// any more from the moment it is called, even where the server cannot be told;
// it is then to be called again, for the room that they take there.
func (x *Index) Delete(ctx context.Context, ids ...int32) error {
	for _, id := range ids {
		if id >= 0 {
			x.known.set(id, absent)
		}
	}
	if err := x.lock(ctx); err != nil {
		return err
	}
	defer x.unlock()
	keys := make([]string, 0, len(ids))
	for _, id := range ids {
		if id >= 0 {
			x.known.set(id, absent) // an Insert may have been under way
			keys = append(keys, keyOf(x.options.Reel(id)))
		}
	}
	return x.remove(ctx, keys)
}

// remove deletes objects.
func (x *Index) remove(ctx context.Context, keys []string) error {
	if len(keys) == 1 {
		err := x.client.call(ctx, http.MethodDelete, "/v1/objects/"+x.options.Collection+"/"+keys[0]+majority, nil, nil)
		if err != nil && !isStatus(err, http.StatusNotFound) {
			return fmt.Errorf("delete %s: %w", keys[0], err)
		}
		return nil
	}
	for batch := range slices.Chunk(keys, deleteBatch) {
		if err := x.removeBatch(ctx, batch); err != nil {
			return fmt.Errorf("delete %d items from %s on: %w", len(batch), batch[0], err)
		}
	}
	return nil
}

func (x *Index) removeBatch(ctx context.Context, keys []string) error {
	type where struct {
		Operator string   `json:"operator"`
		Path     []string `json:"path"`
		Keys     []string `json:"valueTextArray"`
	}
	type match struct {
		Class string `json:"class"`
		Where where  `json:"where"`
	}
	var answer struct {
		Results struct{ Matches, Successful, Failed int }
	}
	body := map[string]any{"match": match{x.options.Collection, where{"ContainsAny", []string{"id"}, keys}}}
	if err := x.client.call(ctx, http.MethodDelete, "/v1/batch/objects"+majority, body, &answer); err != nil {
		return err
	}
	if r := answer.Results; r.Failed > 0 || r.Successful < r.Matches {
		return fmt.Errorf("the server deleted %d of %d", r.Successful, r.Matches)
	}
	return nil
}

// bitsOf is the places of the ones.
func bitsOf(set uint64) []int {
	places := make([]int, 0, bits.OnesCount64(set))
	for ; set != 0; set &= set - 1 {
		places = append(places, bits.TrailingZeros64(set))
	}
	return places
}

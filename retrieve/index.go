package retrieve

import (
	"context"
	"errors"
	"fmt"

	"github.com/reelrank/reelrank/retrieve/ann"
)

// Index finds the vectors with the largest dot product with a query among
// those that come and go. Embedded keeps them in this process; package
// retrieve/weaviate asks a server. Package retrieve/indextest holds what both
// promise. All methods are safe for concurrent use.
//
// Ids are the catalogue's dense indices. Every method returns soon after its
// context is done.
type Index interface {
	// Len is the number of vectors.
	Len() int

	// Find appends to dst the K items with the largest dot product with the
	// query among those that the request does not exclude, best first, ties by
	// lower id. It finds nothing, without an error, for a K below 1, and
	// returns an *ann.VectorError for a query that no vector compares with.
	Find(ctx context.Context, dst []ann.Hit, query []float32, r ann.Request) ([]ann.Hit, error)

	// Scores writes to dst the dot product of the query with the vector of
	// each id, NaN for one that is not in the index. Its errors are Find's.
	Scores(ctx context.Context, dst []float32, query []float32, ids []int32) error

	// Insert adds items or replaces those with their ids; of two with one id
	// the later counts. Every search that begins after it returned may find
	// them. No item is added where one of them is refused with an
	// *ann.VectorError; after another error some may be.
	Insert(ctx context.Context, items ...ann.Item) error

	// Delete removes the items of the ids, those that there are. No search
	// that begins after it returned finds them, even where it returned an
	// error: it then failed to free the room that they take.
	Delete(ctx context.Context, ids ...int32) error
}

// Embedded is the Index in this process. Its embedded methods, such as
// Rebuild, are for whoever looks after it.
type Embedded struct{ *ann.Index }

var _ Index = Embedded{}

// Find implements Index.
func (e Embedded) Find(ctx context.Context, dst []ann.Hit, query []float32, r ann.Request) ([]ann.Hit, error) {
	if err := ctx.Err(); err != nil {
		return dst, err
	}
	return e.Index.Find(dst, query, r)
}

// Scores implements Index.
func (e Embedded) Scores(_ context.Context, dst []float32, query []float32, ids []int32) error {
	if err := e.Check(query); err != nil {
		return err
	}
	for i, id := range ids {
		dst[i] = e.Score(query, id)
	}
	return nil
}

// Insert implements Index.
func (e Embedded) Insert(ctx context.Context, items ...ann.Item) error {
	for i := range items {
		if err := e.checkItem(&items[i]); err != nil {
			return err
		}
	}
	for i := range items {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := e.Index.Insert(items[i]); err != nil {
			return err
		}
	}
	return nil
}

func (e Embedded) checkItem(item *ann.Item) error {
	if item.ID < 0 {
		return fmt.Errorf("item %d: the id is negative", item.ID)
	}
	var fault *ann.VectorError
	if errors.As(e.Check(item.Vector), &fault) {
		return &ann.VectorError{Index: int(item.ID), Reason: fault.Reason}
	}
	return nil
}

// Delete implements Index.
func (e Embedded) Delete(_ context.Context, ids ...int32) error {
	for _, id := range ids {
		e.Index.Delete(id)
	}
	return nil
}

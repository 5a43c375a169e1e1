package weaviate

import (
	"context"
	"fmt"
	"net/http"
)

// object is an item as the server keeps it.
type object struct {
	Class      string     `json:"class,omitempty"`
	ID         string     `json:"id"`
	Properties properties `json:"properties"`
	Vector     []float32  `json:"vector,omitempty"`
}

type properties struct {
	Attributes []int  `json:"attributes"`
	Creator    uint32 `json:"creator"`
	Checksum   uint64 `json:"checksum"`
}

// listPage is the number of objects that are listed at once.
const listPage = 1000

// list returns up to limit objects whose keys come after the given one.
func (x *Index) list(ctx context.Context, after string, limit int, more string) ([]object, error) {
	var answer struct{ Objects []object }
	path := fmt.Sprintf("/v1/objects?class=%s&limit=%d&after=%s%s", x.options.Collection, limit, after, more)
	err := x.client.call(ctx, http.MethodGet, path, nil, &answer)
	return answer.Objects, err
}

// each shows all objects, without their vectors, in pages.
func (x *Index) each(ctx context.Context, show func(page []object) error) error {
	for after := ""; ; {
		page, err := x.list(ctx, after, listPage, "")
		if err != nil {
			return fmt.Errorf("list its objects: %w", err)
		}
		if err := show(page); err != nil {
			return err
		}
		if len(page) < listPage {
			return nil
		}
		after = page[len(page)-1].ID
	}
}

// readKnown learns which items the collection holds.
func (x *Index) readKnown(ctx context.Context) error {
	return x.each(ctx, func(page []object) error {
		for _, o := range page {
			if id, ok := x.idOf(o.ID); ok {
				x.known.set(id, max(o.Properties.Checksum, unsure))
			} else {
				x.foreign = true
			}
		}
		return nil
	})
}

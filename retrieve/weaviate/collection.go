package weaviate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// minVersion is the first release whose filters know ContainsNone.
var minVersion = [2]int{1, 33}

// checkVersion refuses a server that does not know the filters.
func (x *Index) checkVersion(ctx context.Context) error {
	var meta struct{ Version string }
	if err := x.client.call(ctx, http.MethodGet, "/v1/meta", nil, &meta); err != nil {
		return err
	}
	version, ok := parseVersion(meta.Version)
	if !ok {
		return fmt.Errorf("%s names no version of Weaviate (%q): is this the address of its REST interface?", x.client.base, meta.Version)
	}
	if version[0] < minVersion[0] || version[0] == minVersion[0] && version[1] < minVersion[1] {
		return fmt.Errorf("the server is Weaviate %s, want at least %d.%d: older ones cannot filter by what an item must not have",
			meta.Version, minVersion[0], minVersion[1])
	}
	return nil
}

func parseVersion(text string) (version [2]int, ok bool) {
	parts := strings.SplitN(strings.TrimPrefix(text, "v"), ".", 3)
	if len(parts) < 2 {
		return version, false
	}
	for i := range version {
		var err error
		if version[i], err = strconv.Atoi(parts[i]); err != nil {
			return version, false
		}
	}
	return version, true
}

// Names of the properties. What they hold is also what listings return.
const (
	attributesProperty = "attributes" // places of the item's attribute bits
	creatorProperty    = "creator"
	checksumProperty   = "checksum" // of vector, attributes and creator
)

// collection is what we ask for and look at of a collection's schema. An
// operator may make it beforehand with other shards, copies or graph settings.
type collection struct {
	Class             string      `json:"class"`
	Description       string      `json:"description"`
	Vectorizer        string      `json:"vectorizer"`
	VectorIndexType   string      `json:"vectorIndexType"`
	VectorIndexConfig vectorIndex `json:"vectorIndexConfig"`
	Properties        []property  `json:"properties"`
}

type vectorIndex struct {
	Distance string `json:"distance"`
}

type property struct {
	Name            string   `json:"name"`
	DataType        []string `json:"dataType"`
	IndexFilterable bool     `json:"indexFilterable"`
	IndexSearchable bool     `json:"indexSearchable"`
}

const dotProduct = "dot"

func wantedCollection(name string) collection {
	return collection{
		Class: name, Description: "Reels by their vectors, kept by reelrank.",
		Vectorizer: "none", VectorIndexType: "hnsw", VectorIndexConfig: vectorIndex{dotProduct},
		Properties: []property{
			{attributesProperty, []string{"int[]"}, true, false},
			{creatorProperty, []string{"int"}, true, false},
			{checksumProperty, []string{"int"}, false, false},
		},
	}
}

// ensureCollection makes the collection, or checks the one that there is.
func (x *Index) ensureCollection(ctx context.Context) error {
	wanted, path := wantedCollection(x.options.Collection), "/v1/schema/"+x.options.Collection
	var found collection
	err := x.client.call(ctx, http.MethodGet, path, nil, &found)
	if isStatus(err, http.StatusNotFound) {
		err = x.client.call(ctx, http.MethodPost, "/v1/schema", wanted, &found)
		if isStatus(err, http.StatusUnprocessableEntity) { // another process may have made it just now
			if again := x.client.call(ctx, http.MethodGet, path, nil, &found); again == nil {
				err = nil
			}
		}
	}
	if err != nil {
		return err
	}
	return found.suits(wanted)
}

// suits says what of a collection cannot be worked with.
func (c collection) suits(wanted collection) error {
	if c.VectorIndexConfig.Distance != dotProduct {
		return fmt.Errorf("it compares vectors by %q, want %q: %s", c.VectorIndexConfig.Distance, dotProduct, anotherCollection)
	}
	for _, w := range wanted.Properties {
		if !c.has(w) {
			return fmt.Errorf("it has no property %s of type %s that is right for filters: %s", w.Name, w.DataType[0], anotherCollection)
		}
	}
	return nil
}

const anotherCollection = "name another collection, or delete this one to have it made anew"

func (c collection) has(wanted property) bool {
	for _, p := range c.Properties {
		if p.Name == wanted.Name {
			return len(p.DataType) == 1 && p.DataType[0] == wanted.DataType[0] && (p.IndexFilterable || !wanted.IndexFilterable)
		}
	}
	return false
}

// checkWidth refuses a collection that holds vectors of another width.
func (x *Index) checkWidth(ctx context.Context) error {
	page, err := x.list(ctx, "", 1, "&include=vector")
	if err != nil || len(page) == 0 {
		return err
	}
	if got := len(page[0].Vector); got != x.options.Dim {
		return fmt.Errorf("its vectors have %d numbers, the index %d: %s", got, x.options.Dim, anotherCollection)
	}
	return nil
}

// Drop deletes the collection with all that is in it. The index finds nothing
// any more and takes nothing.
func (x *Index) Drop(ctx context.Context) error {
	if err := x.lock(ctx); err != nil {
		return err
	}
	defer x.unlock()
	for _, id := range x.known.ids() {
		x.known.set(id, absent)
	}
	err := x.client.call(ctx, http.MethodDelete, "/v1/schema/"+x.options.Collection, nil, nil)
	if err != nil {
		return errors.Join(fmt.Errorf("collection %s is not deleted", x.options.Collection), err)
	}
	return nil
}

package recommend

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/retrieve"
	"github.com/reelrank/reelrank/retrieve/ann"
	"github.com/reelrank/reelrank/retrieve/weaviate"
)

// openIndex makes the vectors of the first n reels searchable, of those that
// there are, where the configuration says.
// Vectors of other weights do not compare, so the version of the model's is
// part of a collection's name.
func openIndex(cfg config.Retrieve, saved SavedVectors, version string, cat *catalog.Catalog, n int, reels *model.Reels, attributes *retrieve.Attributes) (retrieve.Index, error) {
	row := func(i int32) []float32 {
		if int(i) >= reels.Len() {
			return nil
		}
		return reels.RetrievalVector(i)
	}
	fill := func(i int, item *ann.Item) {
		item.ID, item.Vector = int32(i), row(int32(i))
		attributes.Describe(item, item.ID)
	}
	if cfg.Index != config.WeaviateIndex {
		options := ann.Options{Dim: reels.RetrievalWidth, Vector: row}
		if x, err := saved.load(version, options, cat, n, fill); err == nil {
			return retrieve.Embedded{Index: x}, nil
		} else if saved.Trouble != nil && !errors.Is(err, errNoVectors) {
			saved.Trouble(err)
		}
		alive := make([]int32, 0, n)
		for i := range int32(n) {
			if cat.Alive(i) {
				alive = append(alive, i)
			}
		}
		x, err := ann.Build(options, len(alive), func(k int, item *ann.Item) { fill(int(alive[k]), item) })
		if err != nil {
			return nil, err
		}
		return retrieve.Embedded{Index: x}, nil
	}
	key, err := readKey(cfg.WeaviateKeyFile)
	if err != nil {
		return nil, err
	}
	ctx := context.Background() // each of its requests has its own limit
	x, err := weaviate.Open(ctx, weaviate.Options{
		URL: cfg.WeaviateURL, Key: key, Collection: collectionName(cfg.WeaviateName, version), Dim: reels.RetrievalWidth,
		Vector: row, Reel: func(i int32) reel.ReelID { return cat.Reel(i).ID }, ID: cat.Index,
	})
	if err != nil {
		return nil, err
	}
	err = x.Sync(ctx, n, fill)
	for i := int32(0); err == nil && int(i) < n; i++ {
		if !cat.Alive(i) {
			err = x.Delete(ctx, i)
		}
	}
	if err != nil {
		x.Close()
		return nil, err
	}
	return x, nil
}

// collectionName is the configured name and the model's version, in the
// letters that a collection may have: Reels_compact_0123456789ab.
func collectionName(name, version string) string {
	return name + "_" + strings.ReplaceAll(version, "-", "_")
}

// readKey is what the file of an API key holds; empty where none is named.
func readKey(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("retrieve.weaviate_key_file: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

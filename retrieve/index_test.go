package retrieve_test

import (
	"testing"

	"github.com/reelrank/reelrank/retrieve"
	"github.com/reelrank/reelrank/retrieve/ann"
	"github.com/reelrank/reelrank/retrieve/indextest"
)

func TestEmbeddedIndex(t *testing.T) {
	for name, limit := range map[string]int{"flat": 0, "in lists": 30} {
		t.Run(name, func(t *testing.T) {
			indextest.Run(t, func(t *testing.T, dim int) retrieve.Index {
				x, err := ann.Open(ann.Options{Dim: dim, FlatLimit: limit})
				if err != nil {
					t.Fatal(err)
				}
				return retrieve.Embedded{Index: x}
			})
		})
	}
}

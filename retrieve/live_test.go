package retrieve

import (
	"context"
	"testing"

	"github.com/reelrank/reelrank/reel"
)

// TestDeletedReelIsNeverACandidate deletes what is found until little is left,
// while index, counters and neighbours go on knowing all of it.
func TestDeletedReelIsNeverACandidate(t *testing.T) {
	w := newWorld(t, 8, 600, 5, 2000)
	r := mustRetriever(t, settings(), w.parts)
	deleted := map[reel.ReelID]bool{}
	for {
		got, _, err := r.Retrieve(context.Background(), w.query(0))
		if err != nil {
			t.Fatal(err)
		}
		if len(got) == 0 {
			break
		}
		for _, c := range got {
			if deleted[c.Reel] {
				t.Fatalf("reel %d, found by %s, was deleted", c.Reel, c.Sources)
			}
			w.parts.Catalog.Delete(c.Reel)
			deleted[c.Reel] = true
		}
	}
	if len(deleted) < 200 {
		t.Errorf("only %d reels were found and deleted", len(deleted))
	}
}

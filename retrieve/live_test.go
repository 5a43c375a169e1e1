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

// TestNewReelIsACandidateBeforeItsVector: the index may lag by moments, the
// counters have never heard of it.
func TestNewReelIsACandidateBeforeItsVector(t *testing.T) {
	w := newWorld(t, 9, 300, 5, 1000)
	r := mustRetriever(t, settings(), w.parts)
	var newest int32
	for id := range reel.ReelID(2000) {
		newest, _ = w.parts.Catalog.Put(reel.Reel{ID: 100_000 + id, Creator: 77_777, Category: "new", Uploaded: w.now})
	}
	got, _, err := r.Retrieve(context.Background(), w.query(0))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, c := range got {
		if c.Index > newest-2000 {
			found++
			if c.Similarity != 0 || !c.Sources.Has(reel.SourceFresh) {
				t.Errorf("reel %d, found by %s, has a similarity of %g without a vector", c.Reel, c.Sources, c.Similarity)
			}
		}
	}
	if found == 0 {
		t.Error("no new reel was found")
	}
}

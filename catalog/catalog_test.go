package catalog

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/reel"
)

func sample() []reel.Reel {
	return []reel.Reel{
		{ID: 30, Creator: 7, Category: "cooking", Uploaded: 300},
		{ID: 10, Creator: 9, Category: "", Uploaded: 0},
		{ID: 20, Creator: 7, Category: "travel", Uploaded: 500},
		{ID: 40, Creator: 2, Category: "cooking", Uploaded: 300},
	}
}

// newest collects what Newest yields.
func newest(c *Catalog, now int64) []int32 {
	var list []int32
	for i := range c.Newest(now) {
		list = append(list, i)
	}
	return list
}

func mustNew(t testing.TB, reels []reel.Reel) *Catalog {
	t.Helper()
	c, err := New(reels)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestIndicesFollowTheReelIDs(t *testing.T) {
	c := mustNew(t, sample())
	for i, id := range []reel.ReelID{10, 20, 30, 40} {
		if got, ok := c.Index(id); !ok || got != int32(i) {
			t.Errorf("Index(%d) = %d, %v; want %d", id, got, ok, i)
		}
		if c.Reel(int32(i)).ID != id || c.ID(int32(i)) != id {
			t.Errorf("reel at %d is %d, want %d", i, c.Reel(int32(i)).ID, id)
		}
	}
	if i, ok := c.Index(11); ok {
		t.Errorf("Index(11) = %d for a reel that is not there", i)
	}
}

func TestOrderOfTheInputDoesNotMatter(t *testing.T) {
	want := mustNew(t, sample())
	r := rand.New(rand.NewPCG(1, 2))
	for range 10 {
		reels := sample()
		r.Shuffle(len(reels), func(i, j int) { reels[i], reels[j] = reels[j], reels[i] })
		got := mustNew(t, reels)
		if !slices.Equal(newest(got, 1000), newest(want, 1000)) {
			t.Fatalf("the newest depend on the order of the input: %v", reels)
		}
		for i := range int32(want.Len()) {
			if got.Facts(i) != want.Facts(i) {
				t.Fatalf("reel %d is %+v, want %+v whatever the order of the input", i, got.Facts(i), want.Facts(i))
			}
		}
	}
}

func TestNewCopiesTheSlice(t *testing.T) {
	reels := sample()
	c := mustNew(t, reels)
	reels[0].ID, reels[1].ID = 99, 99
	if c.Reel(0).ID != 10 || c.Reel(2).ID != 30 {
		t.Error("changing the input changed the catalogue")
	}
}

func TestDuplicateReelIsNamed(t *testing.T) {
	_, err := New(append(sample(), reel.Reel{ID: 20}))
	var dup *DuplicateError
	if !errors.As(err, &dup) || dup.Reel != 20 || dup.First != 2 || dup.Second != 4 {
		t.Fatalf("error is %v, want reel 20 at positions 2 and 4", err)
	}
	if !strings.Contains(err.Error(), "reel 20") {
		t.Errorf("%q does not name the reel", err)
	}
}

func TestCreatorsAndCategories(t *testing.T) {
	c := mustNew(t, sample())
	seven, ok := c.CreatorIndex(7)
	if !ok || c.CreatorID(seven) != 7 || c.NumCreators() != 3 {
		t.Fatalf("creator 7 is at %d, %v of %d", seven, ok, c.NumCreators())
	}
	if got := c.ReelsOf(seven); !slices.Equal(got, []int32{2, 1}) {
		t.Errorf("reels of creator 7 are %v, want the oldest first: [2 1]", got)
	}
	if _, ok := c.CreatorIndex(8); ok {
		t.Error("creator 8 has no reel")
	}
	cooking, ok := c.CategoryIndex("cooking")
	if !ok || c.CategoryOf(2) != cooking || c.CategoryOf(3) != cooking || c.CategoryName(cooking) != "cooking" {
		t.Errorf("cooking is %d, reels have %d and %d", cooking, c.CategoryOf(2), c.CategoryOf(3))
	}
	if c.NumCategories() != 3 || c.CategoryOf(0) != UnknownLabel || c.CategoryName(UnknownLabel) != "" {
		t.Errorf("categories are %q", c.categories.names)
	}
	if _, ok := c.CategoryIndex("chess"); ok {
		t.Error("no reel is about chess")
	}
}

func TestNewestLeavesOutTheFuture(t *testing.T) {
	c := mustNew(t, sample())
	for _, tc := range []struct {
		now  int64
		want []int32
	}{{499, []int32{2, 3, 0}}, {500, []int32{1, 2, 3, 0}}, {-1, nil}, {0, []int32{0}}} {
		if got := newest(c, tc.now); !slices.Equal(got, tc.want) {
			t.Errorf("Newest(%d) = %v, want %v", tc.now, got, tc.want)
		}
	}
}

func TestEmptyCatalogue(t *testing.T) {
	c := mustNew(t, nil)
	if c.Len() != 0 || c.NumCreators() != 0 || c.Count() != 0 || len(newest(c, 1)) != 0 {
		t.Error("an empty catalogue holds something")
	}
}

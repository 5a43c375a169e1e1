package retrieve

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/reelrank/reelrank/reel"
)

func TestAblationIsTheMergeWithoutEachSource(t *testing.T) {
	w, q := timeless(t)
	q.Exclude = []reel.ReelID{w.parts.Catalog.Reel(3).ID}
	r := assemble(t, w, 4, Slot{fixed(reel.SourceSimilar, 1, 3, 2, 4, 5), 2}, Slot{fixed(reel.SourceFresh, 2, 11, 12, 13, 14, 15), 1})
	a, err := r.Ablate(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	want, _, err := r.Retrieve(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(indices(a.Merged), indices(want)) {
		t.Errorf("merged %v, Retrieve finds %v", indices(a.Merged), indices(want))
	}
	similar, fresh := a.Sources[0], a.Sources[1]
	for _, tc := range []struct {
		name string
		got  []reel.Candidate
		want []int32
	}{
		{"similar's own", similar.Own, []int32{1, 2}}, // 3 is excluded
		{"without similar", similar.Without, []int32{2, 11, 12, 13}},
		{"fresh's own", fresh.Own, []int32{2}},
		{"without fresh", fresh.Without, []int32{1, 2, 4}}, // of the four that it may return, one is excluded
	} {
		if !slices.Equal(indices(tc.got), tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, indices(tc.got), tc.want)
		}
	}
	if similar.Quota != 2 || fresh.Source != reel.SourceFresh {
		t.Errorf("sources are %+v", a.Sources)
	}
}

func TestAblationNeedsEverySource(t *testing.T) {
	w, q := timeless(t)
	broken := errors.New("shard is gone")
	fail := func(context.Context, *Query, int) ([]int32, error) { return nil, broken }
	r := assemble(t, w, 4, Slot{&scripted{reel.SourceSimilar, fail}, 2}, Slot{fixed(reel.SourceFresh, 2), 1})
	if _, err := r.Ablate(context.Background(), q); !errors.Is(err, broken) {
		t.Errorf("error is %v: a contribution measured without a source would mislead", err)
	}
}

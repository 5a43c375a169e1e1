package retrieve

import (
	"context"
	"slices"
	"testing"

	"github.com/reelrank/reelrank/reel"
)

func TestMerge(t *testing.T) {
	w, q := timeless(t)
	type list struct {
		quota int
		found []int32
	}
	for _, tc := range []struct {
		name       string
		candidates int
		a, b       list
		want       []int32
	}{
		{"dealt by the quotas", 6, list{4, []int32{1, 2, 3, 4}}, list{2, []int32{11, 12, 13}}, []int32{1, 11, 2, 3, 12, 4}},
		{"quotas shrink alike", 3, list{4, []int32{1, 2, 3, 4}}, list{2, []int32{11, 12}}, []int32{1, 11, 2}},
		{"a short list is filled up", 5, list{4, []int32{1}}, list{1, []int32{11, 12, 13, 14, 15}}, []int32{1, 11, 12, 13, 14}},
		{"both may be short", 9, list{4, []int32{1}}, list{4, []int32{11}}, []int32{1, 11}},
		{"found twice, dealt once", 4, list{2, []int32{1, 2, 3}}, list{2, []int32{2, 1, 12}}, []int32{1, 2, 3, 12}},
		{"a source repeats itself", 3, list{2, []int32{1, 1, 1, 2}}, list{2, nil}, []int32{1, 2}},
		{"indices out of range", 3, list{2, []int32{-1, 50, 4}}, list{2, []int32{1 << 30}}, []int32{4}},
		{"nothing", 3, list{2, nil}, list{2, nil}, nil},
	} {
		r := assemble(t, w, tc.candidates,
			Slot{fixed(reel.SourceSimilar, tc.a.found...), tc.a.quota}, Slot{fixed(reel.SourceFresh, tc.b.found...), tc.b.quota})
		r.candidates = max(tc.candidates, 1)
		got := r.merge(q.prepared(w.parts.Catalog), [][]reel.Candidate{candidates(tc.a.found), candidates(tc.b.found)})
		if !slices.Equal(indices(got), tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, indices(got), tc.want)
		}
	}
}

func candidates(list []int32) []reel.Candidate {
	var out []reel.Candidate
	for _, i := range list {
		out = append(out, reel.Candidate{Index: i})
	}
	return out
}

func TestReelFoundTwiceNamesBothSources(t *testing.T) {
	w, q := timeless(t)
	r := assemble(t, w, 10, Slot{fixed(reel.SourceSimilar, 1, 2), 5}, Slot{fixed(reel.SourceCreators, 2, 3), 5})
	got, traces, err := r.Retrieve(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	names := map[int32]string{}
	for _, c := range got {
		names[c.Index] = c.Sources.String()
	}
	if len(names) != 3 || names[1] != "similar" || names[2] != "similar+creators" || names[3] != "creators" {
		t.Errorf("sources are %v", names)
	}
	if traces[0].Count != 2 || traces[1].Count != 2 {
		t.Errorf("traces are %+v: reel 2 counts for both", traces)
	}
}

func TestSourceThatIgnoresTheFilterIsStopped(t *testing.T) {
	w, q := timeless(t)
	q.Exclude = []reel.ReelID{w.parts.Catalog.Reel(1).ID}
	r := assemble(t, w, 10, Slot{fixed(reel.SourceSimilar, 1, 2), 5})
	got, _, err := r.Retrieve(context.Background(), q)
	if err != nil || !slices.Equal(indices(got), []int32{2}) {
		t.Errorf("got %v, %v: reel 1 is excluded", indices(got), err)
	}
}

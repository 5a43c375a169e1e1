package ann

import "testing"

func TestRelabelledVectorsAreFoundUnderTheirNewIDs(t *testing.T) {
	for name, limit := range map[string]int{"flat": 1000, "lists": 100} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(6, 64)
			x, known := w.build(t, Options{FlatLimit: limit, Seed: 1}, 600)
			as := func(id int32) (Item, bool) {
				return Item{ID: 599 - id, Attributes: uint64(id % 7), Creator: uint32(id % 5)}, id%3 != 0
			}
			err := x.Relabel(as)
			if err != nil {
				t.Fatal(err)
			}
			expected := oracle{}
			for id, item := range known {
				if id%3 != 0 {
					label, _ := as(id)
					label.Vector = item.Vector
					expected[label.ID] = label
				}
			}
			if x.Len() != len(expected) {
				t.Fatalf("%d vectors, want %d", x.Len(), len(expected))
			}
			for range 20 {
				agree(t, x, expected, w.vector(), Request{K: 20, Effort: everything})
				agree(t, x, expected, w.vector(), Request{K: 20, Effort: everything, Require: 1, Blocked: []uint32{2}})
			}
			added := w.item(7_000)
			if err := x.Insert(added); err != nil {
				t.Fatal(err)
			}
			expected[added.ID] = added
			agree(t, x, expected, added.Vector, Request{K: 20, Effort: everything})
		})
	}
}

func TestTwoVectorsCannotGetOneID(t *testing.T) {
	w := newWorld(6, 64)
	x, _ := w.build(t, Options{FlatLimit: 1000, Seed: 1}, 10)
	if err := x.Relabel(func(int32) (Item, bool) { return Item{ID: 5}, true }); err == nil {
		t.Error("ten vectors share an id")
	}
}

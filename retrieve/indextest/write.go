package indextest

import (
	"errors"
	"math"
	"sync"
	"testing"

	"github.com/reelrank/reelrank/retrieve/ann"
)

func insertIsFoundByTheNextSearch(t *testing.T, open Open) {
	w := newWorld(t, open, 16)
	for id := range int32(60) {
		item := w.item(id * 3)
		w.insert(item)
		if hits := w.find(item.Vector, ann.Request{K: 1}); len(hits) != 1 || hits[0].Index != item.ID {
			t.Fatalf("after item %d was inserted its vector finds %v", item.ID, hits)
		}
		if w.index.Len() != len(w.items) {
			t.Fatalf("Len is %d with %d items", w.index.Len(), len(w.items))
		}
	}
}

func replacedItemIsFound(t *testing.T, open Open) {
	w := newWorld(t, open, 16)
	w.fill(40)
	old := w.items[5]
	w.insert(w.item(5))
	if hits := w.find(w.items[5].Vector, ann.Request{K: 1}); len(hits) != 1 || hits[0].Index != 5 {
		t.Errorf("its new vector finds %v", hits)
	}
	w.find(old.Vector, ann.Request{K: 40}) // checks that 5 comes once and with its new score
	w.insert(w.items[5])                   // the same again
	if w.index.Len() != 40 {
		t.Errorf("Len is %d, want 40", w.index.Len())
	}
}

func replacedItemPasses(t *testing.T, open Open) {
	w := newWorld(t, open, 8)
	w.fill(20)
	for _, attributes := range []uint64{english, hindi, 0, english | sponsor} {
		item := w.items[3] // the vector stays
		item.Attributes = attributes
		w.insert(item)
		for _, language := range []uint64{english, hindi, sponsor} {
			hits := w.find(w.vector(), ann.Request{K: 20, Require: language})
			if found := len(hits) == 1 && hits[0].Index == 3; found != (attributes&language != 0) || len(hits) > 1 {
				t.Errorf("with the attributes %x, requiring %x finds %v", attributes, language, hits)
			}
		}
	}
}

func laterOfTwoCounts(t *testing.T, open Open) {
	w := newWorld(t, open, 8)
	w.insert(w.item(1), w.item(2), w.item(1))
	if hits := w.find(w.items[1].Vector, ann.Request{K: 3}); len(hits) != 2 || hits[0].Index != 1 {
		t.Errorf("found %v, want item 1 by its later vector and item 2", hits)
	}
}

// deletedItemIsNeverFound deletes and inserts in a random order and checks
// every answer.
func deletedItemIsNeverFound(t *testing.T, open Open) {
	w := newWorld(t, open, 8)
	w.fill(100)
	for range 150 {
		id := int32(w.rand.IntN(100))
		item, there := w.items[id]
		switch {
		case !there:
			w.insert(w.item(id))
			continue
		case w.rand.IntN(5) == 0:
			w.delete(id, (id+1)%100, id, 5000)
		default:
			w.delete(id)
		}
		w.find(item.Vector, ann.Request{K: 20}) // refuses what is not there
		if w.index.Len() != len(w.items) {
			t.Fatalf("Len is %d with %d items", w.index.Len(), len(w.items))
		}
	}
}

// deletedWhileOthersWrite deletes items one after another while others are
// inserted and searched for, and looks for each deleted one.
func deletedWhileOthersWrite(t *testing.T, open Open) {
	const n, dim = 60, 8
	w := newWorld(t, open, dim)
	w.fill(n)
	query := w.vector()
	others := make([]ann.Item, n)
	for i := range others {
		others[i] = w.item(int32(n + i))
	}
	var writers sync.WaitGroup
	writers.Go(func() {
		for i := range others {
			if err := w.index.Insert(t.Context(), others[i]); err != nil {
				t.Error(err)
			}
		}
	})
	writers.Go(func() {
		for range n {
			if _, err := w.index.Find(t.Context(), nil, query, ann.Request{K: 10}); err != nil {
				t.Error(err)
			}
		}
	})
	for id := range int32(n) {
		if err := w.index.Delete(t.Context(), id); err != nil {
			t.Error(err)
		}
		hits, err := w.index.Find(t.Context(), nil, w.items[id].Vector, ann.Request{K: 5})
		if err != nil {
			t.Error(err)
		}
		for _, h := range hits {
			if h.Index <= id {
				t.Errorf("item %d is found after %d was deleted, too", h.Index, id)
			}
		}
	}
	writers.Wait()
	if w.index.Len() != n {
		t.Errorf("Len is %d, want the %d others", w.index.Len(), n)
	}
}

func unsoundVectorsAreRefused(t *testing.T, open Open) {
	w := newWorld(t, open, 4)
	w.fill(2)
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for name, v := range map[string][]float32{
		"short": {1, 2, 3}, "long": {1, 2, 3, 4, 5}, "empty": nil,
		"NaN": {1, nan, 3, 4}, "infinite": {1, 2, inf, 4}, "too long": {3e38, 3e38, 0, 0},
	} {
		var fault *ann.VectorError
		if _, err := w.index.Find(t.Context(), nil, v, ann.Request{K: 1}); !errors.As(err, &fault) || fault.Index != -1 {
			t.Errorf("%s as a query: %v", name, err)
		}
		if err := w.index.Scores(t.Context(), make([]float32, 1), v, []int32{0}); !errors.As(err, &fault) {
			t.Errorf("%s as a query of scores: %v", name, err)
		}
		if err := w.index.Insert(t.Context(), w.item(7), ann.Item{ID: 8, Vector: v}); !errors.As(err, &fault) || fault.Index != 8 {
			t.Errorf("%s as an item: %v", name, err)
		}
	}
	if err := w.index.Insert(t.Context(), w.item(7), w.item(-1)); err == nil {
		t.Error("a negative id is taken")
	}
	w.find(w.vector(), ann.Request{K: 10}) // item 7 was not added
	if w.index.Len() != 2 {
		t.Errorf("Len is %d, want 2", w.index.Len())
	}
}

package ann

import "slices"

// top keeps the k best hits in a binary heap with the worst at its root.
type top struct {
	hits []Hit
	k    int
}

func newTop(k int) top { return top{hits: make([]Hit, 0, k), k: k} }

// wants tells whether h would enter. A NaN score never does.
func (t *top) wants(h Hit) bool {
	if len(t.hits) < t.k {
		return h.Score == h.Score
	}
	return h.before(t.hits[0])
}

func (t *top) add(h Hit) {
	switch {
	case !t.wants(h):
	case len(t.hits) < t.k:
		t.hits = append(t.hits, h)
		t.up(len(t.hits) - 1)
	default:
		t.hits[0] = h
		t.down()
	}
}

func (t *top) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !t.hits[parent].before(t.hits[i]) {
			return
		}
		t.hits[i], t.hits[parent] = t.hits[parent], t.hits[i]
		i = parent
	}
}

func (t *top) down() {
	for i := 0; ; {
		worst := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(t.hits); child++ {
			if t.hits[worst].before(t.hits[child]) {
				worst = child
			}
		}
		if worst == i {
			return
		}
		t.hits[i], t.hits[worst] = t.hits[worst], t.hits[i]
		i = worst
	}
}

// appendSorted appends the hits, best first, and leaves the heap unusable.
func (t *top) appendSorted(dst []Hit) []Hit {
	slices.SortFunc(t.hits, func(a, b Hit) int {
		if a.before(b) {
			return -1
		}
		return 1 // no two hits have the same index
	})
	return append(dst, t.hits...)
}

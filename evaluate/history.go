package evaluate

import (
	"slices"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/reel"
)

// longestHistory bounds the positives of one user that co-engagement counts,
// whose cost grows with its square. The newest are kept.
const longestHistory = 200

// histories holds what each user enjoyed: dense indices, oldest first, each
// reel once at its latest time.
type histories struct {
	users []reel.UserID // in the order of their first positive
	of    map[reel.UserID][]int32
}

func newHistories(train []reel.Interaction, cat *catalog.Catalog) histories {
	h := histories{of: make(map[reel.UserID][]int32)}
	for _, it := range train {
		i, ok := cat.Index(it.Reel)
		if !ok || !it.Positive() {
			continue
		}
		if _, known := h.of[it.User]; !known {
			h.users = append(h.users, it.User)
		}
		h.of[it.User] = append(h.of[it.User], i)
	}
	for _, user := range h.users {
		h.of[user] = latestOnce(h.of[user])
	}
	return h
}

// latestOnce keeps the last longestHistory different reels, in order.
func latestOnce(seq []int32) []int32 {
	seen := make(map[int32]struct{}, len(seq))
	var kept []int32
	for _, i := range slices.Backward(seq) {
		if _, again := seen[i]; again {
			continue
		}
		seen[i] = struct{}{}
		if kept = append(kept, i); len(kept) == longestHistory {
			break
		}
	}
	slices.Reverse(kept)
	return kept
}

// newest returns up to n reels that the user of a query enjoyed, newest first:
// from the fitted histories, and for a user without one from the profile.
func (h histories) newest(q *Query, cat *catalog.Catalog, n int) []int32 {
	seq, ok := h.of[q.User]
	if !ok {
		for _, it := range q.Profile.Recent {
			if i, known := cat.Index(it.Reel); known && it.Positive() {
				seq = append(seq, i)
			}
		}
		seq = latestOnce(seq)
	}
	last := slices.Clone(seq[max(0, len(seq)-n):])
	slices.Reverse(last)
	return last
}

// scores accumulates scores of reels sparsely: a dense array and the list of
// its touched entries.
type scores struct {
	of      []float64
	touched []int32
}

func newScores(n int) *scores { return &scores{of: make([]float64, n)} }

// add raises the score of a reel by v > 0.
func (s *scores) add(i int32, v float64) {
	s.touch(i)
	s.of[i] += v
}

// reset makes all scores 0.
func (s *scores) reset() {
	for _, i := range s.touched {
		s.of[i] = 0
	}
	s.touched = s.touched[:0]
}

// touch lists a reel without changing its score, which must be untouched or
// not 0.
func (s *scores) touch(i int32) {
	if s.of[i] == 0 {
		s.touched = append(s.touched, i)
	}
}

// best returns the n touched reels with the highest scores among those that
// are ok, best first, ties by place. It asks ok of few: those that would enter
// the list.
func (s *scores) best(n int, place []int32, ok func(i int32) bool) []int32 {
	if n <= 0 {
		return nil
	}
	before := func(a, b int32) bool {
		if s.of[a] != s.of[b] {
			return s.of[a] > s.of[b]
		}
		return place[a] < place[b]
	}
	var top []int32
	for _, i := range s.touched {
		if len(top) == n && !before(i, top[n-1]) || !ok(i) {
			continue
		}
		top = top[:min(len(top), n-1)]
		at := len(top)
		for at > 0 && before(i, top[at-1]) {
			at--
		}
		top = slices.Insert(top, at, i)
	}
	return top
}

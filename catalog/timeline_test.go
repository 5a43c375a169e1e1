package catalog

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// walked collects what the timeline yields, oldest first.
func walked(t *timeline, now int64) []moment {
	var list []moment
	for i, uploaded := range t.newest(now) {
		list = append(list, momentOf(uploaded, i))
	}
	slices.Reverse(list)
	return list
}

// TestTimelineIsASortedList holds a timeline of many blocks to a sorted slice,
// while it grows at its end and anywhere, and shrinks to nothing. Walks that
// began earlier see what was there then.
func TestTimelineIsASortedList(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var tl timeline
	var want []moment
	for i := range int32(3 * blockRoom) {
		want = append(want, momentOf(r.Int64N(5000), i))
	}
	tl.state.Store(newTimeline(slices.Clone(want)))
	slices.Sort(want)
	next := int32(len(want))
	for step, phase := range []struct{ changes, removals, newest int }{
		{2 * blockRoom, 10, 80}, {blockRoom, 30, 10}, {4 * blockRoom, 95, 50},
	} {
		earlier, was := tl.newest(1<<40), slices.Clone(want)
		for range phase.changes {
			if len(want) > 0 && r.IntN(100) < phase.removals {
				at := r.IntN(len(want))
				tl.remove(want[at])
				want = slices.Delete(want, at, at+1)
				continue
			}
			uploaded := r.Int64N(5000)
			if n := len(want); n > 0 && r.IntN(100) < phase.newest {
				uploaded = want[n-1].uploaded() + r.Int64N(2)
			}
			m := momentOf(uploaded, next)
			next++
			tl.insert(m)
			at, _ := slices.BinarySearch(want, m)
			want = slices.Insert(want, at, m)
		}
		if got := walked(&tl, 1<<40); !slices.Equal(got, want) {
			t.Fatalf("phase %d: the timeline of %d differs from the sorted list of %d", step, len(got), len(want))
		}
		for _, now := range []int64{-1, 0, 2500, 5000} {
			n, _ := slices.BinarySearch(want, momentOf(now, 0)+1)
			if now < 0 {
				n = 0
			}
			if got := walked(&tl, now); !slices.Equal(got, want[:n]) {
				t.Fatalf("phase %d: %d reels by %d, want %d", step, len(got), now, n)
			}
		}
		var list []moment
		for i, uploaded := range earlier {
			list = append(list, momentOf(uploaded, i))
		}
		if slices.Reverse(list); !slices.Equal(list, was) {
			t.Fatalf("phase %d: a walk that began before sees later changes", step)
		}
		for _, block := range tl.state.Load().sealed {
			if len(block) == 0 || len(block) > blockRoom {
				t.Fatalf("phase %d: a block of %d reels", step, len(block))
			}
		}
	}
	for _, m := range want {
		tl.remove(m)
	}
	if left := walked(&tl, 1<<40); len(left) != 0 {
		t.Errorf("%d reels are left of none", len(left))
	}
}

func TestTimesBeyondThoseOfReelsAreClamped(t *testing.T) {
	for uploaded, want := range map[int64]int64{-5: 0, 0: 0, 1 << 40: 1<<32 - 1} {
		if m := momentOf(uploaded, 3); m.uploaded() != want || m.reel() != 3 {
			t.Errorf("%d becomes reel %d at %d, want 3 at %d", uploaded, m.reel(), m.uploaded(), want)
		}
	}
}

func TestIDsAreFoundWhateverTheyLookLike(t *testing.T) {
	var table ids
	want := map[int64]int32{}
	r := rand.New(rand.NewPCG(3, 4))
	for n := range int32(30_000) {
		id := []int64{int64(n), int64(n) << 40, r.Int64()}[n%3]
		if _, there := want[id]; there {
			continue
		}
		if i, ok := table.find(id); ok {
			t.Fatalf("id %d is at %d before it was added", id, i)
		}
		want[id] = n
		table.add(id, n)
	}
	for id, n := range want {
		if i, ok := table.find(id); !ok || i != n {
			t.Fatalf("id %d is at %d, %v; want %d", id, i, ok, n)
		}
	}
}

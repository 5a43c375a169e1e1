package ann

import "math"

// best gathers the k keys with the highest scores. It lets twice as many in
// before it throws the worst out, which takes less than an ordered heap.
type best struct {
	keys  []key
	k     int
	room  int
	slack float32 // how far below the k-th a score may still be of use
	floor float32 // scores at or below it are not
}

func (b *best) reset(k int, slack float32) {
	b.keys, b.k, b.slack, b.floor = b.keys[:0], k, slack, float32(math.Inf(-1))
	b.room = b.roomFor(k)
}

func (b *best) roomFor(n int) int { return 2*n + 32 }

// add takes a score that is above the floor.
func (b *best) add(score float32, number int32) {
	b.keys = append(b.keys, keyOf(score, number))
	if len(b.keys) >= b.room {
		b.tighten()
	}
}

// tighten raises the floor to what the keys so far allow.
func (b *best) tighten() {
	if len(b.keys) < b.k {
		return
	}
	selectLargest(b.keys, b.k)
	worst := b.keys[0]
	for _, k := range b.keys[1:b.k] {
		worst = min(worst, k)
	}
	if b.slack == 0 {
		b.keys = b.keys[:b.k]
		b.floor = worst.score()
		return
	}
	b.floor = worst.score() - b.slack
	kept := b.keys[:b.k]
	for _, k := range b.keys[b.k:] {
		if !(k.score() < b.floor) {
			kept = append(kept, k)
		}
	}
	b.keys = kept
	b.room = b.roomFor(len(kept))
}

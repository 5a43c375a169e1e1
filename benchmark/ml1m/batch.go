package ml1m

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"github.com/reelrank/reelrank/nn"
)

// batch is some windows of sequences, packed.
type batch struct {
	seq     nn.Packed
	item    []int32 // per row
	next    []int32 // per row: what came after it
	lengths []int
}

// window is a part of a sequence: what is read, and what comes next of each.
type window struct{ item, next []int32 }

// windows cuts every sequence into windows of up to length steps, at other
// places each time.
func windows(sequences [][]int32, length int, rng *rand.Rand) []window {
	var all []window
	for _, s := range sequences {
		n := len(s) - 1
		if n < 1 {
			continue
		}
		hi := n
		if n > length {
			hi = 1 + rng.IntN(length)
		}
		for lo := 0; lo < n; lo, hi = hi, min(hi+length, n) {
			all = append(all, window{s[lo:hi], s[lo+1 : hi+1]})
		}
	}
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// group puts windows together to batches of about the given number of rows.
func group(all []window, rows int) [][]window {
	var groups [][]window
	lo, n := 0, 0
	for i, w := range all {
		if n > 0 && n+len(w.item) > rows {
			groups, lo, n = append(groups, all[lo:i]), i, 0
		}
		n += len(w.item)
	}
	return append(groups, all[lo:])
}

// lay puts windows, sorted by falling length, in the place of what b held.
func (b *batch) lay(ws []window) error {
	slices.SortStableFunc(ws, func(x, y window) int { return cmp.Compare(len(y.item), len(x.item)) })
	b.lengths = b.lengths[:0]
	for _, w := range ws {
		b.lengths = append(b.lengths, len(w.item))
	}
	if err := b.seq.Repack(b.lengths); err != nil {
		return err
	}
	b.item, b.next = nn.Grow(b.item, b.seq.Rows()), nn.Grow(b.next, b.seq.Rows())
	for at, w := range ws {
		for t, item := range w.item {
			b.item[b.seq.Row(t, at)] = item
			if w.next != nil {
				b.next[b.seq.Row(t, at)] = w.next[t]
			}
		}
	}
	return nil
}

// byLength lists the cases by falling length, some at a time.
func byLength(cases []Case, together int) [][]int {
	order := make([]int, len(cases))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(len(cases[y].History), len(cases[x].History)) })
	return slices.Collect(slices.Chunk(order, together))
}

package cowatch

import "github.com/reelrank/reelrank/reel"

// Replay observes a log in the order of time from its beginning, and leaves
// what Observe would with each person's profile at hand. It keeps the last few
// reels of every person meanwhile.
func (n *Neighbours) Replay(log []reel.Interaction) {
	trails := map[reel.UserID]*trail{}
	for k := range log {
		it := &log[k]
		t := trails[it.User]
		if t == nil {
			t = &trail{}
			trails[it.User] = t
		}
		now, ok := n.enjoyed(it)
		if ok {
			n.past = t.last(n.past[:0])
			n.add(now, n.past)
			t.steps = append(t.steps, step{now, t.length})
		}
		t.length++
	}
}

// trail is what one person enjoyed lately.
type trail struct {
	length int // interactions of the person so far, whatever came of them
	steps  []step
}

type step struct {
	enjoyed
	nth int // among the person's interactions, from 0
}

// last appends the newest reels to past, each once, as Observe reads them from
// a profile, and forgets what a profile would have forgotten.
func (t *trail) last(past []enjoyed) []enjoyed {
	old := 0
	for old < len(t.steps) && t.steps[old].nth < t.length-reel.HistoryLen {
		old++
	}
	t.steps = append(t.steps[:0], t.steps[old:]...)
	for k := len(t.steps) - 1; k >= 0 && len(past) < Window; k-- {
		if e := t.steps[k].enjoyed; !contains(past, e.reel) {
			past = append(past, e)
		}
	}
	return past
}

package feature

import (
	"slices"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/reel"
)

// affinity is what a user did lately with one creator or category.
type affinity struct {
	tally
	last int64 // time of the newest event
}

// affinities are the groups among a user's recent events. There are at most
// reel.HistoryLen, so a scan of the keys beats a map.
type affinities struct {
	keys   []int32
	groups []affinity
}

func (a *affinities) reset() { a.keys, a.groups = a.keys[:0], a.groups[:0] }

// add counts an event under a key.
func (a *affinities) add(key int32, it *reel.Interaction) {
	at := slices.Index(a.keys, key)
	if at < 0 {
		at = len(a.keys)
		a.keys = append(a.keys, key)
		a.groups = append(a.groups, affinity{})
	}
	a.groups[at].add(it)
	a.groups[at].last = it.Time
}

// find returns the group of a key, nil when there is none.
func (a *affinities) find(key int32) *affinity {
	at := slices.Index(a.keys, key)
	if at < 0 {
		return nil
	}
	return &a.groups[at]
}

// counts are how many recent events fall under each label, the unknown one left
// out.
type counts struct {
	keys []int32
	n    []int
}

func (c *counts) reset() { c.keys, c.n = c.keys[:0], c.n[:0] }

func (c *counts) add(key int32) {
	if key == catalog.UnknownLabel {
		return
	}
	at := slices.Index(c.keys, key)
	if at < 0 {
		c.keys, c.n = append(c.keys, key), append(c.n, 1)
		return
	}
	c.n[at]++
}

// share is the key's count over total; 0 for the unknown label.
func (c *counts) share(key int32, total int) float32 {
	at := slices.Index(c.keys, key)
	if at < 0 {
		return 0
	}
	return float32(c.n[at]) / float32(total)
}

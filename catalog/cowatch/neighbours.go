package cowatch

import (
	"math"
	"sync"
	"time"
	"unsafe"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/reel"
)

const (
	// Window is how many of a person's last reels gain co-engagement with the
	// next one. Twenty found no more and took half as long again.
	Window = 10

	// BytesPerReel is the most memory that a reel takes: its list in full, the
	// list's header, and the reel's own weight.
	BytesPerReel = Room*int(unsafe.Sizeof(place{})) + int(unsafe.Sizeof(list{})) + int(unsafe.Sizeof(float64(0)))

	// gapHalfLife is the time between two engagements at which their being
	// together counts half: a month, since tastes outlast a sitting.
	gapHalfLife = 30 * 24 * time.Hour

	// shrink is how many people enjoyed both reels where their similarity
	// counts half. It keeps chance pairs of rare reels low.
	shrink = 5
)

// Neighbours are the lists of all reels of a catalogue.
type Neighbours struct {
	catalog *catalog.Catalog
	past    []enjoyed // buffer of Observe

	mu      sync.RWMutex
	clock   clock
	weights []float64 // [Len] decayed count of the people who enjoyed each reel
	lists   []list    // [Len]
}

// enjoyed is one reel that a person enjoyed.
type enjoyed struct {
	reel int32
	at   int64 // unix seconds
}

// New returns the neighbours before any interaction. An engagement counts half
// after each half-life; one that is not positive counts as two weeks.
func New(c *catalog.Catalog, halfLife time.Duration) *Neighbours {
	if halfLife <= 0 {
		halfLife = 14 * 24 * time.Hour
	}
	return &Neighbours{
		catalog: c, clock: clock{halfLife: halfLife.Seconds()},
		weights: make([]float64, c.Len()), lists: make([]list, c.Len()),
	}
}

// Observe counts one interaction of a person whose interactions before it are
// recent, oldest first; it looks at the last reel.HistoryLen. Only what was
// enjoyed counts, and not a reel that is among the last ones already: who
// watches two reels in turns all day is one person.
func (n *Neighbours) Observe(it *reel.Interaction, recent []reel.Interaction) {
	now, ok := n.enjoyed(it)
	if !ok {
		return
	}
	recent = recent[max(0, len(recent)-reel.HistoryLen):]
	n.past = n.past[:0]
	for k := len(recent) - 1; k >= 0 && len(n.past) < Window; k-- {
		if before, ok := n.enjoyed(&recent[k]); ok && !contains(n.past, before.reel) {
			n.past = append(n.past, before)
		}
	}
	n.add(now, n.past)
}

// enjoyed finds the reel of an interaction; false where it does not count.
func (n *Neighbours) enjoyed(it *reel.Interaction) (enjoyed, bool) {
	if !it.Positive() {
		return enjoyed{}, false
	}
	i, ok := n.catalog.Index(it.Reel)
	return enjoyed{i, it.Time}, ok
}

func contains(past []enjoyed, i int32) bool {
	for _, p := range past {
		if p.reel == i {
			return true
		}
	}
	return false
}

// add counts that a person enjoyed a reel after those of past.
func (n *Neighbours) add(now enjoyed, past []enjoyed) {
	if contains(past, now.reel) {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if moved := n.clock.advance(now.at); moved > 0 {
		n.scale(math.Exp2(-moved))
	}
	w := n.clock.weight(now.at)
	n.weights[now.reel] += w
	for _, p := range past {
		together := float32(w * math.Exp2(-float64(now.at-p.at)/gapHalfLife.Seconds()))
		if together > 0 {
			n.lists[now.reel].raise(p.reel, together)
			n.lists[p.reel].raise(now.reel, together)
		}
	}
}

// scale multiplies all weights by a power of two.
func (n *Neighbours) scale(by float64) {
	for i := range n.weights {
		n.weights[i] *= by
		n.lists[i].scale(float32(by))
	}
}

// Similar is a neighbour of a reel.
type Similar struct {
	Reel       int32   // dense index
	Similarity float32 // above 0
}

// Similar appends the neighbours of the reel at a dense index to dst, in no
// order. With the decayed counts n_i and n_j of engagements with each reel and
// c_ij of those with both, the similarity of j to i is
//
//	c_ij / (n_i^(3/4) n_j^(1/4)) * c_ij / (c_ij + shrink)
//
// where c_ij is as of now (unix seconds), at the earliest as of the newest
// interaction. The first factor is the asymmetric cosine (Aiolli, "Efficient
// top-N recommendation for very large scale binary rated datasets", RecSys
// 2013): the plain cosine, with both exponents 1/2, found less on three of four
// logs because it turns away from what is popular for a reason.
func (n *Neighbours) Similar(dst []Similar, i int32, now int64) []Similar {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if len(n.lists[i]) == 0 {
		return dst
	}
	half := shrink * n.clock.weight(max(now, n.clock.last))
	own := fourthRoot(n.weights[i])
	own *= own * own
	for _, p := range n.lists[i] {
		c := float64(p.count)
		cosine := c / (own * fourthRoot(n.weights[p.reel]))
		if s := float32(cosine * c / (c + half)); s > 0 { // it fades to nothing when nobody comes for years
			dst = append(dst, Similar{p.reel, s})
		}
	}
	return dst
}

func fourthRoot(v float64) float64 { return math.Sqrt(math.Sqrt(v)) }

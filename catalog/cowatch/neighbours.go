package cowatch

import (
	"math"
	"sync"
	"time"
	"unsafe"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/catalog/column"
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

	// mostAlike bounds the cosine. It is above 1 only where the reels were
	// enjoyed together by more people than enjoyed one of them, which a log
	// says that begins in the middle of histories or goes back in time.
	mostAlike = 1

	// shrink is how many people enjoyed both reels where their similarity
	// counts half. It keeps chance pairs of rare reels low.
	shrink = 5
)

// Neighbours are the lists of all reels of a catalogue, and grow with it.
type Neighbours struct {
	catalog *catalog.Catalog
	past    []enjoyed // buffer of Observe

	mu      sync.RWMutex
	clock   clock
	weights column.Column[float64] // decayed count of the people who enjoyed each reel
	lists   column.Column[list]
}

// enjoyed is one reel that a person enjoyed.
type enjoyed struct {
	reel int32
	at   int64 // unix seconds
}

// New returns the neighbours before any interaction. An engagement counts half
// after each half-life; one that is not positive counts as two weeks, one below
// a second, the unit of time, as a second.
func New(c *catalog.Catalog, halfLife time.Duration) *Neighbours {
	if halfLife <= 0 {
		halfLife = 14 * 24 * time.Hour
	}
	return &Neighbours{catalog: c, clock: clock{halfLife: max(halfLife, time.Second).Seconds()}}
}

// Observe counts one interaction of a person whose interactions before it are
// recent, oldest first; it looks at the last reel.HistoryLen. Only what was
// enjoyed counts, and not a reel that is among the last ones already: who
// watches two reels in turns all day is one person. Times may go back a
// little. Deleted reels gain nothing, and stay on the lists of others until
// they fade: whoever reads the lists leaves them out.
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
	n.grow(now, past)
	w := n.clock.weight(now.at)
	*n.weights.At(now.reel) += w
	own := n.lists.At(now.reel)
	for _, p := range past {
		gap := math.Abs(float64(now.at) - float64(p.at))
		if together := float32(w * math.Exp2(-gap/gapHalfLife.Seconds())); together > 0 {
			own.raise(p.reel, together)
			n.lists.At(p.reel).raise(now.reel, together)
		}
	}
}

// grow makes room for reels that are newer than the last ones.
func (n *Neighbours) grow(now enjoyed, past []enjoyed) {
	newest := now.reel
	for _, p := range past {
		newest = max(newest, p.reel)
	}
	n.weights.Grow(int(newest) + 1)
	n.lists.Grow(int(newest) + 1)
}

// scale multiplies all weights by a power of two.
func (n *Neighbours) scale(by float64) {
	for i := range int32(n.weights.Cap()) {
		*n.weights.At(i) *= by
		n.lists.At(i).scale(float32(by))
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
	l := n.lists.Find(i)
	if l == nil || len(*l) == 0 {
		return dst
	}
	half := shrink * n.clock.weight(max(now, n.clock.last))
	own := fourthRoot(*n.weights.At(i))
	own *= own * own
	for _, p := range *l {
		c := float64(p.count)
		cosine := min(c/(own*fourthRoot(*n.weights.At(p.reel))), mostAlike)
		if s := float32(cosine * c / (c + half)); s > 0 { // it fades to nothing when nobody comes for years
			dst = append(dst, Similar{p.reel, s})
		}
	}
	return dst
}

func fourthRoot(v float64) float64 { return math.Sqrt(math.Sqrt(v)) }

package cowatch

import (
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/catalog/snapshot"
	"github.com/reelrank/reelrank/reel"
)

// What a snapshot of neighbours is called, and the version of its layout.
const (
	snapshotName    = "neighbours"
	snapshotVersion = 1
)

// WriteTo writes all lists, with reels by their ids, so that they can be read
// over a catalogue of other indices. The owner calls it between two Observes;
// readers may go on meanwhile.
func (n *Neighbours) WriteTo(out io.Writer) (int64, error) {
	w := snapshot.NewWriter(out, snapshotName, snapshotVersion)
	w.Float(n.clock.halfLife)
	w.Float(n.clock.landmark)
	w.Int(n.clock.last)
	w.Bool(n.clock.started)
	enjoyed := n.enjoyedReels()
	place := make([]int32, n.weights.Cap()) // of each reel in the table
	for at, i := range enjoyed {
		place[i] = int32(at)
		w.Bool(true)
		w.Int(int64(n.catalog.ID(i)))
		w.Float(*n.weights.At(i))
	}
	w.Bool(false)
	for _, i := range enjoyed {
		l := *n.lists.At(i)
		w.Uint(uint64(len(l)))
		for _, p := range l {
			w.Uint(uint64(place[p.reel]))
			w.Float32(p.count)
		}
	}
	return w.Close()
}

// enjoyedReels lists the reels that have a weight or stand in a list.
func (n *Neighbours) enjoyedReels() []int32 {
	in := make([]bool, n.weights.Cap())
	for i := range int32(len(in)) {
		l := *n.lists.At(i)
		in[i] = in[i] || *n.weights.At(i) > 0 || len(l) > 0
		for _, p := range l {
			in[p.reel] = true
		}
	}
	var reels []int32
	for i, enjoyed := range in {
		if enjoyed {
			reels = append(reels, int32(i))
		}
	}
	return reels
}

// Read returns neighbours over a catalogue as WriteTo left them: what is
// observed from then on gives what it would have given there, bit for bit where
// the catalogue is the same. Reels that the catalogue never had are left out. It
// returns a *snapshot.Error for input that is damaged, or of another kind,
// version or half-life.
func Read(in io.Reader, c *catalog.Catalog, halfLife time.Duration) (*Neighbours, error) {
	d := decoder{Reader: snapshot.NewReader(in, snapshotName, snapshotVersion), into: New(c, halfLife)}
	d.clock()
	d.reels()
	for _, i := range d.table {
		d.list(i)
	}
	if _, err := d.Close(); err != nil {
		return nil, err
	}
	return d.into, nil
}

// decoder reads one snapshot. After a fault it reads zeros, and no record
// follows.
type decoder struct {
	*snapshot.Reader
	into  *Neighbours
	table []int32 // dense index of each reel that the snapshot names, none where the catalogue lacks it
}

const (
	none = -1

	// maxWeight is beyond what engagements can come to, 2^maxAhead each, and
	// leaves room for sums in a float32.
	maxWeight = 0x1p120
)

func (d *decoder) clock() {
	c := &d.into.clock
	if got := d.Float(); got != c.halfLife {
		d.Refuse("its half-life is %g seconds, not %g", got, c.halfLife)
	}
	c.landmark = d.Float()
	c.last = d.Int()
	c.started = d.Bool()
	if !(math.Abs(c.landmark) <= math.MaxFloat64 && c.landmark <= float64(c.last)+1) { // a second for rounding
		d.Refuse("its landmark %g is not a time up to its newest engagement, %d", c.landmark, c.last)
	}
}

func (d *decoder) reels() {
	n := d.into
	for d.Bool() {
		id, weight := reel.ReelID(d.Int()), d.weight(d.Float())
		i, ok := n.catalog.Known(id)
		if !ok {
			d.table = append(d.table, none)
			continue
		}
		d.table = append(d.table, i)
		n.weights.Grow(int(i) + 1)
		n.lists.Grow(int(i) + 1)
		*n.weights.At(i) = weight
	}
}

// list reads the neighbours of the reel at a dense index.
func (d *decoder) list(i int32) {
	count := d.Uint()
	if count > Room {
		d.Refuse("a list of %d neighbours, at most %d are allowed", count, Room)
		return
	}
	l := make(list, 0, count)
	for range count {
		at, together := d.Uint(), d.weight(float64(d.Float32()))
		if at >= uint64(len(d.table)) || together == 0 {
			d.Refuse("neighbour %d of %d, of weight %g", at, len(d.table), together)
			return
		}
		j := d.table[at]
		if slices.ContainsFunc(l, func(p place) bool { return p.reel == j }) && j != none {
			d.Refuse("reel %d stands twice in a list", d.into.catalog.ID(j))
			return
		}
		if j != none {
			l = append(l, place{j, float32(together)})
		}
	}
	if i != none && len(l) > 0 {
		*d.into.lists.At(i) = l
	}
}

// weight refuses what no sum of weights can be.
func (d *decoder) weight(v float64) float64 {
	if !(v >= 0 && v <= maxWeight) {
		d.Refuse("a weight of %g", v)
		return 0
	}
	return v
}

// Difference tells the first way in which other neighbours differ from these,
// empty where there is none: they then answer everything alike for ever. The
// catalogues may be two of the same reels. The owner of both calls it between
// two Observes.
func (n *Neighbours) Difference(other *Neighbours) string {
	if n.clock != other.clock {
		return fmt.Sprintf("the clock: %+v, the other has %+v", n.clock, other.clock)
	}
	a, b := n.enjoyedReels(), other.enjoyedReels()
	if len(a) != len(b) {
		return fmt.Sprintf("%d reels were enjoyed, in the other %d", len(a), len(b))
	}
	for _, i := range a {
		id := n.catalog.ID(i)
		j, _ := other.catalog.Known(id)
		if x, y := n.describe(i), other.describe(j); x != y {
			return fmt.Sprintf("reel %d: %s, the other has %s", id, x, y)
		}
	}
	return ""
}

// describe writes down what is kept of a reel, with neighbours by their ids.
func (n *Neighbours) describe(i int32) string {
	w := n.weights.Find(i)
	if w == nil {
		return "nothing"
	}
	text := fmt.Sprint("weight ", *w)
	for _, p := range *n.lists.At(i) {
		text += fmt.Sprint(", ", n.catalog.ID(p.reel), ": ", p.count)
	}
	return text
}

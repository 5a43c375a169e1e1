package catalog

import (
	"cmp"
	"io"
	"math"
	"slices"
	"time"

	"github.com/reelrank/reelrank/catalog/snapshot"
	"github.com/reelrank/reelrank/reel"
)

// ReadCounters returns counters over a catalogue as Counters.WriteTo left them:
// what is observed from then on gives what it would have given there, bit for
// bit where the catalogue is the same. Reels and creators that the catalogue
// never had are left out. It returns a *snapshot.Error for input
// that is damaged, or of another kind, version or half-life.
func ReadCounters(in io.Reader, c *Catalog, halfLife time.Duration) (*Counters, error) {
	d := countersDecoder{Reader: snapshot.NewReader(in, countersName, countersVersion), into: NewCounters(c, halfLife)}
	d.clock()
	d.into.all = d.tally()
	d.categories()
	d.creators()
	d.reels()
	d.board(&d.into.trends.overall, d.entry)
	d.categoryBoards()
	d.places()
	if _, err := d.Close(); err != nil {
		return nil, err
	}
	return d.into, nil
}

// countersDecoder reads one snapshot. After a fault it reads zeros, and no
// record follows.
type countersDecoder struct {
	*snapshot.Reader
	into  *Counters
	named []int32 // dense category of each that the snapshot names, none where the catalogue lacks it
}

// none is the category that the catalogue lacks.
const none = -1

func (d *countersDecoder) clock() {
	t := &d.into.trends
	if got := d.Float(); got != t.halfLife {
		d.Refuse("its half-life is %g seconds, not %g", got, t.halfLife)
	}
	t.landmark = d.finite()
	t.last = d.Int()
	t.started = d.Bool()
	if t.landmark > float64(t.last)+1 { // a second for rounding
		d.Refuse("its landmark %g is after its newest engagement, %d", t.landmark, t.last)
	}
}

func (d *countersDecoder) tally() (t tally) {
	for _, count := range [...]*float64{&t.impressions, &t.positives, &t.watched, &t.likes, &t.shares, &t.follows} {
		*count = float64(d.Uint())
	}
	t.watch = d.weight()
	return t
}

func (d *countersDecoder) categories() {
	for n := d.Uint(); n > 0 && d.Err() == nil; n-- {
		k, ok := d.into.catalog.CategoryIndex(d.String())
		if !ok {
			k = none
		}
		d.named = append(d.named, k)
	}
}

func (d *countersDecoder) creators() {
	c := d.into
	for d.Bool() {
		id, t := reel.CreatorID(d.Int()), d.tally()
		if k, ok := c.catalog.CreatorIndex(id); ok {
			c.creators.Grow(int(k) + 1)
			*c.creators.At(k) = t
		}
	}
}

func (d *countersDecoder) reels() {
	c := d.into
	for d.Bool() {
		id, t, weight := reel.ReelID(d.Int()), d.tally(), d.weight()
		filed := int32(none)
		if weight > 0 {
			filed = d.category()
		}
		i, ok := c.catalog.Known(id)
		if !ok {
			continue
		}
		c.reels.Grow(int(i) + 1)
		*c.reels.At(i) = t
		if weight > 0 {
			c.trends.weights.Grow(int(i) + 1)
			*c.trends.weights.At(i) = weight
			c.trends.filed.Grow(int(i) + 1)
			*c.trends.filed.At(i) = max(filed, UnknownLabel)
		}
	}
}

// category reads the number of one of the named categories.
func (d *countersDecoder) category() int32 {
	k := d.Uint()
	if k >= uint64(len(d.named)) {
		d.Refuse("category %d of %d", k, len(d.named))
		return none
	}
	return d.named[k]
}

func (d *countersDecoder) categoryBoards() {
	t := &d.into.trends
	for _, k := range d.named {
		skipped := board{depth: TrendingDepth}
		b := &skipped
		if k != none {
			b = t.category(k)
		}
		if len(b.entries) > 0 {
			d.Refuse("category %q comes twice", d.into.catalog.CategoryName(k))
		}
		d.board(b, d.entry)
	}
}

// entry reads a reel of a board; false for one that the catalogue lacks.
func (d *countersDecoder) entry() (entry, bool) {
	i, ok := d.into.catalog.Known(reel.ReelID(d.Int()))
	if !ok {
		return entry{}, false
	}
	e := entry{d.into.trends.weight(i), i}
	if e.weight <= 0 && d.Err() == nil {
		d.Refuse("reel %d trends without a weight", d.into.catalog.ID(i))
	}
	return e, true
}

// placeEntry is entry for a board that keeps weights of its own.
func (d *countersDecoder) placeEntry() (entry, bool) {
	i, ok := d.into.catalog.Known(reel.ReelID(d.Int()))
	return entry{d.weight(), i}, ok
}

// board reads the entries of a board. They are in order already unless the
// catalogue has other indices by now.
func (d *countersDecoder) board(b *board, read func() (entry, bool)) {
	b.turned = int(min(d.Uint(), uint64(b.depth)))
	d.entries(b, read)
}

func (d *countersDecoder) entries(b *board, read func() (entry, bool)) {
	for n := 0; d.Bool(); n++ {
		if n == b.depth {
			d.Refuse("more than %d reels trend together", b.depth)
			return
		}
		if e, ok := read(); ok && d.Err() == nil {
			b.entries = append(b.entries, e)
		}
	}
	slices.SortFunc(b.entries, func(x, y entry) int {
		return cmp.Or(cmp.Compare(y.weight, x.weight), cmp.Compare(x.reel, y.reel))
	})
	listed := make(map[int32]struct{}, len(b.entries))
	for _, e := range b.entries {
		listed[e.reel] = struct{}{}
	}
	if len(listed) < len(b.entries) {
		d.Refuse("a reel trends twice in one list")
	}
}

func (d *countersDecoder) places() {
	places := d.into.trends.places
	for d.Bool() {
		name := d.String()
		if _, twice := places[name]; twice || name == "" || len(places) == maxPlaces {
			d.Refuse("place %q is empty, comes twice, or is one too many", name)
			return
		}
		p := &placeTrend{engagements: int(min(d.Uint(), math.MaxInt32)), weight: d.weight(), board: board{depth: PlaceDepth}}
		p.board.turned = int(min(d.Uint(), PlaceDepth))
		p.board.floor = d.weight()
		d.entries(&p.board, d.placeEntry)
		places[name] = p
	}
}

// maxWeight is beyond what engagements can come to: 2^maxHalfLives each.
const maxWeight = 0x1p600

// weight reads a number from 0 up that leaves room for sums.
func (d *countersDecoder) weight() float64 {
	v := d.finite()
	if v < 0 || v > maxWeight {
		d.Refuse("a weight of %g", v)
		return 0
	}
	return v
}

func (d *countersDecoder) finite() float64 {
	v := d.Float()
	if math.IsNaN(v) || math.IsInf(v, 0) {
		d.Refuse("%g where a finite number should be", v)
		return 0
	}
	return v
}

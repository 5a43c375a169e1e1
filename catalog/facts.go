package catalog

import (
	"math"
	"sync/atomic"

	"github.com/reelrank/reelrank/reel"
)

// Facts are what ranking needs of one reel, without strings.
type Facts struct {
	Reel     reel.ReelID
	Creator  reel.CreatorID
	Uploaded int64   // unix seconds; 0 when unknown
	Duration float32 // seconds; 0 when unknown

	// Dense indices. Those of labels are UnknownLabel for the empty one; those
	// of languages and regions have no other use than to be compared.
	CreatorIndex, Category, Language, Region int32
}

// row is what the catalogue keeps of one reel, side by side: a candidate costs
// one cache line, 64 bytes. Readers may look on while the writer replaces a
// reel, so all that can change is atomic; they may then see some fields of the
// old reel beside some of the new one, each of them sound.
type row struct {
	reel      atomic.Pointer[reel.Reel] // what it points at never changes
	id        reel.ReelID               // never changes
	creatorID atomic.Int64
	uploaded  atomic.Int64
	duration  atomic.Uint32 // bits of the float32
	creator   atomic.Int32
	category  atomic.Int32
	language  atomic.Int32
	region    atomic.Int32
	_         [8]byte
}

// Facts returns the facts of the reel at a dense index.
func (c *Catalog) Facts(i int32) Facts {
	x := c.rows.At(i)
	return Facts{
		Reel: x.id, Creator: reel.CreatorID(x.creatorID.Load()),
		Uploaded: x.uploaded.Load(), Duration: math.Float32frombits(x.duration.Load()),
		CreatorIndex: x.creator.Load(), Category: x.category.Load(), Language: x.language.Load(), Region: x.region.Load(),
	}
}

// fill writes a reel into its row. Whether it is there is since's to say.
func (c *Catalog) fill(x *row, r *reel.Reel) {
	x.reel.Store(r)
	x.creatorID.Store(int64(r.Creator))
	x.uploaded.Store(r.Uploaded)
	x.duration.Store(math.Float32bits(r.Duration))
	x.creator.Store(c.enrol(r.Creator))
	x.category.Store(c.categories.intern(r.Category))
	x.language.Store(c.languages.intern(r.Language))
	x.region.Store(c.regions.intern(r.Region))
}

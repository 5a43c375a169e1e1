package ann

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"

	"github.com/reelrank/reelrank/nn/kernel"
	"github.com/reelrank/reelrank/retrieve/ann/code"
)

// DefaultFlatLimit is the number of vectors up to which looking at all of them
// is as fast as anything: half a millisecond for vectors of 256 numbers.
const DefaultFlatLimit = 50_000

// Options are fixed when an index is made.
type Options struct {
	Dim  int    // numbers of a vector, at least 1
	Seed uint64 // of the rotation and of the centroids

	// FlatLimit is the number of vectors above which lists are built; 0 means
	// DefaultFlatLimit.
	FlatLimit int

	// Vector returns the vector of an id, which the caller keeps, or nil where
	// it has none. Where it is set, the best few of a search are compared by
	// it. It is called from the searches' goroutines, also for an id that is
	// being deleted, and never under a lock of the index.
	Vector func(id int32) []float32
}

// Item is a vector with what filters know of it.
type Item struct {
	ID         int32     // at least 0
	Vector     []float32 // [Dim], finite
	Attributes uint64    // bits of the caller's choice: language, region, age rating, category
	Creator    uint32    // 0 is nobody
}

// Hit is one vector found.
type Hit struct {
	Index int32 // the item's ID
	Score float32
}

// Index is a set of vectors to search. All its methods are safe for concurrent
// use.
type Index struct {
	options  Options
	rotation *code.Rotation
	width    int     // of turned vectors
	effort   float32 // where a request says none

	store    store
	epochs   epochs
	file     atomic.Pointer[file] // nil in the flat regime
	scratch  sync.Pool            // of *search
	encoders sync.Pool            // of *encoder

	// write is held by whoever changes the index, for microseconds.
	write    sync.Mutex
	rebuilds *rebuild // the rebuild under way, which must hear of inserts
	drift    drift

	// maintain is held by the one long operation at a time: a rebuild, a
	// split, a snapshot. It is taken before write.
	maintain sync.Mutex
}

// Open returns an empty index.
func Open(o Options) (*Index, error) {
	if o.Dim <= 0 {
		return nil, fmt.Errorf("vector index: the width is %d, want at least 1", o.Dim)
	}
	if o.FlatLimit < 0 {
		return nil, fmt.Errorf("vector index: the flat limit is %d, want at least 0", o.FlatLimit)
	}
	if o.FlatLimit == 0 {
		o.FlatLimit = DefaultFlatLimit
	}
	x := &Index{options: o, rotation: code.NewRotation(o.Dim, o.Seed), width: code.Width(o.Dim), effort: DefaultEffort(o.Dim)}
	x.store.init(x.width)
	x.scratch.New = func() any { return new(search) }
	x.encoders.New = func() any { return newEncoder(x.width) }
	return x, nil
}

// New indexes vectors [N, dim], row-major, under the ids 0..N-1. It keeps them
// to compare the best few by, so that they must not change. It returns a
// *VectorError for the first vector that cannot be searched.
func New(vectors []float32, dim int) (*Index, error) {
	if dim <= 0 {
		return nil, fmt.Errorf("vector index: the width is %d, want at least 1", dim)
	}
	if len(vectors)%dim != 0 {
		return nil, fmt.Errorf("vector index: %d numbers are not a whole count of vectors of width %d", len(vectors), dim)
	}
	n := len(vectors) / dim
	row := func(i int32) []float32 {
		if int(i) >= n {
			return nil
		}
		from := int(i) * dim
		return vectors[from : from+dim : from+dim]
	}
	return Build(Options{Dim: dim, Vector: row}, n, func(i int, item *Item) {
		item.ID, item.Vector = int32(i), row(int32(i))
	})
}

// VectorError says which vector cannot be searched, and why.
type VectorError struct {
	Index  int // id of the vector; -1 for the query
	Reason string
}

func (e *VectorError) Error() string {
	if e.Index < 0 {
		return "query vector: " + e.Reason
	}
	return fmt.Sprintf("vector %d: %s", e.Index, e.Reason)
}

// fault describes why a vector cannot be searched; empty where it can.
func (x *Index) fault(v []float32) string {
	if len(v) != x.options.Dim {
		return fmt.Sprintf("has %d numbers, the index has vectors of %d", len(v), x.options.Dim)
	}
	if square := kernel.Dot(v, v); square-square == 0 {
		return ""
	}
	for k, f := range v {
		if f-f != 0 { // NaN and both infinities
			return fmt.Sprintf("number %d is %g, want a finite number", k, f)
		}
	}
	return "is too long: the square of its length overflows float32"
}

// errNegativeID is the error of an id that no table can hold.
var errNegativeID = errors.New("the id is negative")

// check returns the error of an item that cannot be searched.
func (x *Index) check(item *Item) error {
	if item.ID < 0 {
		return fmt.Errorf("vector %d: %w", item.ID, errNegativeID)
	}
	if reason := x.fault(item.Vector); reason != "" {
		return &VectorError{Index: int(item.ID), Reason: reason}
	}
	return nil
}

// Check returns a *VectorError where the query has the wrong width, or holds
// a number that is not finite or a length that overflows.
func (x *Index) Check(query []float32) error {
	if reason := x.fault(query); reason != "" {
		return &VectorError{Index: -1, Reason: reason}
	}
	return nil
}

// Len is the number of vectors.
func (x *Index) Len() int { return int(x.store.count.Load()) }

// Dim is the width of the vectors.
func (x *Index) Dim() int { return x.options.Dim }

// Has tells whether an id is in the index.
func (x *Index) Has(id int32) bool { return x.store.slotOf(id) >= 0 }

// Score is the dot product of the query [Dim] with an item's vector, from its
// bytes where the index has no Options.Vector; NaN for an id that is not in it.
func (x *Index) Score(query []float32, id int32) float32 {
	if x.options.Vector != nil {
		if v := x.options.Vector(id); v != nil {
			return kernel.Dot(query, v)
		}
	}
	s := x.scratch.Get().(*search)
	defer x.scratch.Put(s)
	pinned := x.epochs.pin()
	defer x.epochs.unpin(pinned)
	slot := x.store.slotOf(id)
	if slot < 0 {
		return float32(math.NaN())
	}
	s.prepare(x, query)
	var score [1]float32
	s.query.Rows(score[:], x.store.table.Load().chunks, []int32{slot})
	return score[0]
}

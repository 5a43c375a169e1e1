package ann

import (
	"fmt"
	"math"

	"github.com/reelrank/reelrank/nn/kernel"
)

// Index searches N vectors of one width. It never changes after New and is
// safe for concurrent use.
type Index struct {
	vectors []float32 // [n, dim], row-major
	n, dim  int
}

// Hit is one vector found.
type Hit struct {
	Index int32
	Score float32 // dot product with the query
}

// before is the order of results: higher score first, ties by lower index.
func (h Hit) before(o Hit) bool {
	return h.Score > o.Score || h.Score == o.Score && h.Index < o.Index
}

// VectorError says which vector cannot be searched, and why.
type VectorError struct {
	Index  int // row of the vector; -1 for the query
	Reason string
}

func (e *VectorError) Error() string {
	if e.Index < 0 {
		return "query vector: " + e.Reason
	}
	return fmt.Sprintf("vector %d: %s", e.Index, e.Reason)
}

// New indexes vectors [N, dim], row-major, without copying: they must not
// change afterwards. It returns a *VectorError for the first vector that holds
// a NaN or an infinity, since such a one would have no place in any order.
func New(vectors []float32, dim int) (*Index, error) {
	if dim <= 0 {
		return nil, fmt.Errorf("vector index: the width is %d, want at least 1", dim)
	}
	if len(vectors)%dim != 0 {
		return nil, fmt.Errorf("vector index: %d numbers are not a whole count of vectors of width %d", len(vectors), dim)
	}
	x := &Index{vectors: vectors, n: len(vectors) / dim, dim: dim}
	if x.n > math.MaxInt32 {
		return nil, fmt.Errorf("vector index: %d vectors, at most %d fit", x.n, math.MaxInt32)
	}
	for i := range x.n {
		if reason := notFinite(x.Vector(int32(i))); reason != "" {
			return nil, &VectorError{Index: i, Reason: reason}
		}
	}
	return x, nil
}

// notFinite describes the first number of v that is not finite; empty where all are.
func notFinite(v []float32) string {
	for k, f := range v {
		if f-f != 0 { // NaN and both infinities
			return fmt.Sprintf("number %d is %g, want a finite number", k, f)
		}
	}
	return ""
}

// Len is the number of vectors.
func (x *Index) Len() int { return x.n }

// Dim is the width of the vectors.
func (x *Index) Dim() int { return x.dim }

// Vector returns the vector at index i. The caller must not change it.
func (x *Index) Vector(i int32) []float32 {
	from := int(i) * x.dim
	return x.vectors[from : from+x.dim : from+x.dim]
}

// Score is the dot product of the query [Dim] with the vector at index i.
func (x *Index) Score(query []float32, i int32) float32 {
	return kernel.Dot(query, x.Vector(i))
}

// Check returns a *VectorError where the query has the wrong width or holds a
// number that is not finite.
func (x *Index) Check(query []float32) error {
	if len(query) != x.dim {
		return &VectorError{Index: -1, Reason: fmt.Sprintf("has %d numbers, the index has vectors of %d", len(query), x.dim)}
	}
	if reason := notFinite(query); reason != "" {
		return &VectorError{Index: -1, Reason: reason}
	}
	return nil
}

package cluster

import "github.com/reelrank/reelrank/nn/kernel"

// probes is the number of groups whose lists a vector is compared with. With
// fewer, more vectors miss their nearest list; eight find it for 97 in 100.
const probes = 8

// batch is the number of vectors that share the products with a group.
const batch = 4096

// Assign sets lists[i] to the list next to vector i of x [n, Width].
func (t *Tree) Assign(lists []int32, x []float32) {
	a := assigner{Tree: t, groupHalves: halfSquares(t.Groups, t.Width), listHalves: halfSquares(t.Lists, t.Width)}
	kernel.Parallel(len(lists), batch, func(lo, hi int) {
		a.assign(lists[lo:hi], x[lo*t.Width:hi*t.Width])
	})
}

// assigner is a tree with what its distances share.
type assigner struct {
	*Tree
	groupHalves, listHalves []float32
}

// assign compares a batch with all groups, then group by group the vectors
// near it with its lists.
func (a *assigner) assign(lists []int32, x []float32) {
	n, groups := len(lists), len(a.groupHalves)
	products := make([]float32, n*groups)
	kernel.Gemm(false, true, n, groups, a.Width, x, a.Width, a.Groups, a.Width, false, products, groups)
	near := make([]int32, 0, n*probes) // the groups of each vector
	count := min(probes, groups)
	for i := range n {
		near = appendNearest(near, products[i*groups:][:groups], a.groupHalves, count)
	}
	visits := Members(near, groups)
	best := make([]float32, n)
	for i := range lists {
		lists[i] = -1
	}
	var own []float32
	for g := range groups {
		visitors := visits.Of(g)
		if len(visitors) == 0 {
			continue
		}
		own = own[:0]
		for _, v := range visitors {
			own = append(own, x[int(v)/count*a.Width:][:a.Width]...)
		}
		from, to := int(a.Start[g]), int(a.Start[g+1])
		k := to - from
		products = resize(products, len(visitors)*k)
		kernel.Gemm(false, true, len(visitors), k, a.Width, own, a.Width, a.Lists[from*a.Width:to*a.Width], a.Width, false, products, k)
		for v, visitor := range visitors {
			i := int(visitor) / count
			at, closeness := nearestOf(products[v*k:][:k], a.listHalves[from:to])
			if lists[i] < 0 || closeness > best[i] {
				lists[i], best[i] = int32(from)+at, closeness
			}
		}
	}
}

// appendNearest appends the count centroids next to a vector, nearest first.
func appendNearest(dst []int32, products, halves []float32, count int) []int32 {
	from := len(dst)
	var closeness [probes]float32
	for j, p := range products {
		v := p - halves[j]
		at := len(dst) - from
		if at == count {
			if v <= closeness[count-1] {
				continue
			}
			at--
		} else {
			dst = append(dst, 0)
		}
		for ; at > 0 && closeness[at-1] < v; at-- {
			closeness[at], dst[from+at] = closeness[at-1], dst[from+at-1]
		}
		closeness[at], dst[from+at] = v, int32(j)
	}
	return dst
}

// resize returns a slice of n numbers, in x's memory where that is enough.
func resize(x []float32, n int) []float32 {
	if cap(x) < n {
		return make([]float32, n)
	}
	return x[:n]
}

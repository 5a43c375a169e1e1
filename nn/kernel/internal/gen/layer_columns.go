package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rowLoop is a walk down the rows of matrices for one group of columns.
type rowLoop struct {
	rows   reg.Register
	stride reg.Register   // bytes from row to row
	bases  []reg.Register // the matrices
}

// rowLoop loads the arguments rows, ld and the named matrices.
func newRowLoop(matrices ...string) rowLoop {
	r := rowLoop{
		rows:   Load(Param("rows"), GP64()),
		stride: Load(Param("ld"), GP64()),
		bases:  bases(matrices...),
	}
	SHLQ(U8(2), r.stride)
	return r
}

// each emits the loop; step gets the addresses of a row's first element in
// each matrix. There must be a row.
func (r rowLoop) each(step func(at []reg.Register)) {
	left, at := GP64(), make([]reg.Register, len(r.bases))
	MOVQ(r.rows, left)
	for i, base := range r.bases {
		at[i] = GP64()
		MOVQ(base, at[i])
	}
	again := freshLabel("row")
	Label(again)
	step(at)
	for _, p := range at {
		ADDQ(r.stride, p)
	}
	DECQ(left)
	JNE(LabelRef(again))
}

// columnMoments adds up x and its squares in float64, where squares of float32
// are exact: the sums have the same bits in every set.
func columnMoments(l lanes) {
	l.function("columnMoments", "(sums, squares []float64, x []float32, ld, rows int)", "ColumnMoments, the lengths checked and rows at least 1.")
	l.columnSums(newRowLoop("x"), "sums", "squares", func(at []reg.Register, s stretch) (x, y [2]reg.VecVirtual) {
		v := s.loadWide(at[0])
		return v, v
	})
}

// columnProducts is columnMoments with the products of two matrices.
func columnProducts(l lanes) {
	l.function("columnProducts", "(sums, products []float64, x, y []float32, ld, rows int)", "ColumnProducts, the lengths checked and rows at least 1.")
	l.columnSums(newRowLoop("x", "y"), "sums", "products", func(at []reg.Register, s stretch) (x, y [2]reg.VecVirtual) {
		return s.loadWide(at[0]), s.loadWide(at[1])
	})
}

// columnSums sets first to the sums of x and second to those of x*y, of what
// load returns for a stretch of a row.
func (l lanes) columnSums(rows rowLoop, first, second string, load func(at []reg.Register, s stretch) (x, y [2]reg.VecVirtual)) {
	out := bases(first, second)
	unroll := 4
	if l == ymmLanes {
		unroll = 2 // a stretch has four sums
	}
	l.walkGroups(Load(Param(first).Len(), GP64()), unroll, func(group []stretch) {
		sums, products := l.zeros(2*len(group)), l.zeros(2*len(group))
		rows.each(func(at []reg.Register) {
			for _, s := range group {
				x, y := load(at, s)
				for half := range x {
					i := 2*s.strand + half
					VADDPD(x[half], sums[i], sums[i])
					VFMADD231PD(x[half], y[half], products[i])
				}
			}
		})
		for _, s := range group {
			s.storeWide([2]reg.VecVirtual(sums[2*s.strand:]), out[0])
			s.storeWide([2]reg.VecVirtual(products[2*s.strand:]), out[1])
		}
	})
	leave()
}

// addColumnSums adds in the order of the rows, as additions row by row do.
func addColumnSums(l lanes) {
	l.function("addColumnSums", "(sums, x []float32, ld, rows int)", "AddColumnSums on one thread, the lengths checked and rows at least 1.")
	out, rows := bases("sums")[0], newRowLoop("x")
	l.walkGroups(Load(Param("sums").Len(), GP64()), 8, func(group []stretch) {
		sums := l.loadAll(group, out)
		rows.each(func(at []reg.Register) {
			for _, s := range group {
				VADDPS(s.load(at[0]), sums[s.strand], sums[s.strand])
			}
		})
		for _, s := range group {
			s.store(sums[s.strand], out)
		}
	})
	leave()
}

// loadAll reads the stretches of an array.
func (l lanes) loadAll(group []stretch, base reg.Register) []reg.VecVirtual {
	var all []reg.VecVirtual
	for _, s := range group {
		all = append(all, s.load(base))
	}
	return all
}

// rowWalk emits a walk along each row of matrices, beside vectors of a number
// per column, which stay in the first-level cache.
func (l lanes) rowWalk(matrices, vectors []string, step func(s stretch, at, vectors []reg.Register)) {
	cols := Load(Param(vectors[0]).Len(), GP64())
	rows, v, n := newRowLoop(matrices...), bases(vectors...), GP64()
	rows.each(func(at []reg.Register) {
		MOVQ(cols, n)
		l.walk(n, 4, func(s stretch) { step(s, at, v) })
	})
	leave()
}

func normalizeColumns(l lanes) {
	l.function("normalizeColumns", "(x, xhat []float32, ld, rows int, mean, rest, invStd, gamma, beta []float32)", "NormalizeColumns, the lengths checked and rows at least 1.")
	l.rowWalk([]string{"x", "xhat"}, []string{"mean", "rest", "invStd", "gamma", "beta"}, func(s stretch, at, of []reg.Register) {
		mean, rest, invStd, gamma, beta := of[0], of[1], of[2], of[3], of[4]
		v := s.load(at[0])
		VSUBPS(s.load(mean), v, v)
		VSUBPS(s.load(rest), v, v)
		VMULPS(s.load(invStd), v, v)
		s.store(v, at[1])
		VFMADD213PS(s.load(beta), s.load(gamma), v)
		s.store(v, at[0])
	})
}

func normalizeColumnsBackward(l lanes) {
	l.function("normalizeColumnsBackward", "(dy, xhat []float32, ld, rows int, scale, mean, along []float32)", "NormalizeColumnsBackward, the lengths checked and rows at least 1.")
	l.rowWalk([]string{"dy", "xhat"}, []string{"scale", "mean", "along"}, func(s stretch, at, of []reg.Register) {
		scale, mean, along := of[0], of[1], of[2]
		v := s.load(at[0])
		VSUBPS(s.load(mean), v, v)
		VFNMADD231PS(s.load(at[1]), s.load(along), v)
		VMULPS(s.load(scale), v, v)
		s.store(v, at[0])
	})
}

func affineColumns(l lanes) {
	l.function("affineColumns", "(x []float32, ld, rows int, scale, shift []float32)", "AffineColumns, the lengths checked and rows at least 1.")
	l.rowWalk([]string{"x"}, []string{"scale", "shift"}, func(s stretch, at, of []reg.Register) {
		v := s.load(at[0])
		VFMADD213PS(s.load(of[1]), s.load(of[0]), v)
		s.store(v, at[0])
	})
}

// storeWide writes a stretch of an array of float64.
func (s stretch) storeWide(v [2]reg.VecVirtual, base reg.Register) {
	masks := s.wideMasks()
	for half, x := range v {
		m := Mem{Base: base, Index: s.at, Scale: 8, Disp: (2*s.strand + half) * s.bytes()}
		switch {
		case s.mask == nil:
			VMOVUPD(x, m)
		case s.lanes == zmmLanes:
			VMOVUPD(x, masks[half], m)
		default:
			VMASKMOVPD(x, masks[half], m)
		}
	}
}

// wideMasks are the stretch's mask for float64, in two registers.
func (s stretch) wideMasks() (masks [2]reg.Register) {
	switch {
	case s.mask == nil:
	case s.lanes == zmmLanes:
		high := K()
		KSHIFTRW(U8(8), s.mask, high)
		masks = [2]reg.Register{s.mask, high}
	default:
		mask := s.mask.(reg.VecVirtual)
		low, high := YMM(), YMM()
		VPMOVSXDQ(mask.AsX(), low)
		VPMOVSXDQ(s.upper(mask), high)
		masks = [2]reg.Register{low, high}
	}
	return masks
}

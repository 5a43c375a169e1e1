package kernel

import (
	"math"
	"unsafe"

	"github.com/klauspost/cpuid/v2"
)

// The loops of code_loops.go in assembly. AVX-512 alone brings nothing that
// makes them faster; its extensions for integers do, where they are there.
var (
	avx2Code = codeLoops{
		toHalf: toHalfAVX2, fromHalf: fromHalfAVX2, addHalf: addHalfAVX2, mulHalf: mulHalfAVX2,
		toInt16: toInt16AVX2, toInt8: toInt8AVX2,
		addInt16: addInt16AVX2, addInt8: addInt8AVX2,
		dotInt8: dotInt8Long, dotsInt8: dotsInt8Long,
		maxAbs: maxAbsAVX2, quantize: quantizeAVX2, mulInt8: tilesAVX2.multiply,
		bitDot: bitDotAVX2, bitDots: bitDotsAVX2,
	}
	avx512Code = avx512CodeLoops(cpuid.CPU.Has(cpuid.AVX512VNNI), cpuid.CPU.Has(cpuid.AVX512VPOPCNTDQ))
)

func avx512CodeLoops(vnni, vpopcntdq bool) codeLoops {
	loops := avx2Code
	loops.addInt16, loops.addInt8 = addInt16AVX512, addInt8AVX512
	if vnni {
		loops.dotInt8, loops.dotsInt8, loops.mulInt8 = dotInt8VNNI, dotsInt8VNNI, tilesVNNI.multiply
	}
	if vpopcntdq {
		loops.bitDot, loops.bitDots = bitDotVPOPCNTDQ, bitDotsVPOPCNTDQ
	}
	return loops
}

// longCode is the least length that dotInt8AVX2 takes.
const longCode = 16

func dotInt8Long(x, y []int8) int32 {
	if len(x) < longCode {
		return dotInt8(x, y)
	}
	return dotInt8AVX2(x, y)
}

func dotsInt8Long(dst []int32, query, codes []int8) {
	if len(query) < longCode {
		dotsInt8(dst, query, codes)
		return
	}
	dotsInt8AVX2(dst, query, codes)
}

// int8Tile computes some rows and columns of an int8Product; floor is what no
// output is below.
type int8Tile func(depth int, a *uint8, lda int, panels *int8, start *int32, colScales, bias, rowScales *float32, floor float32, c *float32, ldc, cols int)

// int8Tiles cover a product: as many tiles of rows x cols as fit, then panels
// by themselves, then rows by themselves.
type int8Tiles struct {
	rows, cols    int
	block, panel  int8Tile // rows x cols, rows x panelCols
	row, rowPanel int8Tile // 1 x cols, 1 x panelCols
}

var (
	tilesVNNI = int8Tiles{rows: 6, cols: 64,
		block: int8Tile6x64VNNI, panel: int8Tile6x16VNNI, row: int8Tile1x64VNNI, rowPanel: int8Tile1x16VNNI}
	tilesAVX2 = int8Tiles{rows: 4, cols: panelCols,
		block: int8Tile4x16AVX2, panel: int8Tile4x16AVX2, row: int8Tile1x16AVX2, rowPanel: int8Tile1x16AVX2}
)

func (t int8Tiles) multiply(p int8Product) {
	floor := float32(math.Inf(-1))
	if p.relu {
		floor = 0
	}
	var cols int
	for j := 0; j < p.cols; j += cols {
		block, row := t.block, t.row
		if cols = t.cols; cols > p.cols-j {
			cols, block, row = panelCols, t.panel, t.rowPanel
		}
		var rows int
		for i := 0; i < p.rows; i += rows {
			tile := block
			if rows = t.rows; rows > p.rows-i {
				rows, tile = 1, row
			}
			tile(p.depth, unsafe.SliceData(p.a[min(i*p.lda, len(p.a)):]), p.lda,
				unsafe.SliceData(p.panels[j*roundUp(p.depth, panelGroup):]),
				&p.start[j], &p.colScales[j], &p.bias[j], &p.rowScales[i],
				floor, &p.c[i*p.ldc+j], p.ldc, min(panelCols, p.cols-j))
		}
	}
}

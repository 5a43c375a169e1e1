package code

import (
	"unsafe"

	"github.com/klauspost/cpuid/v2"
)

// avx512 counts bits and multiplies bytes in the instructions made for it.
var avx512 = loops{"avx512", scanAVX512, rowsAVX512, sweepAVX512, prefetch}

// supported lists the sets that this processor can run, fastest first.
func supported() []loops {
	if cpuid.CPU.Supports(cpuid.AVX512F, cpuid.AVX512BW, cpuid.AVX512DQ, cpuid.AVX512VL, cpuid.AVX512VNNI, cpuid.AVX512BITALG) {
		return []loops{avx512, portable}
	}
	return []loops{portable}
}

// scanAVX512 takes the widths that have a loop of their own: 64, 128 and 256.
func scanAVX512(slots []int32, uppers []float32, list List, n int, planes []uint64, l line, pass []uint64, next *List) int {
	var bits *uint64
	if pass != nil {
		bits = &pass[0]
	}
	scan := scan4
	switch len(planes) / queryPlanes {
	case 1:
		scan = scan1
	case 2:
		scan = scan2
	case 4:
	default:
		return scanPortable(slots, uppers, list, n, planes, l, pass, next)
	}
	factors := (*uint32)(unsafe.Pointer(&list.Factors[0]))
	return scan(&slots[0], &uppers[0], &list.Codes[0], factors, &list.Slots[0], n, &planes[0], &l.base, bits, 64*len(pass),
		&next.Codes[0], (*uint32)(&next.Factors[0]))
}

// What the generator knows of Chunk and Mark: these lengths must not be
// negative, nor these indices beyond 0.
var (
	_ [32 - unsafe.Sizeof(Chunk{})]struct{}
	_ [unsafe.Sizeof(Chunk{}) - 32]struct{}
	_ [12 - unsafe.Sizeof(Mark{})]struct{}
	_ [unsafe.Sizeof(Mark{}) - 12]struct{}
	_ [0 - unsafe.Offsetof(Mark{}.Scale)]struct{}
	_ [8 - unsafe.Offsetof(Chunk{}.marks)]struct{}
	_ [unsafe.Offsetof(Chunk{}.marks) - 8]struct{}
	_ [14 - ChunkBits]struct{}
	_ [ChunkBits - 14]struct{}
)

func rowsAVX512(dst []float32, chunks []Chunk, slots []int32, q *Query) {
	table := (*byte)(unsafe.Pointer(&chunks[0]))
	dotRows(&dst[0], table, &slots[0], len(slots), len(q.coarse), &q.coarse[0], &q.rest[0], q.step, q.fine)
}

func sweepAVX512(slots []int32, scores []float32, r run, q *Query, floor float32) int {
	marks := (*byte)(unsafe.Pointer(r.marks))
	return sweep(&slots[0], &scores[0], r.rows, marks, &r.pass[0], r.first, r.blocks, len(q.coarse), &q.coarse[0], &q.rest[0], q.step, q.fine, floor)
}

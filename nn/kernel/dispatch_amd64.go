package kernel

import "github.com/klauspost/cpuid/v2"

// supported lists the sets that this processor can run, fastest first.
func supported() []loops {
	var sets []loops
	if cpuid.CPU.Supports(cpuid.AVX512F, cpuid.AVX512BW, cpuid.AVX512DQ, cpuid.AVX512VL, cpuid.AVX2, cpuid.FMA3, cpuid.F16C) {
		sets = append(sets, loops{"avx512", avx512Gemm, avx512Vector, avx512Layer, avx512Code})
	}
	if cpuid.CPU.Supports(cpuid.AVX2, cpuid.FMA3, cpuid.F16C) {
		sets = append(sets, loops{"avx2", avx2Gemm, avx2Vector, avx2Layer, avx2Code})
	}
	// SSE2 is part of the architecture. Only the products have it.
	sets = append(sets, loops{"sse2", sse2Gemm, portableVector, portableLayer, portableCode})
	return append(sets, portable)
}

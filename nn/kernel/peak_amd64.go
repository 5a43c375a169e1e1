package kernel

// peakOf is the loop with the instructions of a set.
func peakOf(set string) peakLoop {
	switch set {
	case "avx512":
		return peakLoop{run: peakAVX512, sums: 24, width: 16}
	case "avx2":
		return peakLoop{run: peakAVX2, sums: 14, width: 8}
	case "sse2":
		return peakLoop{run: peakSSE2, sums: 14, width: 4}
	}
	return portablePeak
}

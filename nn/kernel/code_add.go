package kernel

// AddInt16 sets dst[i] to scale*codes[i] + y[i], a product rounded to float32
// and then a sum: every set of kernels gives the same bits. It is how a row
// that is kept as whole numbers of 16 bits enters a sum of layers. dst may be
// y. It panics where dst or y is shorter than codes.
func AddInt16(dst []float32, codes []int16, scale float32, y []float32) {
	active.addInt16(dst[:len(codes)], codes, scale, y[:len(codes)])
}

// AddInt8 is AddInt16 for numbers of 8 bits.
func AddInt8(dst []float32, codes []int8, scale float32, y []float32) {
	active.addInt8(dst[:len(codes)], codes, scale, y[:len(codes)])
}

func addCodes[Code int8 | int16](dst []float32, codes []Code, scale float32, y []float32) {
	dst, y = dst[:len(codes)], y[:len(codes)]
	for i, c := range codes {
		dst[i] = float32(scale*float32(c)) + y[i]
	}
}

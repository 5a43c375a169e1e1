package code

import "github.com/reelrank/reelrank/nn/kernel"

//go:generate go run ./internal/gen -pkg code -out loops_asm_amd64.s -stubs loops_asm_amd64.go

// loops are the innermost loops of one instruction set.
type loops struct {
	name  string
	scan  func(slots []int32, uppers []float32, list List, n int, planes []uint64, l line, pass []uint64, next *List) int
	rows  func(dst []float32, chunks []Chunk, slots []int32, q *Query)
	sweep func(slots []int32, scores []float32, run run, q *Query, floor float32) int
	// prefetch asks for memory that will be read soon; it may do nothing.
	prefetch func(p *byte, bytes int)
}

var portable = loops{"portable", scanPortable, rowsPortable, sweepPortable, func(*byte, int) {}}

// active is the set in use. It is chosen once, when the program starts.
var active = choose(kernel.Active())

// choose follows the choice of package kernel: who forces a slower set there
// wants it here as well.
func choose(name string) loops {
	for _, set := range supported() {
		if set.name == name {
			return set
		}
	}
	return portable
}

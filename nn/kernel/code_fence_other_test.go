//go:build !linux

package kernel

import (
	"math/rand/v2"
	"testing"
	"unsafe"
)

// fenced returns n zeros between canaries, which are looked at in the end.
func fenced[T any](t testing.TB, _ *rand.Rand, n int) []T {
	t.Helper()
	const canary, around = 0xa5, 64
	size := n * int(unsafe.Sizeof(*new(T)))
	whole := make([]byte, size+2*around)
	fences := [][]byte{whole[:around], whole[around+size:]}
	for _, f := range fences {
		for i := range f {
			f[i] = canary
		}
	}
	t.Cleanup(func() {
		for _, f := range fences {
			for _, b := range f {
				if b != canary {
					t.Errorf("a kernel wrote outside its slice of %d", n)
					return
				}
			}
		}
	})
	return unsafe.Slice((*T)(unsafe.Pointer(&whole[around])), n)
}

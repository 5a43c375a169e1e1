package kernel

import (
	"math/rand/v2"
	"os"
	"syscall"
	"testing"
	"unsafe"
)

// fenced returns n zeros in memory of their own: pages that nobody may touch
// begin where they end, or end where they begin, as rng has it. Reading beyond
// that end stops the test; what lies beyond the other holds canaries.
func fenced[T any](t testing.TB, rng *rand.Rand, n int) []T {
	t.Helper()
	page, size := os.Getpagesize(), n*int(unsafe.Sizeof(*new(T)))
	inner := max(roundUp(size, page), page)
	whole, err := syscall.Mmap(-1, 0, inner+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	for _, guard := range [][]byte{whole[:page], whole[page+inner:]} {
		if err := syscall.Mprotect(guard, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	const canary = 0xa5
	memory := whole[page:][:inner]
	slice, rest := memory[inner-size:], memory[:inner-size]
	if rng.IntN(2) == 0 {
		slice, rest = memory[:size], memory[size:]
	}
	for i := range rest {
		rest[i] = canary
	}
	t.Cleanup(func() {
		for _, b := range rest {
			if b != canary {
				t.Errorf("a kernel wrote outside its slice of %d", n)
				break
			}
		}
		if err := syscall.Munmap(whole); err != nil {
			t.Error(err)
		}
	})
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(slice))), n)
}

package kernel

import (
	"os"
	"syscall"
	"testing"
	"unsafe"
)

// fence is memory between two pages that cannot be accessed: who reads or
// writes beyond it crashes.
type fence struct{ x []float32 }

// newFence has room for n values.
func newFence(t testing.TB, n int) fence {
	page := os.Getpagesize()
	size := roundUp(max(4*n, 1), page)
	all, err := syscall.Mmap(-1, 0, size+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(all) })
	for _, guard := range [][]byte{all[:page], all[page+size:]} {
		if err := syscall.Mprotect(guard, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	return fence{unsafe.Slice((*float32)(unsafe.Pointer(&all[page])), size/4)}
}

// front is the first n values, back the last n.
func (f fence) front(n int) []float32 { return f.x[:n:n] }
func (f fence) back(n int) []float32  { return f.x[len(f.x)-n:] }

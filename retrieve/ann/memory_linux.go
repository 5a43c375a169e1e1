package ann

import (
	"os"
	"syscall"
	"unsafe"
)

// newBytes returns memory for rows. They are read in no order, so that large
// pages save most of the time that finding them takes; the kernel gives them
// where it is asked to.
func newBytes(n int) []int8 {
	b := make([]int8, n)
	adviseLargePages(b)
	return b
}

const adviceLargePages = 14 // MADV_HUGEPAGE

func adviseLargePages(b []int8) {
	page := uintptr(os.Getpagesize())
	start := uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	skip := -start & (page - 1)
	if size := uintptr(len(b)); size > skip+page {
		whole := unsafe.Slice((*byte)(unsafe.Pointer(&b[skip])), (size-skip)&^(page-1))
		_ = syscall.Madvise(whole, adviceLargePages) // without them it is only slower
	}
}

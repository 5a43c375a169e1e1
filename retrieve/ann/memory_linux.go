package ann

import "syscall"

const adviceLargePages = 14 // MADV_HUGEPAGE

// adviseLargePages asks the kernel for large pages, which it gives where it is
// asked to.
func adviseLargePages(b []byte) {
	_ = syscall.Madvise(b[:len(b)&^(largePage-1)], adviceLargePages) // without them it is only slower
}

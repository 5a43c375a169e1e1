//go:build !linux

package ann

// adviseLargePages leaves the choice of pages to the system.
func adviseLargePages([]byte) {}

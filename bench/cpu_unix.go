//go:build unix

package bench

import (
	"syscall"
	"time"
)

// processorTime is how long this process has run on the processors so far; 0
// where the system does not tell.
func processorTime() time.Duration {
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

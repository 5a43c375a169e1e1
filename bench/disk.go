package bench

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// What Disk writes at a time, about as much as an event with its profile, and
// how often.
const (
	diskBytes  = 2 << 10
	diskWrites = 400
)

// Disk measures what any durable write must wait for: appending 2 KB to a file
// in the directory and syncing it, again and again, for 400 times.
func Disk(dir string) (l Latencies, err error) {
	f, err := os.CreateTemp(dir, "disk-*")
	if err != nil {
		return l, fmt.Errorf("measure the disk: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	block, took := make([]byte, diskBytes), make([]time.Duration, diskWrites)
	for i := range took {
		start := time.Now()
		if _, err := f.Write(block); err != nil {
			return l, fmt.Errorf("measure the disk: %w", err)
		}
		if err := f.Sync(); err != nil {
			return l, fmt.Errorf("measure the disk: %w", err)
		}
		took[i] = time.Since(start)
	}
	return latencies(took), nil
}

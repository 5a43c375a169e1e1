package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// What Disk writes at a time, about as much as an event with its profile, and
// how long it rests in between.
const (
	diskBytes = 2 << 10
	diskPause = 20 * time.Millisecond
)

// Disk measures what any durable write must wait for, until ctx ends: appending
// 2 KB to a file in the directory and syncing it, fifty times a second at most.
func Disk(ctx context.Context, dir string) (l Latencies, err error) {
	f, err := os.CreateTemp(dir, "disk-*")
	if err != nil {
		return l, fmt.Errorf("measure the disk: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	var took []time.Duration
	for block := make([]byte, diskBytes); ; {
		start := time.Now()
		if _, err := f.Write(block); err != nil {
			return l, fmt.Errorf("measure the disk: %w", err)
		}
		if err := f.Sync(); err != nil {
			return l, fmt.Errorf("measure the disk: %w", err)
		}
		took = append(took, time.Since(start))
		select {
		case <-ctx.Done():
			return latencies(took), nil
		case <-time.After(diskPause):
		}
	}
}

//go:build !amd64

package kernel

// peakOf is the loop with the instructions of a set.
func peakOf(string) peakLoop { return portablePeak }

//go:build !linux

package kernel

import "testing"

// fence is memory with a limit that only Go code keeps to.
type fence struct{ x []float32 }

func newFence(_ testing.TB, n int) fence { return fence{make([]float32, n)} }

func (f fence) front(n int) []float32 { return f.x[:n:n] }
func (f fence) back(n int) []float32  { return f.x[len(f.x)-n:] }

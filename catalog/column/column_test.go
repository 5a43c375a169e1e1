package column

import (
	"sync"
	"sync/atomic"
	"testing"
)

func TestElementsStayWhereTheyAre(t *testing.T) {
	var c Column[int]
	c.Grow(3)
	first := c.At(2)
	*first = 7
	for n := range 50 * chunk {
		c.Grow(n)
	}
	if c.At(2) != first || *c.At(2) != 7 {
		t.Error("an element moved when the column grew")
	}
	if *c.At(49 * chunk) != 0 {
		t.Error("a new element is not zero")
	}
}

func TestOnlyWhatThereIsRoomForIsFound(t *testing.T) {
	var c Column[int]
	for _, i := range []int32{0, 1, -1} {
		if c.Find(i) != nil {
			t.Errorf("element %d of an empty column is found", i)
		}
	}
	c.Grow(chunk + 1)
	for i, want := range map[int32]bool{0: true, chunk: true, 2*chunk - 1: true, 2 * chunk: false, -1: false, -2 * chunk: false} {
		if got := c.Find(i) != nil; got != want {
			t.Errorf("element %d of %d is found: %v", i, c.Cap(), got)
		}
	}
	c.Grow(1)
	if c.Cap() != 2*chunk {
		t.Errorf("growing to less leaves room for %d, want %d", c.Cap(), 2*chunk)
	}
}

// TestReadersWhileItGrows has readers follow a writer that publishes its
// length: whatever is below the length is there.
func TestReadersWhileItGrows(t *testing.T) {
	var c Column[atomic.Int64]
	var length atomic.Int32
	const last = 20 * chunk
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for {
				n := length.Load()
				if n > 0 && c.At(n-1).Load() != int64(n) {
					t.Errorf("element %d is %d, want %d", n-1, c.At(n-1).Load(), n)
					return
				}
				if n == last {
					return
				}
			}
		})
	}
	for n := int32(1); n <= last; n++ {
		c.Grow(int(n))
		c.At(n - 1).Store(int64(n))
		length.Store(n)
	}
	readers.Wait()
}

func BenchmarkAt(b *testing.B) {
	var c Column[int64]
	c.Grow(1 << 20)
	var sum int64
	for i := int32(0); b.Loop(); i++ {
		sum += *c.At(i * 7919 & (1<<20 - 1))
	}
	if sum != 0 {
		b.Fatal("an element was not zero")
	}
}

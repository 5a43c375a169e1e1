package kernel

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestParallelCoversTheRangeOnceInRangesThatThreadsDoNotMove(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n, grain := rapid.IntRange(-3, 200).Draw(rt, "n"), rapid.IntRange(-1, 70).Draw(rt, "grain")
		setThreads(t, rapid.IntRange(1, 8).Draw(rt, "threads"))
		var mu sync.Mutex
		var got [][2]int
		Parallel(n, grain, func(lo, hi int) {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, [2]int{lo, hi})
		})
		slices.SortFunc(got, func(a, b [2]int) int { return a[0] - b[0] })
		var want [][2]int
		for lo := 0; lo < n; lo += max(grain, 1) {
			want = append(want, [2]int{lo, min(lo+max(grain, 1), n)})
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("n=%d grain=%d: %v, want %v", n, grain, got, want)
		}
	})
}

// Three levels deep on one processor: nobody may wait for a thread that waits.
func TestNestedParallelEndsOnOneProcessor(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	setThreads(t, 4)
	var calls atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		Parallel(4, 1, func(int, int) {
			Parallel(4, 1, func(int, int) {
				Parallel(4, 1, func(int, int) { calls.Add(1) })
			})
		})
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("deadlock")
	}
	if calls.Load() != 64 {
		t.Errorf("%d of 64 calls", calls.Load())
	}
}

func TestKernelsRunSideBySide(t *testing.T) {
	setThreads(t, 2)
	p := newProblem(1, false, true, false, 120, 130, 70, 0)
	want := slices.Clone(p.c)
	p.run(want)
	Parallel(16, 1, func(int, int) {
		got := slices.Clone(p.c)
		p.run(got)
		if at := firstDifference(got, want); at >= 0 {
			t.Errorf("differs at %d", at)
		}
	})
}

func TestAPanicReachesTheCaller(t *testing.T) {
	for _, threads := range []int{1, 4} {
		t.Run(fmt.Sprint(threads), func(t *testing.T) {
			setThreads(t, threads)
			defer func() {
				if got := recover(); got != "the third range" {
					t.Errorf("recovered %v", got)
				}
			}()
			Parallel(100, 10, func(lo, _ int) {
				if lo == 20 {
					panic("the third range")
				}
			})
			t.Error("no panic")
		})
	}
}

func TestThreadsFollowGOMAXPROCSUnlessSet(t *testing.T) {
	setThreads(t, 3)
	if Threads() != 3 {
		t.Errorf("set to 3: %d", Threads())
	}
	for _, n := range []int{0, -1} {
		SetThreads(n)
		if Threads() != runtime.GOMAXPROCS(0) {
			t.Errorf("set to %d: %d, want GOMAXPROCS %d", n, Threads(), runtime.GOMAXPROCS(0))
		}
	}
}

func TestOneThreadRunsOnTheCallersGoroutine(t *testing.T) {
	setThreads(t, 1)
	before := runtime.NumGoroutine()
	Parallel(8, 1, func(int, int) {
		if n := runtime.NumGoroutine(); n > before {
			t.Errorf("%d goroutines, %d before", n, before)
		}
	})
}

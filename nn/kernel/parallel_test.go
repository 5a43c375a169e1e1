package kernel

import (
	"fmt"
	"runtime"
	"runtime/debug"
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

// However many calls there are within calls and side by side, they share one
// helper fewer than there are threads.
func TestAllCallsShareTheHelpers(t *testing.T) {
	const threads, callers = 3, 6
	setThreads(t, threads)
	waitForHelpersToEnd(t)
	var atWork, most atomic.Int32
	count := func(int, int) {
		n := atWork.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		time.Sleep(200 * time.Microsecond)
		atWork.Add(-1)
	}
	var wait sync.WaitGroup
	for range callers {
		wait.Go(func() {
			for range 5 {
				Parallel(3, 1, func(int, int) { Parallel(3, 1, count) })
			}
		})
	}
	wait.Wait()
	if n := most.Load(); n > callers+threads-1 {
		t.Errorf("%d at work at once, want at most the %d callers and %d helpers", n, callers, threads-1)
	}
}

// A helper brings its own goroutine to a busy call; a call within finds none
// left and stays where it is.
func TestACallWithinABusyCallStaysOnItsGoroutine(t *testing.T) {
	setThreads(t, 2)
	waitForHelpersToEnd(t)
	var busy, done sync.WaitGroup
	busy.Add(2)
	done.Add(2)
	var helped atomic.Bool
	Parallel(2, 1, func(int, int) {
		busy.Done()
		if !waitFor(&busy, 5*time.Second) {
			return // no helper came; there is nothing to see
		}
		helped.Store(true)
		var atWork atomic.Int32
		Parallel(20, 1, func(int, int) {
			if n := atWork.Add(1); n > 1 {
				t.Errorf("%d at work on the call within", n)
			}
			runtime.Gosched()
			atWork.Add(-1)
		})
		done.Done()
		waitFor(&done, 5*time.Second) // who is done first would help the other
	})
	if !helped.Load() {
		t.Error("no helper came within 5 seconds")
	}
}

func waitFor(group *sync.WaitGroup, limit time.Duration) bool {
	done := make(chan struct{})
	go func() {
		group.Wait()
		close(done)
	}()
	select {
	case <-done:
		return true
	case <-time.After(limit):
		return false
	}
}

// Calls that follow each other find the helper of the one before, or none.
func TestEveryTaskIsDoneOnceInManyShortCalls(t *testing.T) {
	for _, processors := range []int{1, 2, 4} {
		t.Run(fmt.Sprint(processors), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
			setThreads(t, 3)
			var wait sync.WaitGroup
			for range 3 {
				wait.Go(func() {
					done := make([]int, 7) // each element has one writer at a time
					count := func(lo, _ int) { done[lo]++ }
					const calls = 2000
					for range calls {
						Parallel(len(done), 1, count)
					}
					for i, n := range done {
						if n != calls {
							t.Errorf("task %d was done %d times in %d calls", i, n, calls)
						}
					}
				})
			}
			wait.Wait()
		})
	}
}

func TestParallelAllocatesNothing(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes sync.Pool forget at random")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection empties the pools
	setThreads(t, 2)
	var sum atomic.Int64
	add := func(lo, hi int) { sum.Add(int64(hi - lo)) }
	Parallel(64, 4, add)
	if n := testing.AllocsPerRun(100, func() { Parallel(64, 4, add) }); n >= 1 {
		t.Errorf("%g allocations", n)
	}
}

func TestAHelperThatPanicsLeavesTheNextCallsAlone(t *testing.T) {
	setThreads(t, 4)
	for range 50 {
		if !panics(func() { Parallel(8, 1, func(lo, _ int) { panic(lo) }) }) {
			t.Fatal("no panic")
		}
		var n atomic.Int32
		Parallel(8, 1, func(int, int) { n.Add(1) })
		if n.Load() != 8 {
			t.Fatalf("%d of 8 tasks", n.Load())
		}
	}
}

func TestHelpersEndWhenThereIsNothingToDo(t *testing.T) {
	setThreads(t, 4)
	Parallel(100, 1, func(int, int) { runtime.Gosched() })
	waitForHelpersToEnd(t)
}

func waitForHelpersToEnd(t *testing.T) {
	for start := time.Now(); helpers.Load() > 0; {
		if time.Since(start) > 5*time.Second {
			t.Fatalf("%d helpers still there", helpers.Load())
		}
		time.Sleep(time.Millisecond)
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

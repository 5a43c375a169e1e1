package kernel

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// The workers of the process: each call's own goroutine, and helpers that all
// calls share. There are never more than Threads()-1 helpers, so that calls
// within calls and calls side by side do not crowd the processors. Nobody waits
// for a helper to come, only for those that came to finish what they are at;
// hence no deadlock, on one processor neither.
//
// Waking a goroutine takes longer than many a product. A helper that is done
// therefore lingers, looking for the next call, before it ends. Between two
// calls that follow each other closely there is no waking at all.
var (
	helpers   atomic.Int32         // goroutines that help or linger
	lingering atomic.Int32         // those that linger
	offered   atomic.Pointer[crew] // the call that they may join
)

// lingerTime is how long a helper looks for the next call, and a caller for the
// end of its helpers: about as long as it takes to wake a goroutine that sleeps
// (measured on two cores of a virtual machine: 50 to 70 microseconds, 8 of
// which the one that wakes it is busy).
const lingerTime = 50 * time.Microsecond

// pollsPerYield is how many looks there are between two yields to goroutines
// that have something to do: a tenth of a microsecond's worth.
const pollsPerYield = 64

// crew is the goroutines that work on one call.
type crew struct {
	single   func(task int)   // one of these two
	ranges   func(lo, hi int) // of [0, n), grain long
	n, grain int

	tasks    int64
	next     atomic.Int64 // the first task that nobody has taken
	wanted   atomic.Int32 // helpers that may still join
	inside   atomic.Int64 // helpers that have joined, and the two bits below
	done     chan struct{}
	panicked atomic.Pointer[any]
	help     func() // a helper's life; made once, since it lies on the heap
}

// What is added to a crew's inside beside its helpers.
const (
	crewOpen   = 1 << 32 // helpers may join
	crewAsleep = 1 << 33 // the last one to leave wakes the caller
)

// crews holds crews that are not at work. A helper that was started for one and
// comes late finds it closed, or helps with what it is at by then.
var crews = sync.Pool{New: func() any {
	c := &crew{done: make(chan struct{}, 1)}
	c.help = func() { helper(c) }
	return c
}}

// run works through the tasks on up to threads goroutines, each of which takes
// the next one when it is free, and gives the crew back to the pool.
func (c *crew) run(tasks, threads int) {
	c.tasks = int64(tasks)
	c.next.Store(0)
	c.wanted.Store(int32(min(threads, tasks) - 1))
	c.inside.Store(crewOpen)
	c.work(true)
	c.wanted.Store(0)
	offered.CompareAndSwap(c, nil)
	c.dismiss()
	p := c.panicked.Swap(nil)
	c.single, c.ranges = nil, nil // the pool holds on to nobody's memory
	crews.Put(c)
	if p != nil {
		panic(*p)
	}
}

// work takes tasks until there are none. Between them the caller looks for help.
func (c *crew) work(caller bool) {
	defer func() {
		if p := recover(); p != nil {
			fault := p // p itself stays off the heap
			c.panicked.CompareAndSwap(nil, &fault)
			c.next.Store(c.tasks) // the others need not go on
		}
	}()
	for {
		t := c.next.Add(1) - 1
		if t >= c.tasks {
			return
		}
		if caller && t+1 < c.tasks {
			c.recruit()
		}
		if c.ranges != nil {
			lo := int(t) * c.grain
			c.ranges(lo, min(lo+c.grain, c.n))
		} else {
			c.single(int(t))
		}
	}
}

// recruit offers the work to the helpers that linger, and starts others in the
// place of those that do not.
func (c *crew) recruit() {
	if c.wanted.Load() <= 0 {
		return
	}
	offered.CompareAndSwap(nil, c) // another call's offer comes first
	for c.wanted.Load() > lingering.Load() {
		n := helpers.Load()
		if int(n) >= Threads()-1 {
			return
		}
		if helpers.CompareAndSwap(n, n+1) {
			c.wanted.Add(-1)
			go c.help()
		}
	}
}

// helper works on the call that it was started for, and then on those that it
// finds while it lingers.
func helper(c *crew) {
	defer helpers.Add(-1)
	if !c.join() {
		c = linger()
	}
	for c != nil {
		c.assist()
		c = linger()
	}
}

// assist takes part in the work of a call that the helper has joined.
func (c *crew) assist() {
	defer func() {
		if c.inside.Add(-1) == crewAsleep {
			c.done <- struct{}{}
		}
	}()
	c.work(false)
}

// join tells whether the call is still going on; if so, it waits for the helper.
func (c *crew) join() bool {
	for {
		n := c.inside.Load()
		if n&crewOpen == 0 {
			return false
		}
		if c.inside.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// linger looks for a call, joins it and returns it; nil if none came in time.
func linger() *crew {
	lingering.Add(1)
	var found *crew
	waitBriefly(func() bool {
		found = joinOffered()
		return found != nil
	})
	lingering.Add(-1)
	if found == nil { // who still counted on this helper has made its offer
		found = joinOffered()
	}
	return found
}

// joinOffered joins the call that looks for helpers, if there is one.
func joinOffered() *crew {
	c := offered.Load()
	if c == nil || c.wanted.Load() <= 0 {
		return nil
	}
	if c.wanted.Add(-1) < 0 || !c.join() {
		c.wanted.Add(1)
		return nil
	}
	return c
}

// dismiss waits until the helpers that have joined are done. They are at their
// last task, so that looking out for the end is mostly shorter than sleeping.
func (c *crew) dismiss() {
	c.inside.Add(-crewOpen)
	if waitBriefly(func() bool { return c.inside.Load() == 0 }) {
		return
	}
	if c.inside.Add(crewAsleep) != crewAsleep {
		<-c.done
	}
	c.inside.Store(0)
}

// waitBriefly calls ready again and again until it holds, or lingerTime is over,
// and lets other goroutines run in between.
func waitBriefly(ready func() bool) bool {
	for start := time.Now(); ; {
		for range pollsPerYield {
			if ready() {
				return true
			}
		}
		runtime.Gosched()
		if time.Since(start) > lingerTime {
			return ready()
		}
	}
}

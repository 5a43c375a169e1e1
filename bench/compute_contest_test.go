package bench

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/reelrank/reelrank/nn/kernel"
)

func TestMedianIsTheLowerOneInTheMiddle(t *testing.T) {
	for _, c := range []struct{ of, want []time.Duration }{
		{[]time.Duration{7}, []time.Duration{7}},
		{[]time.Duration{9, 1, 5}, []time.Duration{5}},
		{[]time.Duration{4, 1, 3, 2}, []time.Duration{2}},
	} {
		before := slices.Clone(c.of)
		if got := median(c.of); got != c.want[0] {
			t.Errorf("median of %v is %v, want %v", c.of, got, c.want[0])
		}
		if !slices.Equal(before, c.of) {
			t.Errorf("median reordered %v to %v", before, c.of)
		}
	}
}

func TestTimingIsTheMedianOfItsRounds(t *testing.T) {
	ms := time.Millisecond
	var got timing
	got.add([]time.Duration{1 * ms, 1 * ms, 4 * ms}) // mean 2, half within 1
	got.add([]time.Duration{30 * ms})                // a disturbed round
	got.add([]time.Duration{3 * ms, 5 * ms})         // mean 4, half within 3
	if v := got.perSecond(8); math.Abs(v-2000) > 1e-9 {
		t.Errorf("8 units in a median of 4 ms are %g a second, want 2000", v)
	}
	if v := got.p50(); v != 3*ms {
		t.Errorf("p50 is %v, want the median of 1, 30 and 3 ms", v)
	}
	if v := got.spread(); v != 7 {
		t.Errorf("spread is %g, want (30-2)/4", v)
	}
	if ratio(3, 2) != 1.5 || ratio(3, 0) != 0 {
		t.Errorf("ratios %g and %g, want 1.5 and 0 for want of a divisor", ratio(3, 2), ratio(3, 0))
	}
}

func TestTurnLastsAsLongAsAskedAndAtLeastOneCall(t *testing.T) {
	calls := 0
	if got := takeTurn(func() { calls++ }, 0); calls != 1 || len(got) != 1 {
		t.Errorf("a turn of no time made %d calls and timed %d, want 1", calls, len(got))
	}
	start := time.Now()
	got := takeTurn(func() { time.Sleep(time.Millisecond) }, 5*time.Millisecond)
	if took := time.Since(start); took < 5*time.Millisecond || len(got) < 1 {
		t.Errorf("%d calls in %v, want at least 5 ms", len(got), took)
	}
}

// seen is what a side's work found around it.
type seen struct {
	side    string
	kernels string
	threads int
}

func TestSidesTakeTurnsWithTheirOwnKernelsAndThreads(t *testing.T) {
	before, procs := kernel.Active(), runtime.GOMAXPROCS(0)
	var log []seen
	note := func(name string) func() {
		return func() { log = append(log, seen{name, kernel.Active(), kernel.Threads()}) }
	}
	var told [][2]int
	c := contest{ctx: t.Context(), rounds: 2, warm: true, progress: func(section string, done, total int) {
		if section != "test" {
			t.Errorf("progress of %q", section)
		}
		told = append(told, [2]int{done, total})
	}}
	timings, err := c.run("test", []side{{set: "portable", threads: 1, work: note("a")}, {threads: 2, work: note("b")}})
	if err != nil {
		t.Fatal(err)
	}
	a, b := seen{"a", "portable", 1}, seen{"b", before, 2}
	if want := []seen{a, a, b, b, a, b}; !slices.Equal(log, want) {
		t.Errorf("calls %v, want a first one each that is not counted, then turns: %v", log, want)
	}
	if want := [][2]int{{1, 4}, {2, 4}, {3, 4}, {4, 4}}; !slices.Equal(told, want) {
		t.Errorf("progress %v, want %v", told, want)
	}
	for i, x := range timings {
		if len(x.means) != 2 || len(x.halves) != 2 {
			t.Errorf("side %d has %d rounds, want 2", i, len(x.means))
		}
	}
	if kernel.Active() != before || runtime.GOMAXPROCS(0) != procs {
		t.Errorf("left %s kernels on %d threads, want %s on %d", kernel.Active(), runtime.GOMAXPROCS(0), before, procs)
	}
}

func TestContestStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := contest{ctx: ctx, rounds: 100}
	calls := 0
	_, err := c.run("test", []side{{threads: 1, work: func() { calls++; cancel() }}})
	if !errors.Is(err, context.Canceled) || calls != 1 {
		t.Errorf("ended after %d calls with error %v, want 1 and the context's", calls, err)
	}
}

func TestContestRefusesKernelsThatAreNone(t *testing.T) {
	c := contest{ctx: t.Context(), rounds: 1}
	if _, err := c.run("test", []side{{set: "abacus", threads: 1, work: func() {}}}); err == nil {
		t.Error("a side with unknown kernels ran")
	}
}

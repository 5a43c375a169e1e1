package train

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// twoBatchers are batchers that a feed may fill with anything.
func twoBatchers() []*batcher { return []*batcher{new(batcher), new(batcher)} }

func TestAFeedBuildsInOrderAndOneAhead(t *testing.T) {
	built := make(chan int, 20)
	f := startFeed(twoBatchers(), 3, 13, func(b *batcher, i int) {
		b.rows = append(b.rows[:0], int32(i))
		built <- i
	})
	defer f.close()
	for want := 3; want < 13; want++ {
		b := f.next()
		if got := b.rows[0]; got != int32(want) {
			t.Fatalf("batch %d comes where %d should", got, want)
		}
		for i := want; want+1 < 13 && i <= want; { // the one after is built while this is in use
			i = <-built
		}
		if got := b.rows[0]; got != int32(want) {
			t.Fatalf("batch %d was overwritten by %d while in use", want, got)
		}
	}
}

// However early a feed is closed, its goroutine ends (goleak watches), and
// nothing is built afterwards.
func TestAClosedFeedBuildsNoMore(t *testing.T) {
	for taken := range 5 {
		n := 0
		f := startFeed(twoBatchers(), 0, 100, func(*batcher, int) { n++ })
		for range taken {
			f.next()
		}
		f.close()
		if n < taken || n > taken+2 {
			t.Errorf("%d batches were built for %d that were taken", n, taken)
		}
	}
	startFeed(twoBatchers(), 5, 5, func(*batcher, int) { t.Error("an empty feed builds") }).close()
}

func TestAFeedTellsHowLongItWasWaitedFor(t *testing.T) {
	const slow = 5 * time.Millisecond
	f := startFeed(twoBatchers(), 0, 3, func(*batcher, int) { time.Sleep(slow) })
	defer f.close()
	for range 3 {
		f.next()
	}
	if f.waited < 2*slow {
		t.Errorf("three batches that take %v each were waited for %v", slow, f.waited)
	}
}

// A batch is the same whether it is built ahead or when it is needed, by
// whichever batcher and whatever that held before.
func TestBatchesDoNotDependOnWhenTheyAreBuilt(t *testing.T) {
	w := newWorld(71, 8, 40, 500)
	trainer := newTrainer(t, w, tinyTrain())
	groups := group(trainer.ex.trainingWindows(w.parts().Train, seeded(1)), 40)
	build := func(b *batcher, i int) { trainer.buildStep(b, groups[i], forSteps, uint64(i)) }
	alone := newTrainer(t, w, tinyTrain()).batchers[0]
	f := startFeed(trainer.batchers, 0, len(groups), build)
	defer f.close()
	for i := range groups {
		build(alone, i)
		got := f.next()
		if !slices.Equal(got.rows, alone.rows) || !slices.Equal(got.columns, alone.columns) || !slices.Equal(got.batch.IDs, alone.batch.IDs) ||
			!sameBits(got.batch.LogQ, alone.batch.LogQ) || got.rng.Uint64() != alone.rng.Uint64() {
			t.Fatalf("batch %d differs when it is built ahead", i)
		}
	}
}

// A run that ends early leaves no goroutine (goleak watches): cancelled or
// broken, in an epoch, in its validation or in the last pass.
func TestAStoppedRunLeavesNothingRunning(t *testing.T) {
	w := newWorld(72, 6, 24, 300)
	cfg := tinyTrain()
	cfg.BatchEvents, cfg.FinishRate = 48, 0.5
	if err := stopAfter(newTrainer(t, w, cfg), 2); !errors.Is(err, ErrInterrupted) {
		t.Errorf("the error is %v", err)
	}
	broken := newTrainer(t, w, cfg)
	poison(broken.ex.Context)
	var stop *NonFiniteError
	if _, err := broken.Run(context.Background(), nil); !errors.As(err, &stop) {
		t.Errorf("the error is %v", err)
	}
	if err := broken.Finish(context.Background()); !errors.As(err, &stop) {
		t.Errorf("the error of the last pass is %v", err)
	}
}

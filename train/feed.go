package train

import (
	"sync"
	"time"
)

// feed lays batches out ahead: while one is computed with, a goroutine of the
// feed's builds the next. They come in order, and what is in them does not
// depend on when they are built. Who starts a feed closes it.
type feed struct {
	free, ready chan *batcher
	stop        chan struct{}
	ended       sync.WaitGroup
	taken       *batcher      // what next returned last
	waited      time.Duration // that calls of next waited, in all
}

// startFeed builds the batches from, from+1, ... to-1 into the given batchers
// in turn, two of them for a batch ahead.
func startFeed(batchers []*batcher, from, to int, build func(b *batcher, i int)) *feed {
	n := len(batchers)
	f := &feed{free: make(chan *batcher, n), ready: make(chan *batcher, n), stop: make(chan struct{})}
	for _, b := range batchers {
		f.free <- b
	}
	f.ended.Go(func() { f.run(from, to, build) })
	return f
}

func (f *feed) run(from, to int, build func(b *batcher, i int)) {
	for i := from; i < to; i++ {
		select {
		case <-f.stop:
			return
		case b := <-f.free:
			build(b, i)
			f.ready <- b // there is room for all of them
		}
	}
}

// next returns the next batch, which is valid until the call after. It may be
// called once per batch.
func (f *feed) next() *batcher {
	if f.taken != nil {
		f.free <- f.taken
	}
	start := time.Now()
	f.taken = <-f.ready
	f.waited += time.Since(start)
	return f.taken
}

// close ends the feed and waits for its goroutine.
func (f *feed) close() {
	close(f.stop)
	f.ended.Wait()
}

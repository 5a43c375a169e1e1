package ann

import (
	"context"
	"time"
)

// tidyEvery is the pause between two looks at what is to be done.
const tidyEvery = time.Second

// Maintain keeps the index in shape while it lives: it builds lists when there
// are enough vectors for them, splits and merges lists as they grow and
// shrink, and trains them anew when the vectors have moved away from them. It
// returns when ctx is done, with its error. One goroutine should run it;
// searches never wait for it.
func (x *Index) Maintain(ctx context.Context) error {
	tick := time.NewTicker(tidyEvery)
	defer tick.Stop()
	for {
		if _, err := x.Tidy(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// Tidied is what one look led to.
type Tidied struct {
	Rebuilt       bool
	Split, Merged int // lists
}

// Tidy does what Maintain does, once.
func (x *Index) Tidy(ctx context.Context) (Tidied, error) {
	x.maintain.Lock()
	defer x.maintain.Unlock()
	if x.wantsRebuild() {
		err := x.rebuild(ctx)
		return Tidied{Rebuilt: err == nil}, err
	}
	if x.file.Load() == nil {
		return Tidied{}, ctx.Err()
	}
	return x.level(ctx)
}

func (x *Index) wantsRebuild() bool {
	x.write.Lock()
	defer x.write.Unlock()
	f := x.file.Load()
	if f == nil {
		return x.Len() > x.options.FlatLimit
	}
	return x.drift.stale(f) || x.Len() < x.options.FlatLimit/2
}

// A list is split when it has so many times the vectors of the average one,
// and merged into others when it has so small a part of them.
const (
	splitAbove = 4
	mergeBelow = 1. / 8
	splitFloor = 64 // a shorter list is never split
)

// level splits and merges lists.
func (x *Index) level(ctx context.Context) (did Tidied, err error) {
	f := x.file.Load()
	average := float64(x.Len()) / float64(max(f.lists(), 1))
	for number := range int32(len(f.postings)) {
		if err := ctx.Err(); err != nil {
			return did, err
		}
		if f.postings[number] == nil {
			continue
		}
		switch live := float64(x.liveIn(f, number)); {
		case live > max(splitAbove*average, splitFloor):
			if x.split(number) {
				did.Split++
			}
		case live < mergeBelow*average && x.file.Load().lists() > 1:
			if x.merge(number) {
				did.Merged++
			}
		}
	}
	return did, nil
}

// lists is the number of lists.
func (f *file) lists() (n int) {
	for _, m := range f.members {
		n += m.len()
	}
	return n
}

// liveIn is the number of vectors in a list.
func (x *Index) liveIn(f *file, number int32) int {
	x.write.Lock()
	defer x.write.Unlock()
	p := f.postings[number]
	return p.head.Load().n - p.dead
}

package simulate

import (
	"context"
	"sort"

	"github.com/reelrank/reelrank/reel"
)

// World is a simulated world of short video. After Generate has returned it
// does not change and is safe for concurrent use.
type World struct {
	p    Params
	seed uint64

	topics    []topic
	regions   []region
	languages []string
	devices   []device
	freshness []float64 // by age in hours: factor on the choice by taste

	creators   []creator
	byTopic    [][]int32 // creators by main topic
	clips      []clip    // by upload time; index i is reel id i+1
	inTopic    [][]int32 // clips by topic, by upload time
	people     []person
	sittings   []sitting // by start
	sittingsOf [][]int32 // per person
	trends     trends
	follows    []map[int32]int64 // per person: creator, since when

	reels  []reel.Reel
	log    []reel.Interaction
	rowsOf [][]int32 // per person: rows of the log
}

// New checks the settings and returns a world that is still empty; call
// Generate. The error lists every fault of the settings.
func New(p Params, seed uint64) (*World, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	return &World{
		p: p, seed: seed,
		topics: topicTable()[:p.Topics], regions: regionTable(), languages: languageNames(), devices: deviceTable(),
		freshness: freshnessTable(),
	}, nil
}

// Params returns the settings of the world.
func (w *World) Params() Params { return w.p }

// Generate makes the reels and plays the whole window. progress, when not
// nil, is told from the calling goroutine about a hundred times how many of
// the rows (reels and interactions) are done. A cancelled ctx ends it with
// the context's error; the world is then to be thrown away.
func (w *World) Generate(ctx context.Context, progress func(done, total int)) error {
	step := steps(w.p.Reels+w.p.Interactions, progress)
	w.makeCreators()
	w.makeReels()
	if err := w.makeContent(ctx, step); err != nil {
		return err
	}
	w.makePeople()
	w.makePlan()
	g := w.newPlay(w.seed)
	if err := g.run(ctx, 0, step); err != nil {
		return err
	}
	w.log, w.sittings, w.trends, w.follows = g.sorted(), g.sittings, g.trends, g.follows
	w.rowsOf = make([][]int32, len(w.people))
	for i, it := range w.log {
		w.rowsOf[it.User-1] = append(w.rowsOf[it.User-1], int32(i))
	}
	return nil
}

// steps adds up progress and reports it in steps of a hundredth.
func steps(total int, progress func(done, total int)) func(n int) {
	done, told := 0, 0
	return func(n int) {
		done += n
		if progress != nil && (done-told >= total/100 || done == total) {
			told = done
			progress(done, total)
		}
	}
}

// Reels returns the catalogue, sorted by upload time, ids counting from 1. The
// slice belongs to the world.
func (w *World) Reels() []reel.Reel { return w.reels }

// Interactions returns the log, sorted by time. The slice belongs to the world.
func (w *World) Interactions() []reel.Interaction { return w.log }

// uploadedBy is how many reels there are at a time.
func (w *World) uploadedBy(now int64) int {
	return sort.Search(len(w.clips), func(i int) bool { return w.clips[i].uploaded > now })
}

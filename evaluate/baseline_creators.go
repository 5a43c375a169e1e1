package evaluate

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/reel"
)

// CreatorOptions tune FavouriteCreators.
type CreatorOptions struct {
	Decay    float64       // weight of a positive relative to the next newer one, 0..1
	Category float64       // weight of a positive of the same category beside one of the same creator
	Fresh    float64       // what a reel uploaded just now gains, as a share of its score
	FreshFor time.Duration // age at which that has fallen by e
	Prior    float64       // weight of popularity beside the votes
}

// DefaultCreators is a good start for short videos.
var DefaultCreators = CreatorOptions{Decay: 0.97, Category: 0.05, Fresh: 1, FreshFor: 72 * time.Hour, Prior: 1}

// FavouriteCreators recommends what comes from the creators, and is of the
// categories, that a person enjoyed: the rule of thumb that a team writes
// first. With positives n = 0, 1, ... of the user, the newest first, the score
// of a reel is
//
//	(Σ Decay^n ([same creator] + Category [same category]) + Prior p) (1 + Fresh e^(-age/FreshFor))
//
// where p is the share of all positives that fell on the reel.
type FavouriteCreators struct {
	baseline
	popularity
	histories
	opts    CreatorOptions
	buffers *sync.Pool // of *favourites
}

// favourites are the votes of one user.
type favourites struct {
	creators, categories []float64
	scores               *scores
}

// NewFavouriteCreators reads everyone's positives of train.
func NewFavouriteCreators(train []reel.Interaction, cat *catalog.Catalog, opts CreatorOptions) *FavouriteCreators {
	return &FavouriteCreators{
		baseline: baseline{"favourite creators"}, popularity: countPositives(train, cat), histories: newHistories(train, cat), opts: opts,
		buffers: &sync.Pool{New: func() any {
			return &favourites{make([]float64, cat.NumCreators()), make([]float64, cat.NumCategories()), newScores(cat.Len())}
		}},
	}
}

// with returns the same histories under other options.
func (f *FavouriteCreators) with(opts CreatorOptions) *FavouriteCreators {
	other := *f
	other.opts = opts
	return &other
}

// Recommend scores every reel that anything speaks for.
func (f *FavouriteCreators) Recommend(_ context.Context, q Query, n int) ([]reel.ReelID, error) {
	b := f.buffers.Get().(*favourites)
	defer f.buffers.Put(b)
	f.vote(b, &q)
	b.scores.reset()
	for i := range int32(f.cat.Len()) {
		if v := f.scoreOf(b, &q, i); v > 0 {
			b.scores.add(i, v)
		}
	}
	return f.top(b.scores, 0, &q, n), nil
}

// vote counts what the user of a query enjoyed.
func (f *FavouriteCreators) vote(b *favourites, q *Query) {
	clear(b.creators)
	clear(b.categories)
	weight := 1.0
	for _, i := range f.newest(q, f.cat, longestHistory) {
		b.creators[f.cat.CreatorOf(i)] += weight
		if c := f.cat.CategoryOf(i); c >= 0 {
			b.categories[c] += weight
		}
		weight *= f.opts.Decay
	}
}

func (f *FavouriteCreators) scoreOf(b *favourites, q *Query, i int32) float64 {
	v := b.creators[f.cat.CreatorOf(i)]
	if c := f.cat.CategoryOf(i); c >= 0 {
		v += f.opts.Category * b.categories[c]
	}
	if f.total > 0 {
		v += f.opts.Prior * f.score[i] / f.total
	}
	if uploaded := f.cat.Uploaded(i); uploaded != 0 && uploaded <= q.Now {
		v *= 1 + f.opts.Fresh*math.Exp(-float64(q.Now-uploaded)/f.opts.FreshFor.Seconds())
	}
	return v
}

package evaluate

import (
	"context"
	"math"
	"runtime"
	"sync"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/reel"
)

// KNNOptions tune ItemKNN.
type KNNOptions struct {
	Neighbours int     // kept per reel
	Shrink     float64 // co-engaged users at which a similarity counts half
	History    int     // newest positives of the user that vote
	Decay      float64 // weight of a vote relative to the next newer one, 0..1
	Prior      float64 // weight of popularity beside the votes
}

// DefaultKNN is a good start for short videos.
var DefaultKNN = KNNOptions{Neighbours: 200, Shrink: 10, History: reel.HistoryLen, Decay: 0.95}

// ItemKNN recommends what people enjoyed who enjoyed the same reels (Sarwar et
// al., 2001). With n_i users who enjoyed reel i and c_ij who enjoyed both, the
// similarity is c_ij / sqrt(n_i n_j) * c_ij / (c_ij + Shrink), and the score of
// j is the sum of Decay^age * similarity(i, j) over the user's newest
// positives i, the newest with age 0, plus Prior times the share of all
// positives that fell on j. It fills up with popularity.
type ItemKNN struct {
	baseline
	popularity
	histories
	opts       KNNOptions
	neighbours [][]neighbour // by dense index, most similar first
	buffers    *sync.Pool    // of *scores
}

type neighbour struct {
	reel       int32
	similarity float64
}

// NewItemKNN counts the co-engagement of train.
func NewItemKNN(train []reel.Interaction, cat *catalog.Catalog, opts KNNOptions) *ItemKNN {
	return newItemKNNs(train, cat, opts, []float64{opts.Shrink})[0]
}

// newItemKNNs fits one ItemKNN per shrink. Counting is most of the work, and
// they share it.
func newItemKNNs(train []reel.Interaction, cat *catalog.Catalog, opts KNNOptions, shrinks []float64) []*ItemKNN {
	shared := ItemKNN{
		baseline: baseline{"item-kNN"}, popularity: countPositives(train, cat), histories: newHistories(train, cat), opts: opts,
		buffers: &sync.Pool{New: func() any { return newScores(cat.Len()) }},
	}
	fits := make([]*ItemKNN, len(shrinks))
	for f, shrink := range shrinks {
		fit := shared
		fit.opts.Shrink = shrink
		fit.neighbours = make([][]neighbour, cat.Len())
		fits[f] = &fit
	}
	lists := make([][]int32, len(shared.users))
	fans := make([][]int32, cat.Len()) // users who enjoyed each reel
	for u, user := range shared.users {
		lists[u] = shared.histories.of[user]
		for _, i := range lists[u] {
			fans[i] = append(fans[i], int32(u))
		}
	}
	parallel(runtime.GOMAXPROCS(0), cat.Len(), func() func(int) {
		together, similar := newScores(cat.Len()), newScores(cat.Len())
		return func(i int) {
			together.reset()
			for _, u := range fans[i] {
				for _, j := range lists[u] {
					together.add(j, 1)
				}
			}
			for _, fit := range fits {
				similar.reset()
				fit.neighbours[i] = fit.nearest(int32(i), together, similar, fans)
			}
		}
	})
	return fits
}

// nearest turns the co-engagement counts of reel i into its neighbours.
func (k *ItemKNN) nearest(i int32, together, similar *scores, fans [][]int32) []neighbour {
	for _, j := range together.touched {
		c := together.of[j]
		cosine := c / math.Sqrt(float64(len(fans[i]))*float64(len(fans[j])))
		similar.add(j, cosine*c/(c+k.opts.Shrink))
	}
	top := similar.best(k.opts.Neighbours, k.place, func(j int32) bool { return j != i })
	list := make([]neighbour, len(top))
	for n, j := range top {
		list[n] = neighbour{j, similar.of[j]}
	}
	return list
}

// with returns the same neighbours under other History, Decay and Prior.
func (k *ItemKNN) with(opts KNNOptions) *ItemKNN {
	other := *k
	other.opts.History, other.opts.Decay, other.opts.Prior = opts.History, opts.Decay, opts.Prior
	return &other
}

// Recommend sums the votes of the user's history.
func (k *ItemKNN) Recommend(_ context.Context, q Query, n int) ([]reel.ReelID, error) {
	votes := k.buffers.Get().(*scores)
	defer k.buffers.Put(votes)
	votes.reset()
	weight := 1.0
	for _, i := range k.newest(&q, k.cat, k.opts.History) {
		for _, near := range k.neighbours[i] {
			votes.add(near.reel, weight*near.similarity)
		}
		if weight *= k.opts.Decay; weight == 0 {
			break
		}
	}
	return k.top(votes, k.opts.Prior, &q, n), nil
}

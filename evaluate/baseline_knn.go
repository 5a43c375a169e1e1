package evaluate

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"slices"
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
}

// DefaultKNN is a good start for short videos.
var DefaultKNN = KNNOptions{Neighbours: 200, Shrink: 10, History: reel.HistoryLen, Decay: 0.95}

// ItemKNN recommends what people enjoyed who enjoyed the same reels (Sarwar et
// al., 2001). With n_i users who enjoyed reel i and c_ij who enjoyed both, the
// similarity is c_ij / sqrt(n_i n_j) * c_ij / (c_ij + shrink), and the score of
// j is the sum of Decay^age * similarity(i, j) over the user's newest
// positives i, the newest with age 0. It fills up with popularity.
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
	k := &ItemKNN{
		baseline: baseline{"item-kNN"}, popularity: countPositives(train, cat),
		histories: newHistories(train, cat), opts: opts, neighbours: make([][]neighbour, cat.Len()),
	}
	k.buffers = &sync.Pool{New: func() any { return newScores(cat.Len()) }}
	lists := make([][]int32, len(k.users))
	fans := make([][]int32, cat.Len()) // users who enjoyed each reel
	for u, user := range k.users {
		lists[u] = k.histories.of[user]
		for _, i := range lists[u] {
			fans[i] = append(fans[i], int32(u))
		}
	}
	parallel(runtime.GOMAXPROCS(0), cat.Len(), func() func(int) {
		together := newScores(cat.Len())
		return func(i int) {
			together.reset()
			for _, u := range fans[i] {
				for _, j := range lists[u] {
					together.add(j, 1)
				}
			}
			k.neighbours[i] = k.nearest(int32(i), together, fans)
		}
	})
	return k
}

// withVotes returns the same neighbours with other History and Decay.
func (k *ItemKNN) withVotes(history int, decay float64) *ItemKNN {
	other := *k
	other.opts.History, other.opts.Decay = history, decay
	return &other
}

// nearest turns the co-engagement counts of reel i into its neighbours.
func (k *ItemKNN) nearest(i int32, together *scores, fans [][]int32) []neighbour {
	list := make([]neighbour, 0, len(together.touched))
	for _, j := range together.touched {
		if j == i {
			continue
		}
		c := together.of[j]
		cosine := c / math.Sqrt(float64(len(fans[i]))*float64(len(fans[j])))
		list = append(list, neighbour{j, cosine * c / (c + k.opts.Shrink)})
	}
	slices.SortFunc(list, func(a, b neighbour) int {
		return cmp.Or(cmp.Compare(b.similarity, a.similarity), cmp.Compare(k.place[a.reel], k.place[b.reel]))
	})
	return slices.Clone(list[:min(len(list), k.opts.Neighbours)])
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
	s := newSlate(k.cat, &q, n)
	for _, i := range votes.best(n, k.place, s.takes) {
		s.add(i)
	}
	k.fill(s)
	return s.ids, nil
}

package evaluate

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/reel"
)

// baseline marks a recommender as one that a model has to beat.
type baseline struct{ name string }

func (b baseline) Name() string { return b.name }
func (baseline) isBaseline()    {}

// Random recommends eligible reels drawn uniformly without repetition. The
// draw depends on the seed and the user alone.
type Random struct {
	baseline
	cat  *catalog.Catalog
	seed uint64
}

// NewRandom returns the random baseline.
func NewRandom(cat *catalog.Catalog, seed uint64) *Random {
	return &Random{baseline{"random"}, cat, seed}
}

// Recommend shuffles only as far into the catalogue as it must: moved holds
// the entries that the Fisher-Yates shuffle has displaced so far.
func (r *Random) Recommend(_ context.Context, q Query, k int) ([]reel.ReelID, error) {
	rng := rand.New(rand.NewPCG(r.seed, uint64(q.User)))
	s := newSlate(r.cat, &q, k)
	moved := make(map[int]int)
	at := func(i int) int {
		if v, ok := moved[i]; ok {
			return v
		}
		return i
	}
	for i := 0; i < r.cat.Len() && !s.full(); i++ {
		j := i + rng.IntN(r.cat.Len()-i)
		s.add(int32(at(j)))
		moved[j] = at(i)
	}
	return s.ids, nil
}

// Popular recommends the eligible reels with the most Positive interactions.
type Popular struct {
	baseline
	popularity
}

// NewPopular counts the positives of train.
func NewPopular(train []reel.Interaction, cat *catalog.Catalog) *Popular {
	return &Popular{baseline{"popular"}, countPositives(train, cat)}
}

// Recommend walks down the popularity.
func (p *Popular) Recommend(_ context.Context, q Query, k int) ([]reel.ReelID, error) {
	s := newSlate(p.cat, &q, k)
	p.fill(s)
	return s.ids, nil
}

// popularity is an order of all reels, best first, and fills up what other
// baselines leave empty.
type popularity struct {
	cat   *catalog.Catalog
	score []float64 // by dense index
	total float64   // sum of score
	order []int32   // by descending score, ties newest upload first, then by index
	place []int32   // position of each reel in order
}

// countPositives is the popularity by number of positives.
func countPositives(train []reel.Interaction, cat *catalog.Catalog) popularity {
	score := make([]float64, cat.Len())
	for _, it := range train {
		if i, ok := cat.Index(it.Reel); ok && it.Positive() {
			score[i]++
		}
	}
	return newPopularity(cat, score)
}

func newPopularity(cat *catalog.Catalog, score []float64) popularity {
	p := popularity{cat: cat, score: score, order: make([]int32, cat.Len()), place: make([]int32, cat.Len())}
	for i := range p.order {
		p.order[i] = int32(i)
		p.total += score[i]
	}
	slices.SortFunc(p.order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(score[b], score[a]), cmp.Compare(cat.Uploaded(b), cat.Uploaded(a)), cmp.Compare(a, b))
	})
	for at, i := range p.order {
		p.place[i] = int32(at)
	}
	return p
}

// fill adds the most popular eligible reels until the slate is full.
func (p *popularity) fill(s *slate) {
	for _, i := range p.order {
		if s.full() {
			return
		}
		s.add(i)
	}
}

// top returns the n eligible reels with the highest score plus prior times the
// share of popularity, best first, filled up with popularity. Reels without a
// score differ by their popularity alone, so the n most popular of the
// eligible ones stand for all of them.
func (p *popularity) top(s *scores, prior float64, q *Query, n int) []reel.ReelID {
	popular := newSlate(p.cat, q, n)
	p.fill(popular)
	if prior > 0 && p.total > 0 {
		for _, id := range popular.ids {
			i, _ := p.cat.Index(id)
			s.touch(i)
		}
		for _, i := range s.touched {
			s.of[i] += prior * p.score[i] / p.total
		}
	}
	list := newSlate(p.cat, q, n)
	for _, i := range s.best(n, p.place, list.takes) {
		list.add(i)
	}
	for _, id := range popular.ids {
		i, _ := p.cat.Index(id)
		list.add(i)
	}
	return list.ids
}

// slate is a list under construction that takes only what it may hold.
type slate struct {
	cat    *catalog.Catalog
	q      *Query
	k      int
	ids    []reel.ReelID
	placed map[int32]struct{}
}

func newSlate(cat *catalog.Catalog, q *Query, k int) *slate {
	return &slate{cat: cat, q: q, k: k, placed: make(map[int32]struct{}, max(k, 0))}
}

func (s *slate) full() bool { return len(s.ids) >= s.k }

// takes tells whether the reel is eligible and not yet there.
func (s *slate) takes(i int32) bool {
	_, twice := s.placed[i]
	return !twice && Eligible(s.cat, s.q, i)
}

// add appends the reel if there is room and the slate takes it.
func (s *slate) add(i int32) {
	if s.full() || !s.takes(i) {
		return
	}
	s.placed[i] = struct{}{}
	s.ids = append(s.ids, s.cat.Reel(i).ID)
}

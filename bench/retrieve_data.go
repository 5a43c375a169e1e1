package bench

import (
	"math"
	"math/rand/v2"
	"sort"

	"github.com/reelrank/reelrank/nn/kernel"
)

// Catalogue is reels drawn from a seed: unit vectors around the centres of
// clusters whose sizes fall as Zipf's law says. Each reel is drawn by itself,
// so that millions need not be in memory at once.
type Catalogue struct {
	Reels, Dim int
	Seed       uint64
	centres    []float32 // [clusters, Dim]
	shares     []float64 // of the clusters, summed up
	deviations []float64 // of a reel from its centre, by dimension
}

const (
	clusters = 2000
	// spread is about the length of a reel's distance from its centre, which
	// has length 1. Its square is shared out among the dimensions as 1, 1/2,
	// 1/3 ..., as learned embeddings have few directions that matter and many
	// that hardly do.
	spread = 1.5
	// queryNoise is the length of what a user's query has besides three reels.
	queryNoise = 0.3
)

// NewCatalogue draws the clusters.
func NewCatalogue(reels, dim int, seed uint64) *Catalogue {
	c := &Catalogue{Reels: reels, Dim: dim, Seed: seed, centres: make([]float32, clusters*dim), shares: make([]float64, clusters)}
	random := rand.New(rand.NewPCG(seed, 0))
	sum := 0.0
	for k := range clusters {
		addNoise(c.centres[k*dim:][:dim], 1, random)
		normalize(c.centres[k*dim:][:dim])
		sum += 1 / float64(k+1)
		c.shares[k] = sum
	}
	for k := range c.shares {
		c.shares[k] /= sum
	}
	harmonic := 0.0
	for d := range dim {
		harmonic += 1 / float64(d+1)
	}
	for d := range dim {
		c.deviations = append(c.deviations, spread*math.Sqrt(1/float64(d+1)/harmonic))
	}
	return c
}

// drawer draws one reel after another without allocating.
type drawer struct {
	source rand.PCG
	random *rand.Rand
}

func newDrawer() *drawer {
	d := new(drawer)
	d.random = rand.New(&d.source)
	return d
}

// Reel sets dst [Dim] to the vector of reel i.
func (c *Catalogue) Reel(dst []float32, i int) { c.draw(newDrawer(), dst, i) }

func (c *Catalogue) draw(d *drawer, dst []float32, i int) {
	d.source.Seed(c.Seed, uint64(i)+1)
	random := d.random
	cluster := min(sort.SearchFloat64s(c.shares, random.Float64()), clusters-1)
	copy(dst, c.centres[cluster*c.Dim:][:c.Dim])
	for d, deviation := range c.deviations {
		dst[d] += float32(deviation * random.NormFloat64())
	}
	normalize(dst)
}

// Vectors draws all reels [Reels, Dim].
func (c *Catalogue) Vectors() []float32 {
	vectors := make([]float32, c.Reels*c.Dim)
	kernel.Parallel(c.Reels, drawGrain, func(lo, hi int) {
		d := newDrawer()
		for i := lo; i < hi; i++ {
			c.draw(d, vectors[i*c.Dim:][:c.Dim], i)
		}
	})
	return vectors
}

const drawGrain = 1024

// ItemQueries draws n queries [n, Dim] that ask for what is like a reel: the
// vectors of reels that the catalogue does not hold.
func (c *Catalogue) ItemQueries(n int) []float32 {
	queries := make([]float32, n*c.Dim)
	for i := range n {
		c.Reel(queries[i*c.Dim:][:c.Dim], math.MaxInt32+i)
	}
	return queries
}

// UserQueries draws n queries [n, Dim] as users ask them: three reels of the
// catalogue mixed, and some noise.
func (c *Catalogue) UserQueries(n int) []float32 {
	const mixed = 3
	random := rand.New(rand.NewPCG(c.Seed, math.MaxUint64))
	queries, reel := make([]float32, n*c.Dim), make([]float32, c.Dim)
	for i := range n {
		q := queries[i*c.Dim:][:c.Dim]
		for range mixed {
			c.Reel(reel, random.IntN(c.Reels))
			kernel.Axpy(1./mixed, reel, q)
		}
		normalize(q)
		addNoise(q, queryNoise, random)
		normalize(q)
	}
	return queries
}

// Attributes are the bits of reel i. Bit b is set for one reel in
// attributeShares[b], whatever its cluster.
func (c *Catalogue) Attributes(i int) (bits uint64) {
	random := rand.New(rand.NewPCG(c.Seed, uint64(i)+1<<40))
	for b, share := range attributeShares {
		if random.IntN(share) == 0 {
			bits |= 1 << b
		}
	}
	return bits
}

// attributeShares are filters that pass 50, 10, 1 and 0.1 percent.
var attributeShares = [...]int{2, 10, 100, 1000}

// addNoise adds a normally distributed vector of about the given length.
func addNoise(v []float32, length float64, random *rand.Rand) {
	scale := length / math.Sqrt(float64(len(v)))
	for d := range v {
		v[d] += float32(scale * random.NormFloat64())
	}
}

func normalize(v []float32) {
	scale := 1 / float32(math.Sqrt(float64(kernel.Dot(v, v))))
	for d := range v {
		v[d] *= scale
	}
}

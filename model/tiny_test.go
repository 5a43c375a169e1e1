package model

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/reel"
)

// Networks and batches small enough to be stated once more in float64.

// withTower, oneVector and seedLike are the shapes that a network comes in, with
// either user encoder.
var (
	withTower = Config{Preset: "tiny", Tower: 6, IDBuckets: 16, IDDropout: 0.3, Creators: 8, Hidden: 5, Layers: 2, Dense: []int{7, 4}, Temperature: 0.4, Interests: true}
	oneVector = Config{Preset: "tiny", Tower: 6, IDBuckets: 16, IDDropout: 0.3, Creators: 8, Hidden: 5, Layers: 2, Dense: []int{7, 4}, Temperature: 0.4}
	seedLike  = Config{Preset: "tiny", Hidden: 5, Layers: 2, Dense: []int{7, 4}, Temperature: 0.4}
)

// transformed is a configuration with the other user encoder.
func transformed(c Config) Config {
	c.Encoder, c.Hidden, c.Heads, c.Inner = EncoderTransformer, 6, 2, 9
	return c
}

var shapes = []struct {
	name string
	cfg  Config
}{
	{"tower", withTower}, {"tower, one vector", oneVector}, {"raw reel", seedLike},
	{"tower, transformer", transformed(withTower)}, {"raw reel, transformer", transformed(seedLike)},
}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x3e57)) }

func mustNew(t testing.TB, cfg Config, seed uint64) *Model {
	t.Helper()
	m, err := New(cfg, seed)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// newWorn returns a model whose parameters and running statistics look like
// those of a trained one: none is at the value that it starts with.
func newWorn(t testing.TB, cfg Config, seed uint64) *Model {
	t.Helper()
	m, rng := mustNew(t, cfg, seed), seeded(seed)
	for _, p := range m.Params() {
		for i := range p.Value {
			p.Value[i] += float32(0.3 * rng.NormFloat64())
		}
	}
	for _, e := range []*nn.Embedding{m.IDs, m.Creators} {
		if e != nil { // learned rows are of the size of the content's part, whatever they are scaled by
			for i := range e.Table.Value {
				e.Table.Value[i] *= 3 / e.Scale
			}
		}
	}
	for _, b := range m.Dense {
		for i := range b.Norm.Mean {
			b.Norm.Mean[i], b.Norm.Var[i] = float32(rng.NormFloat64()), 0.2+2*rng.Float32()
		}
	}
	return m
}

// Shape of the batches: the reels of the exposures, then some that only the
// retrieval loss sees, the last of them uploaded after the exposures began.
const (
	shownReels   = 6
	sampledReels = 4
	futureReel   = shownReels + sampledReels - 1
	start        = 1_700_000_000
)

// newBatch draws a batch of sequences of the given falling lengths.
func newBatch(t testing.TB, m *Model, lengths []int, seed uint64) *Batch {
	t.Helper()
	rng := seeded(seed)
	seq, err := nn.Pack(lengths)
	if err != nil {
		t.Fatal(err)
	}
	b := &Batch{Seq: seq}
	b.Content = sparseContent(rng, shownReels+sampledReels)
	for c := range shownReels + sampledReels {
		who := m.Identify(reel.ReelID(c), reel.CreatorID(c/3))
		if m.IDs != nil && c%4 == 1 {
			who.Reel = -1 // hidden in this step
		}
		b.IDs, b.Makers = append(b.IDs, who.Reel), append(b.Makers, who.Creator)
		b.Upload = append(b.Upload, start-int64(rng.IntN(900))*3600)
		b.LogQ = append(b.LogQ, float32(-3*rng.Float64()))
	}
	b.Upload[1], b.Upload[2] = 0, start+1800 // unknown, and not there before half of the exposures
	slices.Sort(b.Upload)
	for row := range seq.Rows() {
		b.addRow(rng, row)
	}
	return b
}

// sparseContent draws reel vectors of which every tenth value is not zero,
// which keeps the float64 reference quick.
func sparseContent(rng *rand.Rand, reels int) []float32 {
	content := make([]float32, reels*feature.ReelDim)
	for i := range content {
		if i%feature.ReelDim < feature.EventAt && rng.IntN(10) == 0 {
			content[i] = float32(rng.NormFloat64())
		}
	}
	return content
}

func (b *Batch) addRow(rng *rand.Rand, row int) {
	b.Reel = append(b.Reel, int32(rng.IntN(shownReels)))
	b.Event = append(b.Event, normals(rng, feature.EventDim)...)
	b.Context = append(b.Context, normals(rng, feature.ContextDim)...)
	b.Context[row*feature.ContextDim+feature.TowerDot] = 0
	b.Now = append(b.Now, start+int64(row%2)*3600)
	b.Enjoyed = append(b.Enjoyed, float32(rng.IntN(3)/2))
	b.Recall = append(b.Recall, []float32{0, 1, 0.3}[rng.IntN(3)])
	for h := range reel.NumHeads {
		b.Targets[h] = append(b.Targets[h], rng.Float32())
		b.Weights[h] = append(b.Weights[h], float32(min(rng.IntN(4), 1)))
	}
	if rng.IntN(3) == 0 { // a positive exposure to start from
		b.Enjoyed[row], b.Recall[row] = 1, 1
	}
}

func normals(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// balanced weighs every part of the loss, each otherwise.
var balanced = Objective{RetrievalWeight: 0.7, HeadWeights: [reel.NumHeads]float64{1, 0.5, 2, 1.5}}

// training is balanced with batch statistics; dropout draws from the seed.
func training(seed uint64) Objective {
	o := balanced
	o.Dropout = seeded(seed)
	return o
}

// sameBits tells whether two slices are equal, bit for bit.
func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

// near tells whether got is within relative of want, or of 1 where want is smaller.
func near(got, want, relative float64) bool {
	return math.Abs(got-want) <= relative*max(1, math.Abs(want))
}

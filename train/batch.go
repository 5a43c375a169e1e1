package train

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/reel"
)

// batcher lays windows out for the network. It reuses its buffers: a batch is
// valid until the next one. Batchers that share a population can lay out
// different batches at the same time.
type batcher struct {
	*population
	batch   model.Batch
	rows    []int32 // log row of each batch row
	learned []bool  // whether the batch row is learned from, or only builds the state

	column  []int32 // per catalogue reel: its column in the batch, -1 if none
	columns []int32 // catalogue reel of each column

	windows []window // of the batch, longest first
	lengths []int
	source  rand.PCG // of rng
	rng     *rand.Rand
}

// population is what batches are drawn from. It is read only once built.
type population struct {
	ex      *Examples
	m       *model.Model
	age     []int32   // per catalogue reel: its place in the order of upload times
	share   []float64 // per reel: its share of the training exposures
	sampled []int32   // reels that negatives are drawn from
}

// newBatcher learns the reels' shares from the rows before end.
func newBatcher(ex *Examples, m *model.Model, end int) *batcher {
	p := &population{ex: ex, m: m, age: make([]int32, ex.Reels()), share: make([]float64, ex.Reels())}
	for place, i := range ex.byUpload() {
		p.age[i] = int32(place)
	}
	for _, i := range ex.Reel[:end] {
		p.share[i] += 1 / float64(end)
	}
	return p.batcher()
}

// batcher returns one more batcher over the population.
func (p *population) batcher() *batcher {
	b := &batcher{population: p, column: make([]int32, p.ex.Reels())}
	for i := range b.column {
		b.column[i] = -1
	}
	b.rng = rand.New(&b.source)
	return b
}

// sampleFrom sets the reels that negatives are drawn from: those uploaded by
// the given time and not deleted.
func (p *population) sampleFrom(by int64) {
	for i := range int32(p.ex.Reels()) {
		if p.ex.catalog.Alive(i) && p.ex.catalog.Uploaded(i) <= by {
			p.sampled = append(p.sampled, i)
		}
	}
}

// build lays out windows. negatives reels are sampled beside those of the
// windows; rng also hides ID embeddings, and nil hides and samples none.
func (b *batcher) build(windows []window, negatives int, rng *rand.Rand) *model.Batch {
	b.windows, b.lengths = append(b.windows[:0], windows...), b.lengths[:0]
	slices.SortStableFunc(b.windows, func(x, y window) int { return len(y.rows) - len(x.rows) })
	for _, w := range b.windows {
		b.lengths = append(b.lengths, len(w.rows))
	}
	if err := b.batch.Seq.Repack(b.lengths); err != nil {
		panic(err) // windows are not empty and were just sorted
	}
	b.layOut()
	if rng != nil {
		b.sample(negatives, rng)
	}
	b.orderColumns()
	b.fillReels(negatives, rng)
	return &b.batch
}

// layOut fills the rows and makes columns of their reels.
func (b *batcher) layOut() {
	for _, i := range b.columns {
		b.column[i] = -1
	}
	b.columns = b.columns[:0]
	n := b.batch.Seq.Rows()
	b.rows, b.learned, b.batch.Reel = nn.Grow(b.rows, n), nn.Grow(b.learned, n), nn.Grow(b.batch.Reel, n)
	b.batch.Event, b.batch.Context = nn.Grow(b.batch.Event, n*feature.EventDim), nn.Grow(b.batch.Context, n*feature.ContextDim)
	b.batch.Now = nn.Grow(b.batch.Now, n)
	b.batch.Recall, b.batch.Enjoyed = nn.Grow(b.batch.Recall, n), nn.Grow(b.batch.Enjoyed, n)
	for h := range reel.NumHeads {
		b.batch.Targets[h], b.batch.Weights[h] = nn.Grow(b.batch.Targets[h], n), nn.Grow(b.batch.Weights[h], n)
	}
	for s, w := range b.windows {
		for t := range w.rows {
			b.fillRow(b.batch.Seq.Row(t, s), w, t)
		}
	}
}

// fillRow writes the t-th exposure of a window.
func (b *batcher) fillRow(at int, w window, t int) {
	row := int(w.rows[t])
	it := &b.ex.Interactions[row]
	var prev *reel.Interaction // the first of a window has none, as the oldest of a served history
	if t > 0 {
		prev = &b.ex.Interactions[w.rows[t-1]]
	}
	learned := t >= w.learn
	b.rows[at], b.learned[at] = int32(row), learned
	b.batch.Now[at] = it.Time
	b.include(b.ex.Reel[row])
	feature.Event(b.batch.Event[at*feature.EventDim:(at+1)*feature.EventDim], it, prev)
	copy(b.batch.Context[at*feature.ContextDim:(at+1)*feature.ContextDim], b.ex.Context[row*feature.ContextDim:])
	for h := range reel.Head(reel.NumHeads) {
		b.batch.Targets[h][at], b.batch.Weights[h][at] = target(it, h), 0
		if learned && it.Observed.Has(h.Signal()) {
			b.batch.Weights[h][at] = 1
		}
	}
	b.batch.Recall[at], b.batch.Enjoyed[at] = 0, 0
	if it.Positive() {
		b.batch.Enjoyed[at] = 1
	}
	if learned {
		b.batch.Recall[at] = recallWeight(it)
	}
}

// recallWeight is how much an exposure counts in the retrieval loss: wholly if
// it was enjoyed, else by the share watched. What was half watched still says
// more of a taste than a reel drawn at random.
func recallWeight(it *reel.Interaction) float32 {
	if it.Positive() {
		return 1
	}
	if it.Signals&reel.NotInterested != 0 || !it.Observed.Has(reel.Watched) {
		return 0
	}
	return float32(it.Watch)
}

// include makes a reel one of the columns.
func (b *batcher) include(i int32) {
	if b.column[i] < 0 {
		b.column[i] = 0
		b.columns = append(b.columns, i)
	}
}

// orderColumns sorts the columns by upload time and tells the rows where their
// reels stand.
func (b *batcher) orderColumns() {
	slices.SortFunc(b.columns, func(x, y int32) int { return int(b.age[x] - b.age[y]) })
	for c, i := range b.columns {
		b.column[i] = int32(c)
	}
	for at, row := range b.rows {
		b.batch.Reel[at] = b.column[b.ex.Reel[row]]
	}
}

// sample adds reels drawn uniformly, with replacement, to the columns.
func (b *batcher) sample(negatives int, rng *rand.Rand) {
	if len(b.sampled) == 0 {
		return
	}
	for range negatives {
		b.include(b.sampled[rng.IntN(len(b.sampled))])
	}
}

// fillReels writes the columns' features. logQ is the log of the chance that
// a reel is a column: by an exposure of the batch, or by the uniform draws.
func (b *batcher) fillReels(negatives int, rng *rand.Rand) {
	n := len(b.columns)
	b.batch.Content = nn.Grow(b.batch.Content, n*feature.ReelDim)
	b.batch.LogQ = nn.Grow(b.batch.LogQ, n)
	missed := 1.0
	if rng != nil && len(b.sampled) > 0 {
		missed = math.Pow(1-1/float64(len(b.sampled)), float64(negatives))
	}
	rows := float64(b.batch.Seq.Rows())
	for c, i := range b.columns {
		copy(b.batch.Content[c*feature.ReelDim:(c+1)*feature.ReelDim], b.ex.Content(i))
		absent := missed * math.Pow(1-min(b.share[i], 1), rows)
		b.batch.LogQ[c] = float32(math.Log(max(1-absent, 1e-9)))
	}
	b.identify()
	if rng == nil {
		return
	}
	for c := range n {
		if rng.Float64() < b.m.Config.IDDropout {
			b.batch.IDs[c] = -1
		}
	}
}

// identify finds the embeddings' rows of the columns, hiding none.
func (b *batcher) identify() {
	n := len(b.columns)
	b.batch.IDs, b.batch.Makers, b.batch.Upload = nn.Grow(b.batch.IDs, n), nn.Grow(b.batch.Makers, n), nn.Grow(b.batch.Upload, n)
	for c, i := range b.columns {
		r := b.ex.catalog.Reel(i)
		who := b.m.Identify(r.ID, r.Creator)
		b.batch.IDs[c], b.batch.Makers[c], b.batch.Upload[c] = who.Reel, who.Creator, r.Uploaded
	}
}

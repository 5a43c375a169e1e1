package model

import (
	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/reel"
)

// Batch is a set of user sequences with what the network reads of them, laid
// out row by row as Seq says. Row (t, b) is the t-th exposure of sequence b.
type Batch struct {
	Seq nn.Packed

	// The distinct reels of the batch, the sampled negatives among them, in
	// rising order of their upload time.
	Content []float32 // [reels, feature.ReelDim], event slots zero
	IDs     []int32   // [reels] row of the ID embedding, -1 for hidden
	Makers  []int32   // [reels] row of the creator embedding, -1 for hidden
	Upload  []int64   // [reels] upload time, unix seconds; 0 where unknown
	LogQ    []float32 // [reels] log of the chance to be among the columns

	Reel    []int32   // [rows] index into the distinct reels
	Event   []float32 // [rows, feature.EventDim] what the user did
	Enjoyed []float32 // [rows] 1 where the exposure was a positive one
	Context []float32 // [rows, feature.ContextDim]
	Now     []int64   // [rows] time of the exposure, unix seconds

	Targets [reel.NumHeads][]float32 // [rows] 0..1
	Weights [reel.NumHeads][]float32 // [rows] 0 where the signal is unobserved or the row is not learned from
	Recall  []float32                // [rows] weight of the row in the retrieval loss, 0 for none
}

// Rows is the number of exposures.
func (b *Batch) Rows() int { return b.Seq.Rows() }

// Reels is the number of distinct reels, sampled ones included.
func (b *Batch) Reels() int { return len(b.Content) / feature.ReelDim }

// Losses are the parts of the training objective.
type Losses struct {
	Retrieval float64                // cross entropy of the sampled softmax, nats
	Heads     [reel.NumHeads]float64 // mean binary or fractional cross entropy, nats
	Total     float64                // what is minimised
}

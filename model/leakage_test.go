package model

import (
	"fmt"
	"testing"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/reel"
)

// A prediction depends on what was before it, on the reel shown and on its
// context, and on nothing later: what one changes at a step is bit-equal
// everywhere that must not know of it.

// changes are what can be other at one row, and from how many steps later on
// it may show in that sequence's predictions.
var changes = []struct {
	name   string
	change func(b *Batch, row int)
	after  int  // the first step that may differ, counted from the changed one
	only   bool // and no step behind that one
}{
	{"what the user did", func(b *Batch, row int) {
		for k := range feature.EventDim {
			b.Event[row*feature.EventDim+k] += 1
		}
	}, 1, false},
	{"whether it was enjoyed", func(b *Batch, row int) { b.Enjoyed[row] = 1 - b.Enjoyed[row] }, 1, false},
	{"the reel shown", func(b *Batch, row int) { b.Reel[row] = (b.Reel[row] + 1) % shownReels }, 0, false},
	{"the context", func(b *Batch, row int) {
		for k := range feature.ContextDim {
			b.Context[row*feature.ContextDim+k] += 1
		}
	}, 0, true},
	{"what is to be predicted", func(b *Batch, row int) {
		for h := range b.Targets {
			b.Targets[h][row], b.Weights[h][row] = 1-b.Targets[h][row], 1-b.Weights[h][row]
		}
		b.Recall[row] = 1 - b.Recall[row]
	}, 1 << 20, false},
	{"the time of the exposure", func(b *Batch, row int) { b.Now[row] += 3600 * 1000 }, 1 << 20, false},
}

// predictions are a batch's logits and, with a tower, its retrieval queries
// before each exposure.
func predictions(m *Model, b *Batch) (logits, queries []float32) {
	pass := NewPass(m)
	obj := balanced
	pass.Forward(b, obj)
	return pass.Logits, pass.recall.query
}

func TestNoPredictionSeesItsOutcomeOrTheFuture(t *testing.T) {
	lengths := []int{7, 5, 5, 2}
	for _, shape := range shapes {
		m := newWorn(t, shape.cfg, 71)
		before, queriesBefore := predictions(m, newBatch(t, m, lengths, 72))
		for _, c := range changes {
			if c.name == "whether it was enjoyed" && shape.cfg.Tower == 0 {
				continue // nothing reads it
			}
			seen := 0 // rows that the change reached
			for s, length := range lengths {
				for at := range length {
					b := newBatch(t, m, lengths, 72)
					c.change(b, b.Seq.Row(at, s))
					after, queries := predictions(m, b)
					what := fmt.Sprintf("%s: %s at step %d of sequence %d", shape.name, c.name, at, s)
					seen += checkReach(t, what, b, before, after, reel.NumHeads, s, at+c.after, c.only)
					if shape.cfg.Tower > 0 { // the query of a step knows neither its reel nor its context
						checkReach(t, "query, "+what, b, queriesBefore, queries, shape.cfg.Tower, s, at+1, false)
					}
				}
			}
			if reaches := c.after < 1<<20; reaches != (seen > 0) {
				t.Errorf("%s: %s changed %d predictions", shape.name, c.name, seen)
			}
		}
	}
}

// checkReach fails where a row differs that is of another sequence than s or
// of a step before from, or not from itself where only is set. It counts the
// rows that differ.
func checkReach(t *testing.T, what string, b *Batch, before, after []float32, width, s, from int, only bool) int {
	t.Helper()
	reached := 0
	for other, length := range b.Seq.Lengths {
		for at := range length {
			row := b.Seq.Row(at, other)
			if sameBits(before[row*width:(row+1)*width], after[row*width:(row+1)*width]) {
				continue
			}
			reached++
			if other != s || at < from || only && at > from {
				t.Errorf("%s shows at step %d of sequence %d", what, at, other)
			}
		}
	}
	return reached
}

func TestASequenceAloneEqualsItWithinABatch(t *testing.T) {
	lengths := []int{9, 6, 6, 3, 1}
	for _, shape := range shapes {
		m := newWorn(t, shape.cfg, 81)
		b := newBatch(t, m, lengths, 82)
		together, _ := predictions(m, b)
		for s, length := range lengths {
			alone, _ := predictions(m, alone(b, s))
			for at := range length {
				row := b.Seq.Row(at, s)
				if !sameBits(together[row*reel.NumHeads:(row+1)*reel.NumHeads], alone[at*reel.NumHeads:(at+1)*reel.NumHeads]) {
					t.Fatalf("%s: step %d of sequence %d is predicted otherwise alone than in a batch", shape.name, at, s)
				}
			}
		}
	}
}

// alone is a batch of sequence s by itself, over the same reels.
func alone(b *Batch, s int) *Batch {
	one := *b
	one.Seq = single(b.Seq.Lengths[s])
	one.Reel, one.Event, one.Enjoyed, one.Context, one.Now, one.Recall = nil, nil, nil, nil, nil, nil
	one.Targets, one.Weights = [reel.NumHeads][]float32{}, [reel.NumHeads][]float32{}
	for t := range b.Seq.Lengths[s] {
		row := b.Seq.Row(t, s)
		one.Reel, one.Now = append(one.Reel, b.Reel[row]), append(one.Now, b.Now[row])
		one.Enjoyed, one.Recall = append(one.Enjoyed, b.Enjoyed[row]), append(one.Recall, b.Recall[row])
		one.Event = append(one.Event, b.Event[row*feature.EventDim:(row+1)*feature.EventDim]...)
		one.Context = append(one.Context, b.Context[row*feature.ContextDim:(row+1)*feature.ContextDim]...)
		for h := range reel.NumHeads {
			one.Targets[h], one.Weights[h] = append(one.Targets[h], b.Targets[h][row]), append(one.Weights[h], b.Weights[h][row])
		}
	}
	return &one
}

// A reel that was not uploaded at the time of an exposure is no alternative to
// what was shown: whatever its vector, the retrieval loss stays as it is.
func TestReelsOfTheFutureAreNoNegatives(t *testing.T) {
	m := newWorn(t, withTower, 91)
	loss := func(change func(b *Batch)) float64 {
		b := newBatch(t, m, []int{4, 3, 3}, 92)
		for row := range b.Rows() {
			b.Now[row] = start
		}
		change(b)
		return NewPass(m).Forward(b, balanced).Retrieval
	}
	other := func(c int) func(b *Batch) {
		return func(b *Batch) { b.Content[c*feature.ReelDim+3] += 5 }
	}
	still := loss(func(*Batch) {})
	if loss(other(futureReel)) != still { // uploaded half an hour after start
		t.Error("a reel of the future is among the alternatives")
	}
	if loss(other(shownReels)) == still {
		t.Error("a sampled reel is not among the alternatives")
	}
	later := loss(func(b *Batch) { // shown although its upload is said to be later: a clock that was wrong
		for c := range b.Upload {
			b.Upload[c] = start + 1
		}
	})
	if later != 0 {
		t.Errorf("where nothing but the reel shown was uploaded the loss is %g, want 0", later)
	}
}

func TestBatchesLeaveNothingBehind(t *testing.T) {
	m := newWorn(t, withTower, 95)
	fresh, _ := predictions(m, newBatch(t, m, []int{3, 1}, 96))
	pass := NewPass(m)
	pass.Forward(newBatch(t, m, []int{9, 9, 4}, 97), balanced)
	pass.Forward(newBatch(t, m, []int{3, 1}, 96), balanced)
	if !sameBits(pass.Logits, fresh) {
		t.Error("a pass that was used before predicts otherwise than a new one")
	}
}

package train

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/reel"
)

// laidOut is a batcher over a world's training part with its sampling pool.
func laidOut(t testing.TB, w *world, ex *Examples, m *model.Model) *batcher {
	t.Helper()
	b := newBatcher(ex, m, w.parts().Train)
	b.sampleFrom(w.log[w.parts().Train-1].Time)
	return b
}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0xba7c4)) }

// logQ is the log of the chance that a reel is among a batch's columns:
// compared with counting how often it is, where the rows of a batch are drawn
// from the log and the negatives from the reels that were there.
func TestLogQIsTheChanceToBeAColumn(t *testing.T) {
	w := newWorld(21, 5, 24, 400)
	ex := w.prepare(t)
	b := laidOut(t, w, ex, newModel(t, tinyModel, 1))
	const negatives, trials = 9, 20_000
	ws := ex.trainingWindows(w.parts().Train, seeded(1))[:2]
	batch := b.build(ws, negatives, seeded(2))

	rng, counts := seeded(3), make([]int, ex.Reels())
	for range trials {
		in := map[int32]bool{}
		for range batch.Rows() {
			in[ex.Reel[rng.IntN(w.parts().Train)]] = true
		}
		for range negatives {
			in[b.sampled[rng.IntN(len(b.sampled))]] = true
		}
		for i := range in {
			counts[i]++
		}
	}
	for c, i := range b.columns {
		p := float64(counts[i]) / trials
		tolerance := 4*math.Sqrt(p*(1-p)/trials) + 1e-4
		if got := math.Exp(float64(batch.LogQ[c])); math.Abs(got-p) > tolerance {
			t.Errorf("reel %d is a column with chance %.4f, logQ says %.4f", i, p, got)
		}
	}
}

// What the batches of many epochs really hold agrees with logQ as well, but
// for the tastes of the few people whose windows they are.
func TestLogQAgreesWithTheBatchesOfAnEpoch(t *testing.T) {
	w := newWorld(22, 8, 24, 800)
	rng := seeded(9)
	for i := range w.reels {
		w.reels[i].Uploaded = 0
	}
	for i := range w.log { // some reels are shown twenty times as often as others
		w.log[i].Reel = w.reels[int(24*rng.Float64()*rng.Float64())].ID
	}
	ex := w.prepare(t)
	b := laidOut(t, w, ex, newModel(t, tinyModel, 1))
	const negatives = 5
	held, expected, batches := make([]float64, ex.Reels()), make([]float64, ex.Reels()), 0.0
	for epoch := range uint64(60) {
		for i, ws := range group(ex.trainingWindows(w.parts().Train, seeded(epoch)), 1) {
			batch := b.build(ws, negatives, seeded(1000*epoch+uint64(i)))
			missed := math.Pow(1-1/float64(len(b.sampled)), negatives)
			for r := range held {
				expected[r] += 1 - missed*math.Pow(1-b.share[r], float64(batch.Rows()))
			}
			for _, r := range b.columns {
				held[r]++
			}
			batches++
		}
	}
	var allHeld, allExpected float64
	for r := range held {
		if math.Abs(held[r]-expected[r])/batches > 0.08 {
			t.Errorf("reel %d is in %.0f of %.0f batches, logQ expects %.0f", r, held[r], batches, expected[r])
		}
		allHeld, allExpected = allHeld+held[r], allExpected+expected[r]
	}
	if math.Abs(allHeld/allExpected-1) > 0.01 {
		t.Errorf("the batches held %.0f columns, logQ expects %.0f", allHeld, allExpected)
	}
}

func TestColumnsAreDistinctReelsWithTheirOwnFeatures(t *testing.T) {
	w := newWorld(23, 6, 24, 300)
	ex := w.prepare(t)
	m := newModel(t, tinyModel, 1)
	b := laidOut(t, w, ex, m)
	for i, ws := range group(ex.trainingWindows(w.parts().Train, seeded(1)), 3) {
		batch := b.build(ws, 8, seeded(uint64(i)))
		if sorted := slices.Sorted(slices.Values(b.columns)); len(slices.Compact(sorted)) != batch.Reels() {
			t.Fatalf("%d columns hold the reels %v", batch.Reels(), b.columns)
		}
		for c, r := range b.columns {
			content := batch.Content[c*feature.ReelDim : (c+1)*feature.ReelDim]
			if !sameBits(content, ex.Content(r)) || slices.ContainsFunc(content[feature.EventAt:], func(v float32) bool { return v != 0 }) {
				t.Fatalf("column %d does not hold the features of reel %d with empty event slots", c, r)
			}
			x := ex.catalog.Reel(r)
			who := m.Identify(x.ID, x.Creator)
			if id := batch.IDs[c]; id != who.Reel && id != -1 || batch.Makers[c] != who.Creator || batch.Upload[c] != x.Uploaded {
				t.Fatalf("column %d is told as %d, %d, %d", c, batch.IDs[c], batch.Makers[c], batch.Upload[c])
			}
		}
	}
}

func TestNegativesWereUploadedByTheEndOfTraining(t *testing.T) {
	w := newWorld(24, 6, 24, 300)
	ex := w.prepare(t)
	b := laidOut(t, w, ex, newModel(t, tinyModel, 1))
	end := w.log[w.parts().Train-1].Time
	late, rng := 0, seeded(1)
	for i := range int32(ex.Reels()) {
		if ex.catalog.Uploaded(i) > end {
			late++
		}
	}
	ws := ex.trainingWindows(w.parts().Train, seeded(2))[:1]
	sampled := map[int32]bool{}
	for range 100 {
		b.build(ws, 10, rng)
		for _, i := range b.columns {
			sampled[i] = true
			if ex.catalog.Uploaded(i) > end {
				t.Fatalf("reel %d, uploaded after the training part, is a negative", i)
			}
		}
	}
	if late == 0 || len(sampled) != ex.Reels()-late {
		t.Errorf("%d reels were columns in 100 batches; %d of %d were uploaded late", len(sampled), late, ex.Reels())
	}
}

func TestIDsAreHiddenAtTheConfiguredRate(t *testing.T) {
	w := newWorld(25, 6, 24, 300)
	ex := w.prepare(t)
	b := laidOut(t, w, ex, newModel(t, tinyModel, 1))
	ws, rng := ex.trainingWindows(w.parts().Train, seeded(1)), seeded(2)
	hidden, all := 0, 0
	for range 200 {
		for _, id := range b.build(ws[:2], 6, rng).IDs {
			all++
			if id == -1 {
				hidden++
			}
		}
	}
	if got := float64(hidden) / float64(all); math.Abs(got-tinyModel.IDDropout) > 0.03 {
		t.Errorf("%.3f of the ids are hidden, want %.3f", got, tinyModel.IDDropout)
	}
	exposed := map[int32]bool{}
	for _, x := range ws[:2] {
		for _, row := range x.rows {
			exposed[ex.Reel[row]] = true
		}
	}
	if batch := b.build(ws[:2], 6, nil); slices.Contains(batch.IDs, -1) || batch.Reels() != len(exposed) {
		t.Errorf("without randomness there are %d columns for %d reels, with ids %v", batch.Reels(), len(exposed), batch.IDs)
	}
}

// Every row of a batch is the exposure that the log holds, and only those
// behind the burn-in weigh.
func TestRowsAreTheExposuresOfTheirWindows(t *testing.T) {
	w := newWorld(26, 3, 20, 400)
	ex := w.prepare(t)
	b := laidOut(t, w, ex, newModel(t, tinyModel, 1))
	ws := ex.trainingWindows(w.parts().Train, seeded(1))
	batch := b.build(ws, 4, seeded(2))
	weighed := 0
	for at, row := range b.rows {
		it := &w.log[row]
		if ex.Reel[row] != b.columns[batch.Reel[at]] || batch.Now[at] != it.Time || (batch.Enjoyed[at] == 1) != it.Positive() {
			t.Fatalf("batch row %d is not the exposure %+v", at, it)
		}
		if !sameBits(batch.Context[at*feature.ContextDim:(at+1)*feature.ContextDim], ex.Context[int(row)*feature.ContextDim:(int(row)+1)*feature.ContextDim]) {
			t.Fatalf("batch row %d has another context than log row %d", at, row)
		}
		for h := range reel.Head(reel.NumHeads) {
			weight := float32(0)
			if b.learned[at] && it.Observed.Has(h.Signal()) {
				weight = 1
			}
			if batch.Weights[h][at] != weight || batch.Targets[h][at] != target(it, h) {
				t.Errorf("head %v of log row %d has target %g and weight %g", h, row, batch.Targets[h][at], batch.Weights[h][at])
			}
		}
		if !b.learned[at] && batch.Recall[at] != 0 {
			t.Errorf("log row %d only builds the state, but weighs in the retrieval loss", row)
		}
		if b.learned[at] {
			weighed++
		}
	}
	if weighed != w.parts().Train || batch.Rows() <= weighed {
		t.Errorf("%d rows of %d are learned from, want the %d of the training part", weighed, batch.Rows(), w.parts().Train)
	}
	checkSteps(t, ws, b, batch)
}

// checkSteps holds the steps of every sequence to the order of its window.
func checkSteps(t *testing.T, ws []window, b *batcher, batch *model.Batch) {
	t.Helper()
	left := slices.Clone(ws)
	for s, length := range batch.Seq.Lengths {
		var rows []int32
		for step := range length {
			rows = append(rows, b.rows[batch.Seq.Row(step, s)])
		}
		i := slices.IndexFunc(left, func(w window) bool { return slices.Equal(w.rows, rows) })
		if i < 0 {
			t.Fatalf("sequence %d holds the rows %v, which no window has", s, rows)
		}
		left = slices.Delete(left, i, i+1)
	}
}

// The first event of a window has no gap before it, as the oldest of a served
// history has none.
func TestEventsAreThoseThatServingWrites(t *testing.T) {
	w := newWorld(27, 2, 20, 60)
	ex := w.prepare(t)
	b := laidOut(t, w, ex, newModel(t, tinyModel, 1))
	rows := ex.ByUser[0][:9]
	batch := b.build([]window{{rows: rows[3:], learn: 0}}, 0, nil)
	var prev *reel.Interaction
	for step, row := range rows[3:] {
		want := make([]float32, feature.EventDim)
		feature.Event(want, &w.log[row], prev)
		if got := batch.Event[step*feature.EventDim : (step+1)*feature.EventDim]; !sameBits(got, want) {
			t.Errorf("the event at step %d is %v, want %v", step, got, want)
		}
		prev = &w.log[row]
	}
}

func TestRecallWeighsWhatWasEnjoyedMost(t *testing.T) {
	watched := func(share reel.WatchTime, did reel.Signals) *reel.Interaction {
		return &reel.Interaction{Watch: share, Signals: did, Observed: reel.AllObserved}
	}
	for _, c := range []struct {
		name string
		it   *reel.Interaction
		want float32
	}{
		{"watched to the end", watched(1, 0), 1},
		{"liked at a glance", watched(0.1, reel.Liked), 1},
		{"watched for a third", watched(0.3, 0), 0.3},
		{"not watched", watched(0, 0), 0},
		{"rejected", watched(0.9, reel.NotInterested), 0},
		{"watch time unknown", &reel.Interaction{Watch: 0.4, Observed: reel.Liked}, 0},
	} {
		if got := recallWeight(c.it); got != c.want {
			t.Errorf("%s weighs %g, want %g", c.name, got, c.want)
		}
	}
}

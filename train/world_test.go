package train

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/reel"
)

// world is a small catalogue and a log over it: people who each like one of a
// few topics, and reels whose video vector tells the topic.
type world struct {
	reels []reel.Reel
	log   []reel.Interaction // by time
}

const (
	start  = 1_700_000_000
	minute = 60
	topics = 3
)

// newWorld draws a world. The later half of the reels comes in while the log
// runs, the last two after it has ended.
func newWorld(seed uint64, users, reels, events int) *world {
	rng := rand.New(rand.NewPCG(seed, 0x7a57e))
	w := &world{}
	end := start + int64(events)*minute
	for i := range reels {
		w.reels = append(w.reels, w.newReel(rng, i, reels, end))
	}
	w.reels[0].Uploaded = 0 // unknown
	for n := range events {
		w.log = append(w.log, w.expose(rng, reel.UserID(rng.IntN(users)), start+int64(n)*minute))
	}
	return w
}

func (w *world) newReel(rng *rand.Rand, i, reels int, end int64) reel.Reel {
	video := make([]float32, reel.VideoDim)
	for k := range video {
		video[k] = float32(rng.NormFloat64() / 8)
		if k%topics == i%topics {
			video[k] += 0.25
		}
	}
	r := reel.Reel{ID: reel.ReelID(100 + 7*i), Creator: reel.CreatorID(i % 5), Category: []string{"cooking", "travel", ""}[rng.IntN(3)],
		Duration: 5 + float32(rng.IntN(50)), Uploaded: start - int64(1+rng.IntN(500))*3600, Video: video}
	if i >= reels/2 {
		r.Uploaded = start + (end-start)*int64(i-reels/2)/int64(reels-reels/2-2)
	}
	return r
}

// expose shows a user one of the reels that are there.
func (w *world) expose(rng *rand.Rand, user reel.UserID, now int64) reel.Interaction {
	i := rng.IntN(len(w.reels))
	for w.reels[i].Uploaded > now {
		i = rng.IntN(len(w.reels))
	}
	r := &w.reels[i]
	it := reel.Interaction{User: user, Reel: r.ID, Creator: r.Creator, Time: now, Duration: r.Duration, Observed: reel.AllObserved,
		Watch: reel.WatchTime(0.3 * rng.Float32()), Context: reel.Context{Device: "android", Place: []string{"BR", "IN", ""}[rng.IntN(3)]}}
	if i%topics == int(user)%topics {
		it.Watch += 0.6
		if rng.IntN(2) == 0 {
			it.Signals |= reel.Liked
		}
	}
	switch rng.IntN(12) {
	case 0:
		it.Signals |= reel.Followed
	case 1:
		it.Observed &^= reel.Watched
	case 2:
		it.Signals |= reel.NotInterested
	}
	return it
}

func (w *world) catalog(t testing.TB) *catalog.Catalog {
	t.Helper()
	cat, err := catalog.New(w.reels)
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

func newCounters(cat *catalog.Catalog) *catalog.Counters {
	return catalog.NewCounters(cat, 6*time.Hour)
}

func (w *world) prepare(t testing.TB) *Examples {
	t.Helper()
	cat := w.catalog(t)
	enc, err := feature.Fit(w.reels)
	if err != nil {
		t.Fatal(err)
	}
	ex, err := Prepare(context.Background(), cat, newCounters(cat), enc, w.log, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ex
}

// parts keeps the newest tenth for validation and the tenth before it unused.
func (w *world) parts() Parts {
	return Parts{Train: len(w.log) * 8 / 10, Validation: len(w.log) * 9 / 10}
}

var tinyModel = model.Config{Preset: "tiny", Tower: 6, IDBuckets: 32, IDDropout: 0.3, Creators: 16, Hidden: 5, Layers: 2, Dense: []int{7, 4}, Dropout: 0.1, Temperature: 0.2}

func tinyTrain() config.Train {
	return config.Train{Epochs: 3, BatchEvents: 48, LearningRate: 0.01, WarmupShare: 0.2, WeightDecay: 0.01, ClipNorm: 1, Negatives: 6, RetrievalWeight: 0.5}
}

func newModel(t testing.TB, cfg model.Config, seed uint64) *model.Model {
	t.Helper()
	m, err := model.New(cfg, seed)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// newTrainer returns a trainer of a tiny model over the world.
func newTrainer(t testing.TB, w *world, cfg config.Train) *Trainer {
	t.Helper()
	return mustTrainer(t, newModel(t, tinyModel, 1), w.prepare(t), cfg, w.parts())
}

func mustTrainer(t testing.TB, m *model.Model, ex *Examples, cfg config.Train, parts Parts) *Trainer {
	t.Helper()
	trainer, err := New(m, ex, cfg, 1, parts)
	if err != nil {
		t.Fatal(err)
	}
	return trainer
}

func mustRun(t testing.TB, trainer *Trainer, report func(Progress)) Result {
	t.Helper()
	r, err := trainer.Run(context.Background(), report)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// standing is everything that a run's future depends on.
type standing struct {
	names   []string
	tensors [][]float32 // weights, best weights and the optimiser's moments
	state   state
	updates int
}

func (t *Trainer) standing() standing {
	s := standing{state: t.state, updates: t.adam.Step}
	s.state.History = slices.Clone(t.state.History)
	for _, x := range t.tensors() {
		s.names, s.tensors = append(s.names, x.Name), append(s.tensors, slices.Clone(x.Data))
	}
	return s
}

// checkSameStanding compares bit for bit.
func checkSameStanding(t *testing.T, what string, got, want standing) {
	t.Helper()
	if got.updates != want.updates || !sameState(got.state, want.state) {
		t.Errorf("%s: the run stands at %+v, want %+v", what, got.state, want.state)
	}
	for i, name := range want.names {
		if !sameBits(got.tensors[i], want.tensors[i]) {
			t.Errorf("%s: tensor %s differs", what, name)
		}
	}
}

func sameState(a, b state) bool {
	return a.Epoch == b.Epoch && a.Step == b.Step && a.Updates == b.Updates && a.LossSum == b.LossSum &&
		a.BestEpoch == b.BestEpoch && a.Done == b.Done && slices.Equal(a.History, b.History)
}

func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

// weights are copies of a model's tensors, one after the other.
func weights(m *model.Model) []float32 {
	var all []float32
	for _, x := range m.Tensors() {
		all = append(all, x.Data...)
	}
	return all
}

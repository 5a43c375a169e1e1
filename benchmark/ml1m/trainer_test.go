package ml1m

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/nn/kernel"
)

// smallSettings train in a second.
func smallSettings(encoder string) Settings {
	s := Defaults(encoder)
	s.Width, s.Hidden, s.Heads, s.Inner, s.Length = 16, 16, 2, 32, 12
	if encoder == model.EncoderGRU {
		s.Hidden = 24 // another width than the items', so that there is an out layer
	}
	s.Epochs, s.BatchRows, s.LearningRate, s.Dropout, s.Averaging = 12, 256, 1e-2, 0.1, 0.9
	return s
}

// walks are sequences in which item i is followed by i+3, starting anywhere.
func walks(users, items int, seed uint64) *Data {
	d, rng := &Data{Items: items}, rand.New(rand.NewPCG(seed, 1))
	for range users {
		s, at := []int32{}, rng.IntN(items)
		for range 10 + rng.IntN(10) {
			s = append(s, int32(at))
			at = (at + 3) % items
		}
		d.Sequences = append(d.Sequences, s)
	}
	return d
}

// shuffled are sequences without any order, no item twice in one.
func shuffled(users, items int, seed uint64) *Data {
	d, rng := &Data{Items: items}, rand.New(rand.NewPCG(seed, 2))
	for range users {
		var s []int32
		for _, i := range rng.Perm(items)[:10+rng.IntN(10)] {
			s = append(s, int32(i))
		}
		d.Sequences = append(d.Sequences, s)
	}
	return d
}

func trained(t *testing.T, s Settings, d *Data, dir string) *trainer {
	t.Helper()
	r, err := newTrainer(s, d.Items, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.run(context.Background(), d, dir, 0, t.Logf); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestBothEncodersLearnWhatFollowsWhat(t *testing.T) {
	for _, kind := range model.Encoders() {
		d := walks(300, 100, 1)
		verdicts, err := trained(t, smallSettings(kind), d, "").test(d)
		if err != nil {
			t.Fatal(err)
		}
		if v := mean(verdicts); v.NDCG < 0.9 {
			t.Errorf("%s reaches %+v on walks whose next item is certain", kind, v)
		}
	}
}

// Targets without any relation to what was before are met as often as by chance.
func TestNothingIsLearnedWhereNothingFollows(t *testing.T) {
	const users, items = 2000, 100
	d := shuffled(users, items, 1)
	s := smallSettings(model.EncoderTransformer)
	s.Epochs = 3
	verdicts, err := trained(t, s, d, "").test(d)
	if err != nil {
		t.Fatal(err)
	}
	var want Verdict
	for _, c := range d.Test() {
		l := level(items - len(c.History))
		want.HR += l.HR / users
		want.NDCG += l.NDCG / users
	}
	// Four standard errors: of HR sqrt(.12*.88/2000), of NDCG less.
	if v := mean(verdicts); math.Abs(v.HR-want.HR) > 4*0.0073 || math.Abs(v.NDCG-want.NDCG) > 4*0.0045 {
		t.Errorf("reaches %+v, want about %+v", v, want)
	}
}

func TestARunGoesOnWhereItStopped(t *testing.T) {
	d, s := walks(60, 40, 2), smallSettings(model.EncoderTransformer)
	s.Epochs = 4
	whole := trained(t, s, d, "")

	dir := filepath.Join(t.TempDir(), "run")
	r, err := newTrainer(s, d.Items, 1)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	err = r.run(ctx, d, dir, 0, func(string, ...any) {
		if len(r.state.History) == 2 {
			stop()
		}
	})
	if err == nil {
		t.Fatal("a run that was stopped ended well")
	}
	resumed := trained(t, s, d, dir)
	for i, p := range whole.n.params() {
		if !reflect.DeepEqual(resumed.n.params()[i].Value, p.Value) || !reflect.DeepEqual(resumed.best[i], whole.best[i]) {
			t.Errorf("%s differs from that of a run without a stop", p.Name)
		}
	}
	if got, want := fmt.Sprint(losses(resumed)), fmt.Sprint(losses(whole)); got != want {
		t.Errorf("losses %s, want %s", got, want)
	}

	s.Dropout = 0.3
	other, err := newTrainer(s, d.Items, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := other.run(context.Background(), d, dir, 0, t.Logf); err == nil || !strings.Contains(err.Error(), "another run") {
		t.Errorf("with other settings the error is %v", err)
	}
}

func TestALimitEndsARunAfterTheEpochThatPassesIt(t *testing.T) {
	d, s := walks(20, 40, 2), smallSettings(model.EncoderGRU)
	r, err := newTrainer(s, d.Items, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.run(context.Background(), d, "", time.Nanosecond, t.Logf); err != nil || len(r.state.History) != 1 {
		t.Fatalf("%d epochs, %v: want one", len(r.state.History), err)
	}
	if _, err := r.test(d); err != nil {
		t.Error(err)
	}
}

func losses(t *trainer) (all []float64) {
	for _, e := range t.state.History {
		all = append(all, e.Loss)
	}
	return all
}

// A small step along the gradient of a parameter changes the loss by as much as
// the gradient's square says.
func TestTheLossFollowsItsGradients(t *testing.T) {
	const change, smoothing = 5e-4, 0.1
	for _, kind := range model.Encoders() {
		d, s := shuffled(8, 30, 3), smallSettings(kind)
		n, err := newNetwork(s, d.Items, 1)
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(4, 4))
		var b batch
		if err := b.lay(windows(d.Sequences, s.Length, rng)); err != nil {
			t.Fatal(err)
		}
		p := newPass(n)
		p.learn(&b, smoothing, nil)
		var grads [][]float32
		for _, x := range n.params() {
			grads = append(grads, slices.Clone(x.Grad))
		}
		for i, x := range n.params() {
			step := change / kernel.SumSquares(grads[i])
			if step > 100 { // too flat for float32: the bias of the pooling, which cancels
				continue
			}
			loss := func(by float64) float64 {
				kernel.Axpy(float32(by*step), grads[i], x.Value)
				return p.learn(&b, smoothing, nil)
			}
			up := loss(0.5)
			slope := up - loss(-1)
			loss(0.5)
			if math.Abs(slope-change) > 0.03*change {
				t.Errorf("%s: along the gradient of %s the loss changes by %.4g, want %.4g", kind, x.Name, slope, change)
			}
		}
	}
}

func TestEveryStepIsLearnedFromOnce(t *testing.T) {
	d := shuffled(50, 60, 5)
	for _, length := range []int{3, 7, 100} {
		seen := map[string]int{}
		for _, w := range windows(d.Sequences, length, rand.New(rand.NewPCG(6, 6))) {
			if len(w.item) > length || len(w.item) != len(w.next) {
				t.Fatalf("a window of %d items and %d targets, want at most %d", len(w.item), len(w.next), length)
			}
			for i := range w.item {
				seen[fmt.Sprint(w.item[i], w.next[i])]++
			}
		}
		steps := 0
		for _, s := range d.Sequences {
			steps += len(s) - 1
			for i := 1; i < len(s); i++ {
				seen[fmt.Sprint(s[i-1], s[i])]--
			}
		}
		for step, n := range seen {
			if n != 0 {
				t.Errorf("length %d: step %s is off by %d of %d", length, step, n, steps)
			}
		}
	}
}

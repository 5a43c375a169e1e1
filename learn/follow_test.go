package learn

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reelrank/reelrank/live"
	"github.com/reelrank/reelrank/model/bundle"
	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/reel"
)

// start is the time of the tests' first look at a registry.
var start = time.Unix(1_700_000_000, 0)

// looks lets a loop look at its registry every second of a while.
func (d *deployment) looks(t testing.TB, from time.Time, seconds int) {
	t.Helper()
	for k := range seconds {
		d.loop.follow(t.Context(), from.Add(time.Duration(k)*time.Second))
	}
}

// altered adds a version whose weights are those of the first bundle, changed.
func (d *deployment) altered(t testing.TB, change func(name string, weights []float32)) string {
	t.Helper()
	b, err := bundle.Open(firstBundle(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range b.Tensors {
		change(w.Name, w.Data)
	}
	modelVersion, err := bundle.ModelVersion(b.Manifest.Preset, b.Tensors)
	if err != nil {
		t.Fatal(err)
	}
	name, err := d.models.Add(modelVersion, func(dir string) error {
		w, err := bundle.Create(dir)
		if err != nil {
			return err
		}
		defer w.Close()
		if err := w.AddTensors(b.Tensors, b.Metadata); err != nil {
			return err
		}
		_, err = w.Commit(b.Manifest)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// nudged is another model that is as good.
func (d *deployment) nudged(t testing.TB) string {
	return d.altered(t, func(name string, weights []float32) {
		if name == "heads.bias" {
			weights[0] += 0.125
		}
	})
}

func (d *deployment) serves(t testing.TB, name string) {
	t.Helper()
	slate, err := d.Recommend(t.Context(), recommend.Request{User: 1, K: 5})
	if err != nil || len(slate.Items) != 5 {
		t.Fatalf("%d reels, %v", len(slate.Items), err)
	}
	if !strings.HasSuffix(name, slate.ModelVersion) {
		t.Fatalf("answered by %s, want %s", slate.ModelVersion, name)
	}
}

func TestAPromotedModelComesIntoServiceAndBackAgain(t *testing.T) {
	d := deployed(t, brief().Learn)
	d.looks(t, start, 3)
	d.serves(t, d.first)
	next := d.nudged(t)
	promote(t, d.models, next)
	d.looks(t, start, 1)
	d.serves(t, next)
	if _, err := d.models.Rollback(next, "by hand"); err != nil {
		t.Fatal(err)
	}
	d.looks(t, start, 1)
	d.serves(t, d.first)
	if got := statuses(t, d.models); got[next] != StatusBad || got[d.first] != StatusCurrent {
		t.Errorf("statuses %v", got)
	}
}

func TestNoRequestFailsWhileModelsAreSwapped(t *testing.T) {
	d := deployed(t, brief().Learn)
	other := d.nudged(t)
	stop := make(chan struct{})
	var askers sync.WaitGroup
	for k := range 4 {
		askers.Go(func() {
			for user := reel.UserID(k); ; user = (user + 4) % 100 {
				select {
				case <-stop:
					return
				default:
				}
				if slate, err := d.Recommend(t.Context(), recommend.Request{User: user, K: 5}); err != nil || len(slate.Items) == 0 {
					t.Errorf("user %d: %d reels, %v", user, len(slate.Items), err)
					return
				}
			}
		})
	}
	for k := range 4 {
		promote(t, d.models, []string{other, d.first}[k%2])
		d.looks(t, start, 1)
	}
	close(stop)
	askers.Wait()
	if h := d.Health(); h.Requests == 0 || h.Failed+h.Empty+h.NotFinite > 0 {
		t.Errorf("%d requests, %d failed, %d empty, %d not finite", h.Requests, h.Failed, h.Empty, h.NotFinite)
	}
}

func TestAModelThatCannotBeLoadedIsRolledBack(t *testing.T) {
	d := deployed(t, brief().Learn)
	nan := d.altered(t, func(name string, weights []float32) {
		if name == "tower.weight" {
			weights[0] = float32(nan())
		}
	})
	promote(t, d.models, nan)
	d.looks(t, start, 2)
	d.serves(t, d.first)
	if got := statuses(t, d.models); got[nan] != StatusBad || got[d.first] != StatusCurrent {
		t.Errorf("statuses %v", got)
	}
	versions, err := d.models.Versions()
	if err != nil || !strings.Contains(versions[0].Reason, "cannot be put into service: ") {
		t.Errorf("reason %q, %v", versions[0].Reason, err)
	}
}

func nan() float64 { zero := 0.0; return zero / zero }

func TestAModelWhoseScoresAreNoNumbersIsRolledBack(t *testing.T) {
	d := deployed(t, brief().Learn)
	d.looks(t, start, 1)
	d.requests(t, 2)
	d.looks(t, start.Add(time.Second), 1)
	huge := d.altered(t, func(name string, weights []float32) { // finite, but no sum of it is
		if strings.HasPrefix(name, "dense1.weight") {
			for i := range weights {
				weights[i] = 1e38 * float32(1-2*(i%2))
			}
		}
	})
	promote(t, d.models, huge)
	d.looks(t, start.Add(2*time.Second), 1)
	for user := range reel.UserID(40) {
		_, _ = d.Recommend(t.Context(), recommend.Request{User: user, K: 5})
	}
	d.looks(t, start.Add(3*time.Second), 1)
	d.serves(t, d.first)
	if got := statuses(t, d.models); got[huge] != StatusBad {
		t.Errorf("statuses %v", got)
	}
}

// reporting is a service whose health is what a test says.
type reporting struct {
	*live.Service
	health live.Health
}

func (r *reporting) Health() live.Health { return r.health }

// count adds requests that ended alike.
func (r *reporting) count(n int, err error, took time.Duration) {
	slate := recommend.Slate{Items: make([]recommend.Item, 5)}
	for range n {
		r.health.Count(&slate, err, took)
	}
}

var errBroken = errors.New("broken")

func TestASwapIsUndoneWhereRequestsFareWorse(t *testing.T) {
	for _, c := range []struct {
		name string
		then func(r *reporting)
		says string // part of the reason; empty where nothing is undone
	}{
		{"all is well", func(r *reporting) { r.count(1000, nil, 5*time.Millisecond) }, ""},
		{"requests fail", func(r *reporting) { r.count(97, nil, time.Millisecond); r.count(3, errBroken, time.Millisecond) }, "3.0 % of 100 requests failed, 0.0 % before"},
		{"few have been asked", func(r *reporting) { r.count(fewestRequests-1, errBroken, time.Millisecond) }, ""},
		{"one of many fails", func(r *reporting) { r.count(400, nil, time.Millisecond); r.count(1, errBroken, time.Millisecond) }, ""},
		{"clients ask wrongly", func(r *reporting) { r.count(400, &recommend.RequestError{Field: "k"}, time.Millisecond) }, ""},
		{"it is slow", func(r *reporting) { r.count(1000, nil, 40*time.Millisecond) }, "99 % of 1000 requests took up to "},
		{"it is slower, and quick", func(r *reporting) { r.count(1000, nil, 15*time.Millisecond) }, ""},
		{"the slowest one of a thousand is slow", func(r *reporting) { r.count(1000, nil, time.Millisecond); r.count(1, nil, time.Second) }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := deployed(t, brief().Learn)
			r := &reporting{Service: d.Service}
			d.loop.Service = r
			d.looks(t, start, 1)
			r.count(1000, nil, 4*time.Millisecond)
			d.looks(t, start.Add(time.Minute), 1)
			next := d.nudged(t)
			promote(t, d.models, next)
			d.looks(t, start.Add(61*time.Second), 2)
			if !d.loop.proving.Load() {
				t.Fatal("the swap is not watched")
			}
			c.then(r)
			d.looks(t, start.Add(63*time.Second), 1)
			want := next
			if c.says != "" {
				want = d.first
			}
			d.serves(t, want)
			versions, err := d.models.Versions()
			if err != nil || c.says != "" && !strings.Contains(versions[0].Reason, c.says) {
				t.Errorf("reason %q, %v; want %q", versions[0].Reason, err, c.says)
			}
			d.looks(t, start.Add(time.Hour), 1)
			if d.loop.proving.Load() {
				t.Error("the swap is watched for ever")
			}
			r.count(1000, errBroken, time.Second) // of which a swap long ago is not the cause
			d.looks(t, start.Add(2*time.Hour), 2)
			d.serves(t, want)
		})
	}
}

func TestWithoutAGoodModelBeforeTheBadOneStays(t *testing.T) {
	d := deployed(t, brief().Learn)
	if err := d.models.point(d.first); err != nil {
		t.Fatal(err)
	}
	d.loop.serving = "20200101T000000Z-other"
	d.loop.Service = &refusing{d.Service, 0}
	d.looks(t, start, 5)
	if got := d.current(t); got != d.first {
		t.Errorf("current is %s", got)
	}
	if tries := d.loop.Service.(*refusing).tries; tries != 1 {
		t.Errorf("what cannot be put into service was tried %d times", tries)
	}
}

// refusing is a service that takes no other model.
type refusing struct {
	*live.Service
	tries int
}

func (r *refusing) Swap(context.Context, string) error {
	r.tries++
	return errBroken
}

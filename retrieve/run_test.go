package retrieve

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reelrank/reelrank/reel"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scripted is a source that does as the test says.
type scripted struct {
	name reel.Source
	find func(ctx context.Context, q *Query, k int) ([]int32, error)
}

func (s *scripted) Name() reel.Source { return s.name }

func (s *scripted) Retrieve(ctx context.Context, q *Query, k int, dst []reel.Candidate) ([]reel.Candidate, error) {
	list, err := s.find(ctx, q, k)
	for _, i := range list {
		dst = append(dst, reel.Candidate{Index: i})
	}
	return dst, err
}

// fixed is a source that always finds the same.
func fixed(name reel.Source, list ...int32) *scripted {
	return &scripted{name, func(context.Context, *Query, int) ([]int32, error) { return list, nil }}
}

func assemble(t *testing.T, w *world, candidates int, slots ...Slot) *Retriever {
	t.Helper()
	r, err := NewWithSources(candidates, w.parts, slots...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func indices(list []reel.Candidate) []int32 {
	var out []int32
	for _, c := range list {
		out = append(out, c.Index)
	}
	return out
}

// timeless is a world in which every reel may be returned to the newcomer.
func timeless(t *testing.T) (*world, *Query) {
	w := newWorld(t, 9, 50, 1, 0)
	q := w.newcomer()
	q.Now = reel.MaxTime
	return w, q
}

func TestFailingSourceIsDroppedAndReported(t *testing.T) {
	w, q := timeless(t)
	broken := errors.New("shard is gone")
	release := make(chan struct{})
	for _, tc := range []struct {
		name string
		find func(ctx context.Context, q *Query, k int) ([]int32, error)
		want func(error) bool
	}{
		{"error", func(context.Context, *Query, int) ([]int32, error) { return []int32{9}, broken },
			func(err error) bool { return errors.Is(err, broken) }},
		{"panic", func(context.Context, *Query, int) ([]int32, error) { panic("index out of range") },
			func(err error) bool {
				var p *PanicError
				return errors.As(err, &p) && strings.Contains(err.Error(), "index out of range") && len(p.Stack) > 0
			}},
		{"heeds its budget", func(ctx context.Context, _ *Query, _ int) ([]int32, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}, func(err error) bool { return errors.Is(err, ErrOverBudget) }},
		{"ignores its budget", func(context.Context, *Query, int) ([]int32, error) {
			<-release
			return []int32{9}, nil
		}, func(err error) bool { return errors.Is(err, ErrOverBudget) }},
	} {
		r := assemble(t, w, 10, Slot{&scripted{reel.SourceSimilar, tc.find}, 5}, Slot{fixed(reel.SourceFresh, 1, 2), 5})
		r.parts.Budget = 30 * time.Millisecond
		got, traces, err := r.Retrieve(context.Background(), q)
		if err != nil || !slices.Equal(indices(got), []int32{1, 2}) {
			t.Errorf("%s: candidates %v, %v; want those of the other source", tc.name, indices(got), err)
		}
		if !tc.want(traces[0].Err) || traces[0].Count != 0 || traces[0].Found != 0 {
			t.Errorf("%s: trace is %+v", tc.name, traces[0])
		}
		if traces[1].Err != nil || traces[1].Count != 2 || traces[1].Found != 2 {
			t.Errorf("%s: trace of the sound source is %+v", tc.name, traces[1])
		}
		if tc.name == "ignores its budget" {
			if traces[0].Took < r.parts.Budget {
				t.Errorf("took %v, was dropped after %v", traces[0].Took, r.parts.Budget)
			}
			close(release)
		}
		r.Wait()
	}
}

func TestAllSourcesFailing(t *testing.T) {
	w, q := timeless(t)
	broken := errors.New("shard is gone")
	fail := func(context.Context, *Query, int) ([]int32, error) { return nil, broken }
	r := assemble(t, w, 10, Slot{&scripted{reel.SourceSimilar, fail}, 5}, Slot{&scripted{reel.SourceFresh, fail}, 5})
	got, traces, err := r.Retrieve(context.Background(), q)
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "fresh") || got != nil || len(traces) != 2 {
		t.Errorf("got %v, %d traces, %v", got, len(traces), err)
	}
}

func TestEndedContext(t *testing.T) {
	w, q := timeless(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := assemble(t, w, 10, Slot{fixed(reel.SourceSimilar, 1), 5})
	if _, _, err := r.Retrieve(ctx, q); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want that of the context", err)
	}
	r.Wait()
}

func TestDropsAreCountedBySource(t *testing.T) {
	w, q := timeless(t)
	broken := errors.New("shard is gone")
	var turn atomic.Int32 // a source that was dropped may still be at work when the next request asks
	moody := &scripted{reel.SourceTrending, func(ctx context.Context, _ *Query, _ int) ([]int32, error) {
		switch turn.Add(1) {
		case 1:
			return nil, broken
		case 2:
			panic("index out of range")
		case 3:
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return []int32{3}, nil
	}}
	r := assemble(t, w, 10, Slot{moody, 5}, Slot{fixed(reel.SourceFresh, 1, 2), 7})
	r.parts.Budget = 200 * time.Millisecond // a machine that stalls for less drops nobody else
	for range 5 {
		if got, _, err := r.Retrieve(context.Background(), q); err != nil || len(got) < 2 {
			t.Fatalf("%d candidates, %v", len(got), err)
		}
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := r.Retrieve(ended, q); err == nil {
		t.Fatal("a request whose context has ended is answered")
	}
	want := []Counts{{reel.SourceTrending, 5, 5, 2, 1}, {reel.SourceFresh, 7, 5, 0, 0}}
	if got := r.Counts(); !slices.Equal(got, want) {
		t.Errorf("counts are %+v, want %+v", got, want)
	}
	r.Wait()
}

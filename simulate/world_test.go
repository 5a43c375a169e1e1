package simulate

import (
	"context"
	"errors"
	"math"
	"reflect"
	"runtime"
	"testing"

	"github.com/reelrank/reelrank/reel"
)

func TestSameSeedGivesTheSameWorldOnAnyNumberOfCPUs(t *testing.T) {
	a := world(t, Tiny, 3, nil)
	before := runtime.GOMAXPROCS(1)
	b := world(t, Tiny, 3, nil)
	runtime.GOMAXPROCS(before)
	if !reflect.DeepEqual(a.Reels(), b.Reels()) {
		t.Error("the reels differ")
	}
	if !reflect.DeepEqual(a.Interactions(), b.Interactions()) {
		t.Error("the logs differ")
	}
	if c := world(t, Tiny, 4, nil); reflect.DeepEqual(a.Interactions(), c.Interactions()) {
		t.Error("another seed gives the same log")
	}
}

func TestGenerateTwiceGivesTheSameWorld(t *testing.T) {
	w := world(t, Tiny, 3, nil)
	first := w.Interactions()
	if err := w.Generate(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(first, w.Interactions()) {
		t.Error("the second log differs from the first")
	}
}

// checkInvariants holds a world to what its package promises.
func checkInvariants(t *testing.T, w *World) {
	t.Helper()
	p := w.Params()
	if len(w.Reels()) != p.Reels || len(w.Interactions()) != p.Interactions {
		t.Errorf("got %d reels and %d interactions, want %d and %d", len(w.Reels()), len(w.Interactions()), p.Reels, p.Interactions)
	}
	for i := range w.Reels() {
		r := &w.Reels()[i]
		if err := r.Validate(); err != nil {
			t.Fatalf("reel %d: %v", r.ID, err)
		}
		if r.ID != reel.ReelID(i+1) || i > 0 && r.Uploaded < w.Reels()[i-1].Uploaded {
			t.Fatalf("reel at %d has id %d, or was uploaded before the one ahead of it", i, r.ID)
		}
	}
	type pair struct {
		user reel.UserID
		reel reel.ReelID
	}
	shown, users, last := map[pair]bool{}, map[reel.UserID]int{}, p.Start
	for i, it := range w.Interactions() {
		if err := it.Validate(); err != nil {
			t.Fatalf("row %d: %v", i, err)
		}
		r := w.Reels()[it.Reel-1]
		switch key := (pair{it.User, it.Reel}); {
		case shown[key]:
			t.Fatalf("row %d: reel %d is shown to user %d again", i, it.Reel, it.User)
		case it.Time < r.Uploaded:
			t.Fatalf("row %d: reel %d is shown %d s before its upload", i, it.Reel, r.Uploaded-it.Time)
		case it.Time < last || it.Time >= p.End():
			t.Fatalf("row %d: time %d is out of order or outside the window", i, it.Time)
		case it.Creator != r.Creator || it.Duration != r.Duration:
			t.Fatalf("row %d: creator or duration is not the reel's", i)
		default:
			shown[key], last = true, it.Time
		}
		users[it.User]++
	}
	if len(users) != p.Users {
		t.Errorf("%d of %d users are in the log", len(users), p.Users)
	}
	for u, n := range users {
		if n < MinEvents {
			t.Errorf("user %d has only %d interactions", u, n)
		}
	}
}

func TestWorldKeepsItsInvariants(t *testing.T) {
	for name, edit := range map[string]func(*Params){
		"tiny":            nil,
		"seed, scaled":    func(p *Params) { p.Users, p.Reels, p.Creators, p.Topics, p.Interactions = 120, 742, 48, 24, 10_000 },
		"one creator":     func(p *Params) { p.Creators = 1 },
		"single reels":    func(p *Params) { p.SessionLength = 1 },
		"long sessions":   func(p *Params) { p.SessionLength = MaxSession },
		"no new reels":    func(p *Params) { p.BacklogShare = 1 },
		"one crowded day": func(p *Params) { p.Days, p.Interactions = 1, 4_800 },
		"all by taste":    func(p *Params) { p.TasteShare, p.TrendingShare = 1, 0 },
		"all by trend":    func(p *Params) { p.TasteShare, p.TrendingShare = 0, 1 },
		"nothing missing": func(p *Params) { p.VideoMissing, p.AudioMissing, p.TextMissing, p.LabelMissing = 0, 0, 0, 0 },
	} {
		t.Run(name, func(t *testing.T) { checkInvariants(t, world(t, Tiny, 11, edit)) })
	}
}

func TestSessionsAreRunsOfPositions(t *testing.T) {
	next, owner := map[int64]int{}, map[int64]reel.UserID{}
	for i, it := range tinyWorld().Interactions() {
		s := it.Context.Session
		if it.Context.Position != next[s] || s <= 0 {
			t.Fatalf("row %d: session %d has position %d, want %d", i, s, it.Context.Position, next[s])
		}
		if next[s] > 0 && owner[s] != it.User {
			t.Fatalf("row %d: session %d is of users %d and %d", i, s, owner[s], it.User)
		}
		next[s]++
		owner[s] = it.User
	}
}

func TestShareOfMissingVectorsAndLabels(t *testing.T) {
	w := world(t, Tiny, 5, func(p *Params) { p.Reels = 4_000 })
	p := w.Params()
	var video, audio, text, label, wrong float64
	for i, r := range w.Reels() {
		for _, m := range []struct {
			missing bool
			count   *float64
		}{
			{r.Video == nil, &video}, {r.Audio == nil, &audio}, {r.Text == nil, &text}, {r.Category == "", &label},
			{r.Category != "" && r.Category != w.topics[w.clips[i].topic].name, &wrong},
		} {
			if m.missing {
				*m.count++
			}
		}
	}
	n := float64(len(w.Reels()))
	for _, c := range []struct {
		what      string
		got, want float64
	}{
		{"video", video / n, p.VideoMissing}, {"audio", audio / n, p.AudioMissing}, {"text", text / n, p.TextMissing},
		{"label", label / n, p.LabelMissing}, {"wrong label", wrong / n, p.LabelWrong},
	} {
		if slack := 4 * math.Sqrt(c.want*(1-c.want)/n); math.Abs(c.got-c.want) > slack {
			t.Errorf("%s: share %.4f, want %.4f within %.4f", c.what, c.got, c.want, slack)
		}
	}
}

func TestProgressRisesToTheTotal(t *testing.T) {
	p, _ := Tiny.Params()
	w, err := New(p, 1)
	if err != nil {
		t.Fatal(err)
	}
	last, calls := 0, 0
	err = w.Generate(context.Background(), func(done, total int) {
		if done <= last || total != p.Reels+p.Interactions {
			t.Errorf("progress went from %d to %d of %d", last, done, total)
		}
		last, calls = done, calls+1
	})
	if err != nil || last != p.Reels+p.Interactions {
		t.Errorf("ended at %d with %v", last, err)
	}
	if calls > 110 {
		t.Errorf("%d calls are too many to draw a bar with", calls)
	}
}

func TestCancelledGenerateSaysSo(t *testing.T) {
	p, _ := Tiny.Params()
	w, _ := New(p, 1)
	ctx, cancel := context.WithCancel(context.Background())
	err := w.Generate(ctx, func(done, _ int) {
		if done > p.Reels+p.Interactions/2 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkGenerateDemo(b *testing.B) {
	for b.Loop() {
		world(b, Demo, 1, nil)
	}
}

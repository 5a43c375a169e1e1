package live

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/reelrank/reelrank/recommend"
	"github.com/reelrank/reelrank/store"
)

func TestEveryRequestIsCountedByWhatBecameOfIt(t *testing.T) {
	s, _ := fresh(t)
	before := s.Health()
	ended, end := context.WithCancel(t.Context())
	end()
	late, stop := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer stop()
	none := recommend.Filter{Languages: []string{"nobody's"}}
	for _, c := range []struct {
		ctx context.Context
		req recommend.Request
	}{
		{t.Context(), recommend.Request{User: 1, K: 5}},
		{t.Context(), recommend.Request{User: 1, K: -5}},
		{t.Context(), recommend.Request{User: 1, K: 5, Filter: none}},
		{ended, recommend.Request{User: 2, K: 5}},
		{late, recommend.Request{User: 2, K: 5}},
	} {
		_, _ = s.Recommend(c.ctx, c.req)
	}
	h := s.Health().Since(before)
	if h.Requests != 5 || h.Failed != 1 || h.Empty != 1 || h.NotFinite != 0 {
		t.Errorf("%d requests, %d failed, %d empty, %d not finite", h.Requests, h.Failed, h.Empty, h.NotFinite)
	}
}

func TestAPercentileIsOffByAFifthAtMost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		micros := rapid.SliceOfN(rapid.Int64Range(bucketsPerOctave, int64(time.Hour/time.Microsecond)), 1, 50).Draw(t, "micros")
		var h Health
		for _, us := range micros {
			h.Count(&recommend.Slate{}, nil, time.Duration(us)*time.Microsecond)
		}
		slices.Sort(micros)
		for _, share := range []float64{0.01, 0.5, 0.99, 1} {
			k := int(float64(len(micros))*share+0.999999) - 1
			want := time.Duration(micros[max(0, k)]) * time.Microsecond
			if got := h.Percentile(share); got < want || float64(got) > 1.26*float64(want) {
				t.Fatalf("percentile %g of %v is %s, want %s or a fifth more", share, micros, got, want)
			}
		}
	})
}

func TestOddTimesHaveABucket(t *testing.T) {
	for _, took := range []time.Duration{-1, 0, time.Nanosecond, 1000 * time.Hour} {
		var h Health
		h.Count(&recommend.Slate{}, nil, took)
		if h.Percentile(1) <= 0 {
			t.Errorf("%s is counted as %s", took, h.Percentile(1))
		}
	}
	if p := (Health{}).Percentile(0.99); p != 0 {
		t.Errorf("without requests the percentile is %s", p)
	}
}

func TestALogIsReadByOneProcessAtATime(t *testing.T) {
	s, _ := fresh(t)
	var used *store.InUseError
	if _, err := OpenLog(s.options.Dir); !errors.As(err, &used) {
		t.Errorf("a store in use: %v", err)
	}
	copied := filepath.Join(t.TempDir(), "copy")
	if err := s.Backup(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	log, err := OpenLog(copied)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	read := func(l interface {
		Read(context.Context, store.Offset, func(store.Record) error) error
	}) (lines []string) {
		if err := l.Read(t.Context(), 1, func(r store.Record) error { lines = append(lines, fmt.Sprint(r.Offset, r.Time)); return nil }); err != nil {
			t.Fatal(err)
		}
		return lines
	}
	if log.Last() != s.Last() || !slices.Equal(read(log), read(s)) {
		t.Errorf("the copy ends at %d, the store at %d", log.Last(), s.Last())
	}
	if _, err := OpenLog(t.TempDir()); err == nil {
		t.Error("an empty folder is opened")
	}
}

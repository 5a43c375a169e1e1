package catalog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/reelrank/reelrank/catalog/snapshot"
	"github.com/reelrank/reelrank/reel"
	"pgregory.net/rapid"
)

var _ io.WriterTo = (*Counters)(nil)

// reload writes counters and reads them over a catalogue.
func reload(t interface{ Fatal(...any) }, n *Counters, c *Catalog, halfLife time.Duration) *Counters {
	var file bytes.Buffer
	size, err := n.WriteTo(&file)
	if err != nil || size != int64(file.Len()) {
		t.Fatal("wrote ", size, " of ", file.Len(), " bytes: ", err)
	}
	read, err := ReadCounters(&file, c, halfLife)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// sameBits compares everything that readers can ask for.
func sameBits(t interface{ Fatalf(string, ...any) }, a, b *Counters, places ...string) {
	if d := a.Difference(b); d != "" {
		t.Fatalf("the counters differ: %s", d)
	}
	c := a.catalog
	for _, now := range []int64{0, a.trends.last, a.trends.last + 5000, reel.MaxTime} {
		for _, k := range []int{3, TrendingDepth} {
			if x, y := a.Trending(now, k), b.Trending(now, k); !slices.Equal(x, y) {
				t.Fatalf("trending is %v and %v", x, y)
			}
			for category := range int32(c.NumCategories()) {
				if x, y := a.TrendingIn(now, category, k), b.TrendingIn(now, category, k); !slices.Equal(x, y) {
					t.Fatalf("trending in %d is %v and %v", category, x, y)
				}
			}
			for _, place := range places {
				if x, y := a.TrendingAt(now, place, k), b.TrendingAt(now, place, k); !slices.Equal(x, y) {
					t.Fatalf("trending in %s is %v and %v", place, x, y)
				}
			}
		}
		reels := make([]int32, c.Len())
		for i := range reels {
			reels[i] = int32(i)
		}
		x, y := make([]Counts, len(reels)), make([]Counts, len(reels))
		a.Read(x, reels, now)
		b.Read(y, reels, now)
		if !slices.Equal(x, y) {
			t.Fatalf("counts are %v and %v", x, y)
		}
	}
}

// TestSnapshotAndTheRestIsTheWholeLog takes a snapshot in the middle of a log
// in which reels come, go and change, and observes the rest on both sides.
func TestSnapshotAndTheRestIsTheWholeLog(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const halfLife = 60
		c, err := New(sample())
		if err != nil {
			t.Fatal(err)
		}
		live := NewCounters(c, halfLife*time.Second)
		both := []*Counters{live}
		at := int64(1_700_000_000)
		events := rapid.IntRange(0, 60).Draw(t, "events")
		cut := rapid.IntRange(0, events).Draw(t, "cut")
		for k := range events {
			if k == cut {
				both = append(both, reload(t, live, c, halfLife*time.Second))
			}
			id := reel.ReelID(10 * rapid.IntRange(1, 6).Draw(t, "reel"))
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				c.Delete(id)
			case 1:
				c.Put(reel.Reel{ID: id, Creator: reel.CreatorID(id % 3), Category: rapid.SampledFrom([]string{"", "a", "cooking"}).Draw(t, "category")})
			}
			at += rapid.SampledFrom([]int64{0, 1, -5, 50, 600 * halfLife}).Draw(t, "gap")
			it := liked(id, at, rapid.SampledFrom([]string{"", "BR", "US"}).Draw(t, "place"))
			it.Watch = reel.WatchTime(rapid.Float32Range(0, 1).Draw(t, "watch"))
			if rapid.Bool().Draw(t, "skips") {
				it.Signals = reel.Skipped
			}
			for _, n := range both {
				n.Observe(it)
			}
		}
		both = append(both, reload(t, live, c, halfLife*time.Second))
		for _, n := range both[1:] {
			sameBits(t, live, n, "BR", "US")
		}
	})
}

// busy is counters whose boards and places are all full, over reels of which
// some are deleted.
func busy(t testing.TB) (*Catalog, *Counters) {
	r := rand.New(rand.NewPCG(1, 2))
	reels := make([]reel.Reel, TrendingDepth+2000)
	for i := range reels {
		reels[i] = reel.Reel{ID: reel.ReelID(r.IntN(1 << 40)), Creator: reel.CreatorID(r.IntN(500)), Category: fmt.Sprint(i % 3 / 2)}
	}
	c := mustNew(t, reels)
	n := NewCounters(c, time.Hour)
	for k := range int64(60_000) {
		observeBusy(r, c, n, k)
		if k%100 == 0 {
			c.Delete(c.ID(int32(r.IntN(c.Len()))))
		}
	}
	return c, n
}

func observeBusy(r *rand.Rand, c *Catalog, n *Counters, k int64) {
	place := "BR"
	if r.IntN(5) == 0 {
		place = fmt.Sprint(r.IntN(2 * maxPlaces))
	}
	n.Observe(liked(c.ID(int32(r.IntN(c.Len()))), 1_700_000_000+k/5, place))
}

func TestSnapshotOfFullBoardsGoesOnAlike(t *testing.T) {
	c, live := busy(t)
	read := reload(t, live, c, time.Hour)
	sameBits(t, live, read, "BR", "1", "2")
	for _, n := range []*Counters{live, read} {
		r := rand.New(rand.NewPCG(5, 6))
		for k := range int64(10_000) {
			observeBusy(r, c, n, 12_000+k)
		}
	}
	sameBits(t, live, read, "BR", "1", "2")
}

func TestSnapshotFitsACatalogueOfAnotherOrder(t *testing.T) {
	c, live := busy(t)
	other := mustNew(t, []reel.Reel{{ID: 1 << 50, Category: "another"}})
	for i := int32(c.Len()) - 1; i >= 0; i-- {
		other.Put(*c.Reel(i))
		if !c.Alive(i) {
			other.Delete(c.ID(i))
		}
	}
	read := reload(t, live, other, time.Hour)
	if d := live.Difference(read); d != "" {
		t.Errorf("the counters differ: %s", d)
	}
	if again := reload(t, read, c, time.Hour); live.Difference(again) != "" {
		t.Errorf("the counters differ after the way back: %s", live.Difference(again))
	}
	few := mustNew(t, []reel.Reel{*c.Reel(0), *c.Reel(1)})
	if read := reload(t, live, few, time.Hour); read.ReelTotals(0) != live.ReelTotals(0) || len(read.Trending(math.MaxInt32, 9)) > 2 {
		t.Errorf("over two of the reels, trending is %v", read.Trending(math.MaxInt32, 9))
	}
}

func TestDifferenceNamesWhatDiffers(t *testing.T) {
	c := mustNew(t, sample())
	fresh := func() *Counters { return NewCounters(c, time.Hour) }
	a, b := fresh(), fresh()
	a.Observe(liked(20, 1000, "BR"))
	b.Observe(liked(20, 1000, "US"))
	if d := a.Difference(b); d == "" {
		t.Error("other places are no difference")
	}
	b = fresh()
	b.Observe(liked(30, 1000, "BR"))
	if d := a.Difference(b); d == "" {
		t.Error("other reels are no difference")
	}
	b = fresh()
	b.Observe(liked(20, 1000, "BR"))
	if d := a.Difference(b); d != "" {
		t.Errorf("the same log makes a difference: %s", d)
	}
}

func TestSnapshotOfAnotherHalfLifeIsRefused(t *testing.T) {
	c := mustNew(t, sample())
	var file bytes.Buffer
	if _, err := NewCounters(c, time.Hour).WriteTo(&file); err != nil {
		t.Fatal(err)
	}
	var fault *snapshot.Error
	if _, err := ReadCounters(&file, c, time.Minute); !errors.As(err, &fault) {
		t.Errorf("error is %v, want a *snapshot.Error", err)
	}
}

// FuzzReadCounters reads whatever stands within sound frames: a number of eight
// bytes is written as it is.
func FuzzReadCounters(f *testing.F) {
	c := mustNew(f, sample())
	n := NewCounters(c, time.Hour)
	for k := range int64(5) {
		n.Observe(liked(reel.ReelID(10+10*(k%4)), 1000+k, "BR"))
	}
	var file bytes.Buffer
	if _, err := n.WriteTo(&file); err != nil {
		f.Fatal(err)
	}
	const head, tail = len("reelrank") + 4 + 1 + len(countersName) + 1, 8 + 4 + 8
	f.Add(file.Bytes()[head : file.Len()-tail])
	f.Fuzz(func(t *testing.T, payload []byte) {
		var file bytes.Buffer
		w := snapshot.NewWriter(&file, countersName, countersVersion)
		for len(payload) >= 8 {
			w.Float(math.Float64frombits(binary.LittleEndian.Uint64(payload)))
			payload = payload[8:]
		}
		for _, b := range payload {
			w.Uint(uint64(b & 127))
		}
		if _, err := w.Close(); err != nil {
			t.Fatal(err)
		}
		n, err := ReadCounters(&file, c, time.Hour)
		if err != nil {
			return
		}
		for k := range int64(3) {
			n.Observe(liked(20, 1_700_000_000+k, "BR"))
		}
		for _, i := range n.Trending(1<<31, 9) {
			if v := float64(n.Trend(i, 1<<31)); math.IsNaN(v) {
				t.Errorf("trend of reel %d is %g", i, v)
			}
		}
	})
}

func BenchmarkSnapshot(b *testing.B) {
	c, n := busy(b)
	var file bytes.Buffer
	if _, err := n.WriteTo(&file); err != nil {
		b.Fatal(err)
	}
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			if _, err := n.WriteTo(io.Discard); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("read", func(b *testing.B) {
		b.SetBytes(int64(file.Len()))
		for b.Loop() {
			if _, err := ReadCounters(bytes.NewReader(file.Bytes()), c, time.Hour); err != nil {
				b.Fatal(err)
			}
		}
	})
}

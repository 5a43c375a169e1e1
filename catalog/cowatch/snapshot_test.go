package cowatch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/catalog/snapshot"
	"github.com/reelrank/reelrank/reel"
	"pgregory.net/rapid"
)

var _ io.WriterTo = (*Neighbours)(nil)

func reload(t interface{ Fatal(...any) }, n *Neighbours, c *catalog.Catalog, halfLife time.Duration) *Neighbours {
	var file bytes.Buffer
	size, err := n.WriteTo(&file)
	if err != nil || size != int64(file.Len()) {
		t.Fatal("wrote ", size, " of ", file.Len(), " bytes: ", err)
	}
	read, err := Read(&file, c, halfLife)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// TestSnapshotAndTheRestIsTheWholeLog takes a snapshot in the middle of a log,
// observes the rest on both sides, and compares every bit.
func TestSnapshotAndTheRestIsTheWholeLog(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const halfLife, reels = 3600, 2 * Room
		c := mustCatalog(t, reels)
		log := drawLog(t, reels, halfLife)
		cut := rapid.IntRange(0, len(log)).Draw(t, "cut")
		live := New(c, halfLife*time.Second)
		both := []*Neighbours{live}
		profiles := map[reel.UserID]*reel.Profile{}
		for k := range log {
			if k == cut {
				both = append(both, reload(t, live, c, halfLife*time.Second))
			}
			p := profiles[log[k].User]
			if p == nil {
				p = reel.NewProfile(log[k].User)
				profiles[log[k].User] = p
			}
			for _, n := range both {
				n.Observe(&log[k], p.Recent)
			}
			p.Apply(log[k])
		}
		both = append(both, reload(t, live, c, halfLife*time.Second))
		for _, n := range both[1:] {
			if d := live.Difference(n); d != "" {
				t.Fatal(d)
			}
			for i := range int32(reels) {
				for _, now := range []int64{0, live.clock.last + 500} {
					if a, b := live.Similar(nil, i, now), n.Similar(nil, i, now); !slices.Equal(a, b) {
						t.Fatalf("reel %d: %v and %v", i, a, b)
					}
				}
			}
		}
	})
}

func TestSnapshotFitsACatalogueOfAnotherOrder(t *testing.T) {
	c := mustCatalog(t, 3000)
	live := New(c, 0)
	live.Replay(benchmarkLog()[:20_000])
	other := mustCatalog(t, 0)
	for i := int32(c.Len()) - 1; i >= 0; i-- {
		other.Put(*c.Reel(i))
	}
	read := reload(t, live, other, 0)
	if d := live.Difference(read); d != "" {
		t.Error(d)
	}
	if d := read.Difference(live); d != "" {
		t.Error(d)
	}
	few := reload(t, live, mustCatalog(t, 100), 0)
	for i := range int32(100) {
		for _, s := range few.Similar(nil, i, 1<<31) {
			if s.Reel >= 100 {
				t.Errorf("reel %d of 100 is a neighbour", s.Reel)
			}
		}
	}
	second := liked(1, 0, 1<<30)
	read.Observe(&second, nil)
	if d := live.Difference(read); d == "" {
		t.Error("one more engagement makes no difference")
	}
}

func TestSnapshotOfAnotherHalfLifeIsRefused(t *testing.T) {
	c := mustCatalog(t, 2)
	var file bytes.Buffer
	if _, err := New(c, time.Hour).WriteTo(&file); err != nil {
		t.Fatal(err)
	}
	var fault *snapshot.Error
	if _, err := Read(&file, c, time.Minute); !errors.As(err, &fault) {
		t.Errorf("error is %v, want a *snapshot.Error", err)
	}
}

// FuzzRead reads whatever stands within sound frames: a number of eight bytes
// is written as it is.
func FuzzRead(f *testing.F) {
	c := mustCatalog(f, 4)
	n := New(c, time.Hour)
	n.Replay([]reel.Interaction{liked(1, 0, 1000), liked(1, 1, 1001), liked(1, 2, 1002), liked(2, 1, 1003), liked(2, 3, 1004)})
	var file bytes.Buffer
	if _, err := n.WriteTo(&file); err != nil {
		f.Fatal(err)
	}
	const head, tail = len("reelrank") + 4 + 1 + len(snapshotName) + 1, 8 + 4 + 8
	f.Add(file.Bytes()[head : file.Len()-tail])
	f.Fuzz(func(t *testing.T, payload []byte) {
		var file bytes.Buffer
		w := snapshot.NewWriter(&file, snapshotName, snapshotVersion)
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
		n, err := Read(&file, c, time.Hour)
		if err != nil {
			return
		}
		it := liked(1, 0, 1_700_000_000)
		n.Observe(&it, []reel.Interaction{liked(1, 1, 1_700_000_000)})
		for i := range int32(4) {
			for _, s := range n.Similar(nil, i, 1<<31) {
				if !(s.Similarity > 0 && s.Similarity <= 1) {
					t.Errorf("similarity is %g", s.Similarity)
				}
			}
		}
	})
}

// TestReadersWhileReelsComeAndGo: Similar beside Observe beside changes of the
// catalogue, each index below its length.
func TestReadersWhileReelsComeAndGo(t *testing.T) {
	c := mustCatalog(t, 1)
	n := New(c, time.Second)
	var done atomic.Bool
	var others sync.WaitGroup
	others.Go(func() {
		for k := int64(0); !done.Load(); k++ {
			last := reel.ReelID(c.Len() - 1)
			it := liked(1, last-reel.ReelID(k%7), 1000+k)
			n.Observe(&it, []reel.Interaction{liked(1, last, 1000+k), liked(1, last-3, 1000+k)})
		}
	})
	for range 2 {
		others.Go(func() {
			for !done.Load() && !t.Failed() {
				for i := range int32(c.Len()) {
					for _, s := range n.Similar(nil, i, 1000) {
						if int(s.Reel) >= c.Len() || !(s.Similarity > 0) {
							t.Errorf("neighbour %+v of %d reels", s, c.Len())
						}
					}
				}
			}
		})
	}
	for id := range reel.ReelID(4000) {
		c.Put(reel.Reel{ID: id})
		if id%5 == 0 {
			c.Delete(id / 2)
		}
	}
	done.Store(true)
	others.Wait()
}

package model

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/reel"
)

// fillFrom serves the rows of content as the feature vectors of reels.
func fillFrom(content []float32) FillReel {
	return func(dst []float32, i int) *reel.Reel {
		copy(dst, content[i*feature.ReelDim:(i+1)*feature.ReelDim])
		return &reel.Reel{ID: reel.ReelID(i), Creator: reel.CreatorID(i / 3)}
	}
}

// upTo lists the indices from..to-1.
func upTo(from, to int) (is []int32) {
	for i := from; i < to; i++ {
		is = append(is, int32(i))
	}
	return is
}

// putAll puts reels into the vectors and the encoder.
func putAll(t testing.TB, r *Reels, e *Encoder, is []int32, fill FillReel) {
	t.Helper()
	if err := r.PutAll(is, fill); err != nil {
		t.Fatal(err)
	}
	if err := e.Put(is...); err != nil {
		t.Fatal(err)
	}
}

func TestPutLiveIsBuiltAtOnceToTheBit(t *testing.T) {
	const n = reelBlock + 77
	inEverySet(t, func(t *testing.T) {
		for _, shape := range shapes {
			m := newServed(t, shape.cfg, 201)
			content, old := sparseContent(seeded(6), n), sparseContent(seeded(7), n)
			want := served(t, m, content)
			wanted := encoder(t, m, want)

			got := served(t, m, old[:n/2*feature.ReelDim])
			e := encoder(t, m, got)
			fill := fillFrom(content)
			putAll(t, got, e, upTo(n/2, n), fill)   // new ones
			putAll(t, got, e, upTo(3, n/2-1), fill) // and replaced, together
			for _, i := range []int32{0, 1, 2, n/2 - 1} {
				if err := got.Put(i, content[int(i)*feature.ReelDim:][:feature.ReelDim], fill(make([]float32, feature.ReelDim), int(i))); err != nil {
					t.Fatal(err)
				}
				if err := e.Put(i); err != nil {
					t.Fatal(err)
				}
			}

			if got.Len() != n {
				t.Fatalf("%s: %d reels, want %d", shape.name, got.Len(), n)
			}
			width := shape.cfg.Hidden
			zeros, gates, wantGates := make([]float32, 3*width), make([]float32, 3*width), make([]float32, 3*width)
			if shape.cfg.Encoder == EncoderTransformer {
				zeros, gates, wantGates = zeros[:width], gates[:width], wantGates[:width]
			}
			for i := range int32(n) {
				if !sameBits(got.Vector(i), want.Vector(i)) || !sameBits(got.RetrievalVector(i), want.RetrievalVector(i)) {
					t.Fatalf("%s: the vectors of reel %d are not those of one that was there from the start", shape.name, i)
				}
				partsOf(e).Add(gates, i, zeros)
				partsOf(wanted).Add(wantGates, i, zeros)
				if !sameBits(gates, wantGates) {
					t.Fatalf("%s: the user encoder's part of reel %d is not that of one that was there from the start", shape.name, i)
				}
			}
		}
	})
}

func TestReelThatIsNotFiniteIsNotStored(t *testing.T) {
	for _, shape := range shapes {
		m := newServed(t, shape.cfg, 211)
		content := sparseContent(seeded(8), 6)
		r := served(t, m, content[:4*feature.ReelDim])
		before := slices.Clone(r.vectorsOf())
		content[4*feature.ReelDim+1] = float32(math.Inf(1))
		var refused *NotFiniteError
		if err := r.PutAll([]int32{5, 4, 0}, fillFrom(content)); !errors.As(err, &refused) || refused.Index != 4 {
			t.Errorf("%s: %v, want a *NotFiniteError for the reel at index 4", shape.name, err)
		}
		if r.Len() != 4 || !sameBits(r.vectorsOf(), before) {
			t.Errorf("%s: something of a refused batch was stored", shape.name)
		}

		e := encoder(t, m, r)
		was := e.Encode(History{Reels: []int32{2}, Events: make([]float32, feature.EventDim), Liked: []bool{true}})
		for k := range r.Vector(2) {
			r.Vector(2)[k] = math.MaxFloat32
		}
		if err := e.Put(1, 2); !errors.As(err, &refused) || refused.Index != 2 {
			t.Errorf("%s: %v, want a *NotFiniteError for the reel at index 2", shape.name, err)
		}
		is := e.Encode(History{Reels: []int32{2}, Events: make([]float32, feature.EventDim), Liked: []bool{true}})
		if !sameBits(is.State, was.State) {
			t.Errorf("%s: a refused reel changed the encoder", shape.name)
		}
	}
}

func TestIndicesThatCannotBePutAreRefused(t *testing.T) {
	r := served(t, mustNew(t, withTower, 221), sparseContent(seeded(9), 3))
	for _, is := range [][]int32{{-1}, {1, 2, 1}} {
		if err := r.PutAll(is, fillFrom(sparseContent(seeded(9), 3))); err == nil {
			t.Errorf("the indices %v are taken", is)
		}
	}
}

// A reader sees a reel as it was before or after it was replaced, as a whole,
// and new ones once they were put.
func TestReelsAreReadWhileTheyAreReplaced(t *testing.T) {
	const n = 2 * chunkRows
	m := newServed(t, withTower, 231)
	contents := [2][]float32{sparseContent(seeded(10), n), sparseContent(seeded(11), n)}
	history := History{Reels: []int32{5}, Events: make([]float32, feature.EventDim), Liked: []bool{false}}
	var vectors, states [2][]float32
	for v := range contents {
		r := served(t, m, contents[v])
		vectors[v], states[v] = r.Vector(5), encoder(t, m, r).Encode(history).State
	}
	r := served(t, m, contents[0][:n/2*feature.ReelDim])
	e := encoder(t, m, r)

	done := make(chan struct{})
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				v, s := r.Vector(5), e.Encode(history).State
				if !sameBits(v, vectors[0]) && !sameBits(v, vectors[1]) || !sameBits(s, states[0]) && !sameBits(s, states[1]) {
					t.Error("a reel is read half replaced")
					return
				}
				for _, i := range []int32{0, int32(r.Len()) - 1} {
					_ = r.RetrievalVector(i)[0]
				}
			}
		})
	}
	for round := range 40 {
		fill := fillFrom(contents[(round+1)%2])
		putAll(t, r, e, upTo(n/2+round, n/2+round+1), fill)
		putAll(t, r, e, upTo(0, 8), fill)
	}
	close(done)
	wait.Wait()
}

// BenchmarkPut replaces reels by the default preset: one, and a batch.
func BenchmarkPut(b *testing.B) {
	const reels = 2000
	m := mustNew(b, Presets["default"], 1)
	m.RoundRecurrent()
	fill := fillFrom(sparseContent(seeded(2), reels))
	r, err := m.Reels(reels, fill)
	if err != nil {
		b.Fatal(err)
	}
	e := encoder(b, m, r)
	for _, n := range []int{1, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for k := 0; b.Loop(); k++ {
				from := k * 37 % (reels - n)
				putAll(b, r, e, upTo(from, from+n), fill)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/reel")
		})
	}
}

// partsOf is what an encoder keeps of each reel.
func partsOf(e *Encoder) entryParts {
	switch users := e.users.(type) {
	case *gruServed:
		return users.entries.parts
	case *transformerServed:
		return users.entries.parts
	}
	return nil
}

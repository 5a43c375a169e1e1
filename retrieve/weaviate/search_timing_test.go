package weaviate_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/reelrank/reelrank/nn/kernel"
	"github.com/reelrank/reelrank/retrieve/ann"
	"github.com/reelrank/reelrank/retrieve/weaviate"
)

// Vectors like those of reels: unit vectors of 256 numbers around topics,
// asked for with mixtures of three of them and noise.
const (
	timedReels   = 20_000
	timedDim     = 256
	timedTopics  = 400
	timedQueries = 200
)

type timedWorld struct {
	vectors []float32 // [timedReels, timedDim]
	queries [][]float32
}

func newTimedWorld() *timedWorld {
	r := rand.New(rand.NewPCG(11, 0))
	topics := make([]float32, timedTopics*timedDim)
	for i := range topics {
		topics[i] = float32(r.NormFloat64())
	}
	w := &timedWorld{vectors: make([]float32, timedReels*timedDim)}
	for i := range timedReels {
		v, topic := w.row(i), topics[r.IntN(timedTopics)*timedDim:]
		for k := range v {
			v[k] = topic[k] + float32(r.NormFloat64())
		}
		normalise(v)
	}
	for range timedQueries {
		q := make([]float32, timedDim)
		for k := range q {
			q[k] = float32(r.NormFloat64()) * 0.03
		}
		for range 3 {
			kernel.Axpy(1, w.row(r.IntN(timedReels)), q)
		}
		normalise(q)
		w.queries = append(w.queries, q)
	}
	return w
}

func (w *timedWorld) row(i int) []float32 { return w.vectors[i*timedDim:][:timedDim:timedDim] }

// fill sets every tenth reel's attribute 3.
func (w *timedWorld) fill(i int, item *ann.Item) {
	*item = ann.Item{ID: int32(i), Vector: w.row(i)}
	if i%10 == 0 {
		item.Attributes = 1 << 3
	}
}

func normalise(v []float32) {
	length := float32(math.Sqrt(float64(kernel.Dot(v, v))))
	for k := range v {
		v[k] /= length
	}
}

// BenchmarkFind times searches, one after another, on Weaviate's own server on
// this machine, and gives their recall against the exact answer.
//
//	go test ./retrieve/weaviate -run xxx -bench . -benchtime 1000x
func BenchmarkFind(b *testing.B) {
	serverURL(b) // or skip before the work
	w := newTimedWorld()
	x := open(b, weaviate.Options{Dim: timedDim})
	start := time.Now()
	if err := x.Sync(b.Context(), timedReels, w.fill); err != nil {
		b.Fatal(err)
	}
	filled := time.Since(start)
	exact, err := ann.New(w.vectors, timedDim)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		request ann.Request
		accept  func(id int32) bool // what the request lets pass
	}{
		{"k=100", ann.Request{K: 100}, nil},
		{"k=500", ann.Request{K: 500}, nil},
		{"k=100,pass=10%", ann.Request{K: 100, Require: 1 << 3}, func(id int32) bool { return id%10 == 0 }},
		{"k=100,accept=50%", ann.Request{K: 100, Accept: odd}, odd},
	} {
		b.Run(c.name, func(b *testing.B) {
			var took []time.Duration
			var found, wanted int
			for b.Loop() {
				query := w.queries[len(took)%timedQueries]
				begin := time.Now()
				hits, err := x.Find(b.Context(), nil, query, c.request)
				took = append(took, time.Since(begin))
				if err != nil {
					b.Fatal(err)
				}
				if len(took) > timedQueries { // each query's recall once
					continue
				}
				best, err := exact.Search(nil, query, c.request.K, c.accept)
				if err != nil {
					b.Fatal(err)
				}
				for _, h := range best {
					wanted++
					if slices.ContainsFunc(hits, func(other ann.Hit) bool { return other.Index == h.Index }) {
						found++
					}
				}
			}
			slices.Sort(took)
			b.ReportMetric(0, "ns/op") // which counts the exact search, too
			b.ReportMetric(took[len(took)/2].Seconds()*1000, "p50-ms")
			b.ReportMetric(took[len(took)*99/100].Seconds()*1000, "p99-ms")
			b.ReportMetric(float64(found)/float64(wanted), "recall")
		})
	}
	b.Logf("%d reels sent in %s", timedReels, fmt.Sprint(filled.Round(time.Millisecond)))
}

func odd(id int32) bool { return id%2 == 1 }

// BenchmarkInsert times one insert, and one delete, after another.
func BenchmarkInsert(b *testing.B) {
	serverURL(b)
	w := newTimedWorld()
	x := open(b, weaviate.Options{Dim: timedDim})
	var inserts, deletes []time.Duration
	for b.Loop() {
		var item ann.Item
		w.fill(len(inserts)%timedReels, &item)
		begin := time.Now()
		if err := x.Insert(b.Context(), item); err != nil {
			b.Fatal(err)
		}
		inserts = append(inserts, time.Since(begin))
		if len(inserts)%2 == 0 {
			begin = time.Now()
			if err := x.Delete(b.Context(), item.ID); err != nil {
				b.Fatal(err)
			}
			deletes = append(deletes, time.Since(begin))
		}
	}
	slices.Sort(inserts)
	b.ReportMetric(inserts[len(inserts)/2].Seconds()*1000, "insert-p50-ms")
	if slices.Sort(deletes); len(deletes) > 0 {
		b.ReportMetric(deletes[len(deletes)/2].Seconds()*1000, "delete-p50-ms")
	}
}

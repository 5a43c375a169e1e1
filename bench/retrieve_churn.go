package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reelrank/reelrank/retrieve/ann"
)

// Churned is what becomes of recall and time while reels are replaced.
type Churned struct {
	Replaced       int           `json:"replaced"`
	Rate           float64       `json:"replaced_per_second"`
	Searches       int           `json:"searches"`
	Deleted        int           `json:"deleted_returned"` // hits that had been deleted before their search
	RecallBefore   float64       `json:"recall_before"`
	RecallAfter    float64       `json:"recall_after"`
	Quiet          Speed         `json:"quiet"`
	Busy           Speed         `json:"busy"` // of searches beside the writer and the maintenance
	InsertP50      time.Duration `json:"insert_p50_ns"`
	InsertP99      time.Duration `json:"insert_p99_ns"`
	InsertLongest  time.Duration `json:"insert_longest_ns"`
	BytesPerVector float64       `json:"bytes_per_vector"`
	Index          ann.Stats     `json:"index"`
}

// churnRate is how many reels are replaced in a second.
const churnRate = 5000

// churn replaces a share of the reels by new ones while one goroutine searches
// and the index maintains itself.
func (m *retrieval) churn(ctx context.Context) error {
	replaced := int(m.Churn * float64(m.Reels))
	if replaced == 0 {
		return nil
	}
	m.say("replacing %d reels, %d a second", replaced, churnRate)
	request := ann.Request{K: m.K[0]}
	before := m.recall(m.kinds[0], request)
	quiet := timeQueries(m.kinds[0].queries, m.Dim, func(q []float32) { m.find(q, request) })
	c := churner{retrieval: m, request: request, replaced: replaced, start: time.Now(), gone: make([]atomic.Int64, m.Reels)}
	if err := c.run(ctx); err != nil {
		return err
	}
	all := *m.catalogue
	all.Reels = m.Reels + replaced
	user := m.kinds[0].queries
	truth := all.nearest([]question{{queries: user, k: request.K, keep: func(i int) bool { return i >= m.Reels || c.gone[i].Load() == 0 }}})
	stats := m.index.Stats()
	result := &Churned{
		Replaced: replaced, Rate: float64(replaced) / c.took.Seconds(), Searches: len(c.searches), Deleted: c.deleted,
		RecallBefore: before,
		RecallAfter:  m.recall(asked{"user", user, truth[0]}, request),
		Quiet:        quiet, Busy: speedOf(c.searches),
		Index: stats, BytesPerVector: float64(stats.Bytes) / float64(stats.Vectors),
	}
	slices.Sort(c.inserts)
	n := len(c.inserts)
	result.InsertP50, result.InsertP99, result.InsertLongest = c.inserts[n/2], c.inserts[n*99/100], c.inserts[n-1]
	m.result.Churn = result
	return nil
}

// churner runs the writer, the searcher and the maintenance.
type churner struct {
	*retrieval
	request  ann.Request
	replaced int
	start    time.Time
	gone     []atomic.Int64 // nanoseconds from the start until the delete of each reel had returned; 0 for none
	took     time.Duration
	inserts  []time.Duration
	searches []time.Duration
	deleted  int
}

func (c *churner) run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := c.index.Maintain(ctx); ctx.Err() == nil {
			return err
		}
		return nil
	})
	group.Go(func() error { return c.search(ctx) })
	group.Go(func() error {
		defer stop()
		return c.write(ctx)
	})
	return group.Wait()
}

// write inserts a new reel and deletes an old one, at a steady rate.
func (c *churner) write(ctx context.Context) error {
	order := rand.New(rand.NewPCG(c.Seed, 2)).Perm(c.Reels)
	vector, start := make([]float32, c.Dim), c.start
	for i, old := range order[:c.replaced] {
		if err := ctx.Err(); err != nil {
			return err
		}
		reel := c.Reels + i
		c.catalogue.Reel(vector, reel)
		time.Sleep(time.Until(start.Add(time.Duration(i) * time.Second / churnRate)))
		begun := time.Now()
		if err := c.index.Insert(ann.Item{ID: int32(reel), Vector: vector, Attributes: c.catalogue.Attributes(reel)}); err != nil {
			return err
		}
		c.inserts = append(c.inserts, time.Since(begun))
		if !c.index.Delete(int32(old)) {
			return fmt.Errorf("bench: reel %d was not in the index", old)
		}
		c.gone[old].Store(int64(time.Since(start)) + 1)
	}
	c.took = time.Since(start)
	return nil
}

// search asks one query after another and checks every answer.
func (c *churner) search(ctx context.Context) error {
	queries := c.kinds[0].queries
	var hits []ann.Hit
	for at := 0; ctx.Err() == nil; at = (at + c.Dim) % len(queries) {
		begun := time.Now()
		var err error
		if hits, err = c.index.Find(hits[:0], queries[at:at+c.Dim], c.request); err != nil {
			return err
		}
		c.searches = append(c.searches, time.Since(begun))
		for _, h := range hits {
			if int(h.Index) < c.Reels {
				if gone := c.gone[h.Index].Load(); gone != 0 && gone < int64(begun.Sub(c.start)) {
					c.deleted++
				}
			}
		}
	}
	return nil
}

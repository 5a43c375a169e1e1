package bench

import (
	"context"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/reelrank/reelrank/retrieve/ann"
)

// Retrieval is what to measure of the vector index, on one thread: how many
// queries it answers at a recall, with filters, and while reels come and go.
type Retrieval struct {
	Reels, Dim int
	Seed       uint64
	Queries    int   // of each kind
	K          []int // how many reels a query asks for
	Rescore    bool  // compare the best few by vectors in full, which are then kept in memory
	Filters    bool
	Churn      float64 // the share of reels to replace while searches run; 0 leaves it out

	HNSW     bool   // measure hnswlib beside, where its header and g++ are installed
	HNSWFile string // where its index is kept between runs; empty builds it anew

	Progress io.Writer // what is being done; nil says nothing
}

// Retrieved is what came of it.
type Retrieved struct {
	Reels          int           `json:"reels"`
	Dim            int           `json:"dim"`
	Rescored       bool          `json:"rescored"` // by vectors in full, which BytesPerVector leaves out
	BuildSeconds   float64       `json:"build_seconds"`
	BytesPerVector float64       `json:"bytes_per_vector"`
	PeakBytes      int64         `json:"peak_bytes"` // most memory the program held until the index was built; 0 where that is unknown
	Index          ann.Stats     `json:"index"`
	Points         []Point       `json:"points"`
	Filters        []FilterPoint `json:"filters,omitempty"`
	Churn          *Churned      `json:"churn,omitempty"`
	HNSW           *HNSW         `json:"hnswlib,omitempty"`
	HNSWMissing    string        `json:"hnswlib_missing,omitempty"` // why it was not measured
}

// Point is the speed at a recall.
type Point struct {
	Queries string  `json:"queries"` // "user" or "item"
	K       int     `json:"k"`
	Wanted  float64 `json:"wanted_recall"`
	Recall  float64 `json:"recall"`
	Effort  float32 `json:"effort"`
	Speed
}

// Speed is of one thread.
type Speed struct {
	QPS float64       `json:"qps"`
	P50 time.Duration `json:"p50_ns"`
	P99 time.Duration `json:"p99_ns"`
}

// recalls are those at which speed is measured.
var recalls = []float64{0.90, 0.95, 0.96, 0.975, 0.98, 0.99}

// asked is queries of a kind with their true answers, as long as the largest K.
type asked struct {
	name    string
	queries []float32
	truth   [][]int32
}

// Retrieve measures.
func Retrieve(ctx context.Context, r Retrieval) (*Retrieved, error) {
	if r.Reels < 1 || r.Dim < 1 || r.Queries < 1 || len(r.K) == 0 {
		return nil, fmt.Errorf("bench: retrieval needs reels, a width, queries and a K; got %d, %d, %d, %v", r.Reels, r.Dim, r.Queries, r.K)
	}
	m := &retrieval{Retrieval: r, catalogue: NewCatalogue(r.Reels, r.Dim, r.Seed)}
	for _, step := range []func(context.Context) error{m.ask, m.build, m.startHNSW, m.speeds, m.filters, m.churn} {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := step(ctx); err != nil {
			m.stopHNSW()
			return nil, err
		}
	}
	m.stopHNSW()
	return &m.result, nil
}

// retrieval is a measurement under way.
type retrieval struct {
	Retrieval
	catalogue *Catalogue
	vectors   []float32 // of all reels, where they are kept
	kinds     []asked
	filtered  []asked // by filter, of user queries
	index     *ann.Index
	hits      []ann.Hit // of the last query
	hnsw      *hnswProcess
	result    Retrieved
}

func (m *retrieval) say(format string, args ...any) {
	if m.Progress != nil {
		fmt.Fprintf(m.Progress, format+"\n", args...)
	}
}

// ask draws the queries and finds their true answers.
func (m *retrieval) ask(context.Context) error {
	m.say("finding the true neighbours of %d queries among %d reels", 2*m.Queries, m.Reels)
	largest := 0
	for _, k := range m.K {
		largest = max(largest, k)
	}
	user, item := m.catalogue.UserQueries(m.Queries), m.catalogue.ItemQueries(m.Queries)
	questions := []question{{queries: user, k: largest}, {queries: item, k: largest}}
	if m.Filters {
		for b := range attributeShares {
			questions = append(questions, question{queries: user, k: filterK, keep: func(i int) bool {
				return m.catalogue.Attributes(i)>>b&1 == 1
			}})
		}
	}
	answers := m.catalogue.nearest(questions)
	m.kinds = []asked{{"user", user, answers[0]}, {"item", item, answers[1]}}
	for _, truth := range answers[2:] {
		m.filtered = append(m.filtered, asked{"user", user, truth})
	}
	return nil
}

// build builds the index from reels that are drawn before where they are kept,
// and else while it is built: then drawing counts as building.
func (m *retrieval) build(context.Context) error {
	options := ann.Options{Dim: m.Dim, Seed: m.Seed}
	if m.Rescore || m.HNSW {
		m.vectors = m.catalogue.Vectors()
	}
	if m.Rescore {
		options.Vector = func(id int32) []float32 {
			if int(id) >= m.Reels {
				return nil
			}
			return m.vectors[int(id)*m.Dim:][:m.Dim]
		}
	}
	m.say("building the index")
	start := time.Now()
	var err error
	m.index, err = ann.Build(options, m.Reels, func(i int, item *ann.Item) {
		item.ID, item.Attributes = int32(i), m.catalogue.Attributes(i)
		if m.vectors != nil {
			item.Vector = m.vectors[i*m.Dim:][:m.Dim]
			return
		}
		if item.Vector == nil {
			item.Vector = make([]float32, m.Dim)
		}
		m.catalogue.Reel(item.Vector, i)
	})
	if err != nil {
		return err
	}
	stats := m.index.Stats()
	m.result = Retrieved{
		Reels: m.Reels, Dim: m.Dim, Rescored: m.Rescore, Index: stats,
		BuildSeconds: time.Since(start).Seconds(), BytesPerVector: float64(stats.Bytes) / float64(m.Reels),
		PeakBytes: peakBytes(),
	}
	return nil
}

// speeds measures the index, and hnswlib in turn with it, at each recall.
func (m *retrieval) speeds(ctx context.Context) error {
	for _, kind := range m.kinds {
		for _, k := range m.K {
			m.say("measuring %s queries, k = %d", kind.name, k)
			if err := m.curve(ctx, kind, k); err != nil {
				return err
			}
		}
	}
	return nil
}

// curve finds the least effort for each recall and times it.
func (m *retrieval) curve(ctx context.Context, kind asked, k int) error {
	efforts := m.sweep(kind, k)
	for _, wanted := range recalls {
		at, ok := efforts.reach(wanted)
		p := Point{Queries: kind.name, K: k, Wanted: wanted, Effort: at.effort, Recall: at.recall}
		search := func(q []float32) { m.find(q, ann.Request{K: k, Effort: at.effort}) }
		rival, err := m.rival(kind, k, wanted)
		if err != nil {
			return err
		}
		for range rounds {
			if err := ctx.Err(); err != nil {
				return err
			}
			if ok {
				p.Speed.better(timeQueries(kind.queries, m.Dim, search))
			}
			if err := rival.time(); err != nil {
				return err
			}
		}
		if ok {
			m.result.Points = append(m.result.Points, p)
		}
		m.result.HNSW.add(rival)
		m.say("%s queries, k = %d: %.0f a second at %.4f%s", kind.name, k, p.QPS, p.Recall, rival)
	}
	return nil
}

// rounds is how often each side is timed, in turn; the best one counts, since
// others can only slow a machine down.
const rounds = 5

func (m *retrieval) find(q []float32, r ann.Request) []ann.Hit {
	var err error
	if m.hits, err = m.index.Find(m.hits[:0], q, r); err != nil {
		panic(err) // the queries are finite
	}
	return m.hits
}

// reached is the recall of an effort.
type reached struct {
	effort float32
	recall float64
}

type efforts []reached

// sweep measures the recall of rising efforts until it rises no more.
func (m *retrieval) sweep(kind asked, k int) (all efforts) {
	const first, step, last = 1.5, 0.125, 10
	for effort := float32(first); effort <= last; effort += step {
		all = append(all, reached{effort, m.recall(kind, ann.Request{K: k, Effort: effort})})
		if all[len(all)-1].recall >= recalls[len(recalls)-1] {
			break
		}
	}
	return all
}

// reach is the least effort with a recall.
func (e efforts) reach(recall float64) (reached, bool) {
	for _, r := range e {
		if r.recall >= recall {
			return r, true
		}
	}
	return reached{recall: math.NaN()}, false
}

// recall is the share of the true neighbours that a request finds.
func (m *retrieval) recall(kind asked, r ann.Request) float64 {
	found, wanted := 0, 0
	for i, truth := range kind.truth {
		truth = truth[:min(r.K, len(truth))]
		in := make(map[int32]bool, len(truth))
		for _, reel := range truth {
			in[reel] = true
		}
		wanted += len(truth)
		for _, h := range m.find(kind.queries[i*m.Dim:][:m.Dim], r) {
			if in[h.Index] {
				found++
			}
		}
	}
	return float64(found) / float64(max(wanted, 1))
}

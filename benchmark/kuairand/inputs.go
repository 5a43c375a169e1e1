package kuairand

import (
	"math"
	"slices"
	"sort"
	"strings"
)

// Inputs are what the network reads, and what it is to predict.
type Inputs struct {
	Dense   []float32 // standardised [rows, Width]
	Width   int
	Labels  [numFields][]int32  // rows of the embeddings, by field and row
	Targets [numHeads][]float32 // 0..1, by head and row
}

// The heads: the signals, and three ways to put the watch time into 0..1.
const (
	headRank  = int(numSignals) + iota // share of all plays that are shorter
	headGroup                          // share of the plays of videos of about the same duration that are shorter
	headShare                          // share of the duration played
	numHeads
)

// The fields whose labels have embeddings.
var fields = [...]struct {
	name    string
	buckets int
	width   int
	of      func(e *Exposure) uint64
}{
	{"video", 8192, 8, func(e *Exposure) uint64 { return uint64(e.Video) }},
	{"author", 8192, 8, func(e *Exposure) uint64 { return key(0, uint64(e.Author), 0) }},
	{"tag", 128, 4, func(e *Exposure) uint64 { return e.tag() }},
	{"tab", 16, 4, func(e *Exposure) uint64 { return uint64(e.Tab) }},
	{"duration", 64, 4, func(e *Exposure) uint64 { return durationBucket(e.Duration, 4) }},
}

const numFields = len(fields)

// inputBound is how many standard deviations an input is from 0 at most.
const inputBound = 4

// NewInputs standardises the features by what they are on the training rows,
// without those whose names begin with one of the given words, and without those
// that hardly vary.
func NewInputs(l *Log, f *Features, train []int32, without ...string) *Inputs {
	in := &Inputs{}
	in.standardise(f, train, without)
	for i, field := range fields {
		in.Labels[i] = make([]int32, len(l.Rows))
		for r := range l.Rows {
			in.Labels[i][r] = int32(field.of(&l.Rows[r]) % uint64(field.buckets))
		}
	}
	plays := newPlays(l, train)
	for h := range in.Targets {
		in.Targets[h] = make([]float32, len(l.Rows))
	}
	for r := range l.Rows {
		e := &l.Rows[r]
		for s, is := range e.Is {
			in.Targets[s][r] = flag(is)
		}
		in.Targets[headRank][r] = shorter(plays.all, e.Play)
		in.Targets[headGroup][r] = shorter(plays.groups[playGroup(e)], e.Play)
		in.Targets[headShare][r] = float32(min(1, e.Play/max(e.Duration, 0.1)))
	}
	return in
}

func (in *Inputs) standardise(f *Features, train []int32, without []string) {
	type column struct {
		at        int
		mean, std float32
	}
	var columns []column
	for c, name := range f.Names {
		if slices.ContainsFunc(without, func(word string) bool { return strings.HasPrefix(name, word) }) {
			continue
		}
		var sum, squares float64
		for _, r := range train {
			v := float64(f.Row(int(r))[c])
			sum, squares = sum+v, squares+v*v
		}
		n := float64(max(len(train), 1))
		mean := sum / n
		if std := math.Sqrt(max(0, squares/n-mean*mean)); std > 1e-4 {
			columns = append(columns, column{c, float32(mean), float32(std)})
		}
	}
	in.Width = len(columns)
	rows := len(f.X) / len(f.Names)
	in.Dense = make([]float32, rows*in.Width)
	for r := range rows {
		from, to := f.Row(r), in.Dense[r*in.Width:(r+1)*in.Width]
		for i, c := range columns {
			to[i] = min(max((from[c.at]-c.mean)/c.std, -inputBound), inputBound)
		}
	}
}

// plays are the seconds played in the training rows, sorted: of all, and of
// videos of about the same duration.
type plays struct {
	all    []float64
	groups map[uint64][]float64
}

func playGroup(e *Exposure) uint64 { return durationBucket(e.Duration, 2) }

func newPlays(l *Log, train []int32) plays {
	p := plays{groups: map[uint64][]float64{}}
	for _, r := range train {
		e := &l.Rows[r]
		p.all = append(p.all, e.Play)
		p.groups[playGroup(e)] = append(p.groups[playGroup(e)], e.Play)
	}
	slices.Sort(p.all)
	for _, g := range p.groups {
		slices.Sort(g)
	}
	return p
}

// shorter is the share of sorted values that are below v, those equal to it by
// half; half where there are none.
func shorter(sorted []float64, v float64) float32 {
	if len(sorted) == 0 {
		return 0.5
	}
	below := sort.SearchFloat64s(sorted, v)
	upTo := sort.Search(len(sorted), func(i int) bool { return sorted[i] > v })
	return float32(below+upTo) / float32(2*len(sorted))
}

// quantile is the value that a share q of sorted values is below.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	at := min(max(q, 0), 1) * float64(len(sorted)-1)
	i := int(at)
	if i+1 == len(sorted) {
		return sorted[i]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

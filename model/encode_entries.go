package model

import (
	"sync"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/nn/kernel"
)

// servedEntries is the first dense map of a user encoder, weight [width,
// EventWidth] and bias [width]: since it is linear, its part of each reel is
// computed once, and only that of the events per request.
type servedEntries struct {
	m            *Model
	reels        *Reels
	weight, bias []float32

	parts  entryParts     // [reels, width], biases included
	events kernel.Weights // [EventDim, width]

	works sync.Pool // *entryWork
}

// entryParts keeps the reels' part.
type entryParts interface {
	Put(is []int32, x []float32)
	Add(dst []float32, i int32, y []float32) // dst = part i + y
}

// floatParts keeps it as it was computed.
type floatParts struct{ *floatRows }

func (p floatParts) Put(is []int32, x []float32) { p.set(is, x) }

func (p floatParts) Add(dst []float32, i int32, y []float32) {
	kernel.Blend(dst, 1, p.row(i)[:len(dst)], 1, y)
}

func newServedEntries(m *Model, reels *Reels, weight, bias []float32, parts entryParts) *servedEntries {
	e := &servedEntries{m: m, reels: reels, weight: weight, bias: bias, parts: parts}
	e.works.New = func() any { return new(entryWork) }
	in := m.Config.EventWidth()
	e.events.Pack(true, feature.EventDim, len(bias), weight[in-feature.EventDim:], in)
	return e
}

// put computes the reels' part, for reels that Reels.Put has added or replaced.
//
// A reel is projected as a history entry in which the user did nothing: the
// event's slots are the last columns of the input, and zero here.
func (e *servedEntries) put(is []int32) error {
	p := e.works.Get().(*entryWork)
	defer e.works.Put(p)
	n, w, width := len(is), e.m.Config.EventWidth(), len(e.bias)
	p.in, p.out = nn.Grow(p.in, n*w), nn.Grow(p.out, n*width)
	var nothing [feature.EventDim]float32
	for k, i := range is {
		e.m.eventInput(p.in[k*w:(k+1)*w], e.reels.Vector(i), nothing[:])
	}
	kernel.GemmEpilogue(false, true, n, width, w, p.in, w, e.weight, w, false, p.out, width, kernel.Epilogue{Bias: e.bias})
	if err := FirstNotFinite("part of the user encoder", is, p.out, width); err != nil {
		return err
	}
	e.parts.Put(is, p.out)
	return nil
}

// entryWork is the buffers of put.
type entryWork struct {
	in  []float32 // [n, EventWidth]
	out []float32 // [n, width]
}

// of sets y[len(h.Reels), width] to the map of a history's entries.
func (e *servedEntries) of(y []float32, h History) {
	width := len(e.bias)
	e.events.Gemm(len(h.Reels), h.Events, feature.EventDim, false, y, width, kernel.Epilogue{})
	for t, i := range h.Reels {
		row := y[t*width:][:width]
		e.parts.Add(row, i, row)
	}
}

// ofAll is of for the users block of histories, laid out by seq; events holds
// [rows, EventDim] for a while.
func (e *servedEntries) ofAll(y, events []float32, histories []History, block []int, seq nn.Packed) {
	rows, width := seq.Rows(), len(e.bias)
	for b, n := range seq.Lengths {
		for t := range n {
			copy(events[seq.Row(t, b)*feature.EventDim:][:feature.EventDim], histories[block[b]].Events[t*feature.EventDim:])
		}
	}
	e.events.Gemm(rows, events, feature.EventDim, false, y, width, kernel.Epilogue{})
	kernel.Parallel(len(seq.Lengths), 8, func(lo, hi int) {
		for b := lo; b < hi; b++ {
			for t, i := range histories[block[b]].Reels {
				row := y[seq.Row(t, b)*width:][:width]
				e.parts.Add(row, i, row)
			}
		}
	})
}

// takeLast copies what is after each sequence's last step.
func takeLast(states, y []float32, width int, seq nn.Packed) {
	for b, n := range seq.Lengths {
		copy(states[b*width:][:width], y[seq.Row(n-1, b)*width:])
	}
}

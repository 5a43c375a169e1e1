package bench

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/reelrank/reelrank/nn/kernel"
)

// Survey is what Compute measures and how long it takes over it.
type Survey struct {
	Sets     []string                              // of kernels to compare, as kernel.Sets names them; none for all
	Quick    bool                                  // one short round over small batches, to try the command out
	Progress func(section string, done, total int) // told after every turn; may be nil
}

// Speeds is what a survey found. Every figure is a median over rounds in which
// the sides of a comparison took turns.
type Speeds struct {
	Machine    Machine      `json:"machine"`
	Quick      bool         `json:"quick"` // the figures only show that the command works
	Rounds     int          `json:"rounds"`
	TurnMillis int64        `json:"turn_ms"` // how long a side's turn lasts at least
	Spread     float64      `json:"spread"`  // the median of all figures' spreads: a few percent on an idle machine
	Peaks      []Peak       `json:"peaks"`
	Products   []Product    `json:"products"`
	Throughput []Throughput `json:"throughput"`
	Scoring    []Scoring    `json:"scoring"`
	Loops      []Loop       `json:"loops"`
	Acceptance []Criterion  `json:"acceptance"`
}

// Compute measures kernels, training and scoring on this machine, which should
// have nothing else to do. It switches kernels and threads of the whole
// process, and puts back what was there when it ends; meanwhile nothing else
// may compute. It ends early with the context's error when ctx does.
func Compute(ctx context.Context, survey Survey) (Speeds, error) {
	sets, err := survey.sets()
	if err != nil {
		return Speeds{}, err
	}
	c, sizes, networks := survey.contest(ctx), survey.sizes(), survey.networks(sets)
	speeds := Speeds{
		Machine: thisMachine(), Quick: survey.Quick,
		Rounds: c.rounds, TurnMillis: c.turn.Milliseconds(),
	}
	if speeds.Peaks, err = c.peaks(sets); err != nil {
		return speeds, err
	}
	if speeds.Products, err = c.products(sets, speeds.Peaks); err != nil {
		return speeds, err
	}
	if speeds.Throughput, err = c.throughputs(networks, sizes); err != nil {
		return speeds, err
	}
	if speeds.Scoring, err = c.scoring(networks, sizes.reels); err != nil {
		return speeds, err
	}
	if speeds.Loops, err = c.loops(sets); err != nil {
		return speeds, err
	}
	speeds.Spread = median(speeds.spreads())
	speeds.Acceptance = speeds.judge()
	return speeds, nil
}

// spreads are those of all figures.
func (s Speeds) spreads() []float64 {
	var all []float64
	for _, p := range s.Products {
		all = append(all, p.OneThread.Spread, p.AllThreads.Spread)
	}
	for _, t := range s.Throughput {
		all = append(all, t.OneThread.Spread, t.AllThreads.Spread)
	}
	for _, r := range s.Scoring {
		all = append(all, r.Spread)
	}
	for _, l := range s.Loops {
		all = append(all, l.Spread)
	}
	return all
}

// sets are those asked for, fastest first.
func (s Survey) sets() ([]string, error) {
	all := kernel.Sets()
	for _, name := range s.Sets {
		if !slices.Contains(all, name) {
			return nil, fmt.Errorf("bench: kernels %q: this processor can run %s", name, strings.Join(all, ", "))
		}
	}
	if len(s.Sets) == 0 {
		return all, nil
	}
	return slices.DeleteFunc(slices.Clone(all), func(name string) bool { return !slices.Contains(s.Sets, name) }), nil
}

// networks are the sets that train and score: a quick survey tries one.
func (s Survey) networks(sets []string) []string {
	if s.Quick {
		return sets[:1]
	}
	return sets
}

// sizes are those of the batches, and of the catalogue that is served.
type sizes struct{ examples, sequences, presetSequences, users, reels int }

func (s Survey) sizes() sizes {
	if s.Quick {
		return sizes{examples: 32, sequences: 2, presetSequences: 2, users: 4, reels: 256}
	}
	return sizes{examples: 512, sequences: 128, presetSequences: 16, users: 128, reels: 4096}
}

// contest sets how long everything takes. Sixty milliseconds are long against
// a tick of the scheduler, and five rounds spread over the section outlive a
// passing disturbance.
func (s Survey) contest(ctx context.Context) contest {
	c := contest{ctx: ctx, rounds: 5, turn: 60 * time.Millisecond, warm: true, progress: s.Progress}
	if s.Quick {
		c.rounds, c.turn, c.warm = 1, time.Millisecond, false
	}
	return c
}

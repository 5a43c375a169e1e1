package model

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/nn/kernel"
	"github.com/reelrank/reelrank/reel"
)

// newServed is newWorn as a training run leaves it.
func newServed(t testing.TB, cfg Config, seed uint64) *Model {
	m := newWorn(t, cfg, seed)
	m.RoundRecurrent()
	return m
}

func encoder(t testing.TB, m *Model, r *Reels) *Encoder {
	t.Helper()
	e, err := NewEncoder(m, r)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// single is the layout of one sequence of n steps.
func single(n int) nn.Packed {
	p := nn.Packed{Lengths: []int{n}, Offsets: make([]int, n+1)}
	for t := range p.Offsets {
		p.Offsets[t] = t
	}
	return p
}

// identified is newBatch with no embedding hidden, as reels are served.
func identified(t *testing.T, m *Model, lengths []int, seed uint64) *Batch {
	b := newBatch(t, m, lengths, seed)
	for c := range b.IDs {
		b.IDs[c] = m.Identify(reel.ReelID(c), 0).Reel
	}
	return b
}

// historyBefore is what serving reads of a sequence before its step t.
func historyBefore(b *Batch, s, t int) History {
	var h History
	for at := range t {
		row := b.Seq.Row(at, s)
		h.Reels, h.Liked = append(h.Reels, b.Reel[row]), append(h.Liked, b.Enjoyed[row] > 0)
		h.Events = append(h.Events, b.Event[row*feature.EventDim:(row+1)*feature.EventDim]...)
	}
	return h
}

// inEverySet runs a test with each set of kernels that the processor can run.
func inEverySet(t *testing.T, test func(t *testing.T)) {
	for _, set := range kernel.Sets() {
		t.Run(set, func(t *testing.T) {
			restore, err := kernel.Select(set)
			if err != nil {
				t.Fatal(err)
			}
			defer restore()
			test(t)
		})
	}
}

func TestServingSeesTheUserThatTrainingSaw(t *testing.T) {
	inEverySet(t, func(t *testing.T) {
		for _, shape := range shapes {
			m := newServed(t, shape.cfg, 101)
			b := identified(t, m, []int{reel.HistoryLen + 1, 8, 8, 2}, 102)
			pass := NewPass(m)
			pass.Forward(b, balanced)
			r := served(t, m, b.Content)
			e := encoder(t, m, r)
			for s, length := range b.Seq.Lengths {
				for at := range length {
					row := b.Seq.Row(at, s)
					u := e.Encode(historyBefore(b, s, at))
					in := pass.rank.in[row*m.Config.RankWidth():][:m.Config.RankWidth()]
					state := in[m.Config.ReelWidth():][:m.Config.Hidden]
					checkNear(t, shape.name+": user state", u.State, state)
					if shape.cfg.Tower == 0 {
						continue
					}
					checkNear(t, shape.name+": query", u.Query, pass.recall.query[row*m.Config.Tower:(row+1)*m.Config.Tower])
					dot := in[m.Config.ReelWidth()+m.Config.Hidden+feature.TowerDot]
					checkNear(t, shape.name+": tower dot", []float32{r.towerDot(&u, b.Reel[row])}, []float32{dot})
				}
			}
		}
	})
}

// checkNear holds serving to training.
func checkNear(t *testing.T, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s has %d values, want %d", what, len(got), len(want))
	}
	for i := range want {
		if !near(float64(got[i]), float64(want[i]), 1e-4) {
			t.Fatalf("%s: value %d is %g, want %g", what, i, got[i], want[i])
		}
	}
}

func TestAUserWithoutHistoryIsTheBias(t *testing.T) {
	for _, shape := range shapes {
		m := newServed(t, shape.cfg, 111)
		u := encoder(t, m, served(t, m, sparseContent(seeded(1), 3))).Encode(History{})
		if !sameBits(u.State, make([]float32, m.Config.Hidden)) {
			t.Errorf("%s: the state is %v, want zeros", shape.name, u.State)
		}
		if shape.cfg.Tower == 0 {
			if u.Query != nil {
				t.Errorf("%s: the query is %v, want none: nothing is known to search by", shape.name, u.Query)
			}
			continue
		}
		bias := make([]float32, m.Config.Tower)
		nn.Normalize(bias, make([]float32, 1), m.Query.B.Value, 1, len(bias))
		checkNear(t, "query", u.Query, bias)
	}
}

// Also before training there is a direction to search in.
func TestANewModelSearchesForAnyone(t *testing.T) {
	m := mustNew(t, withTower, 113)
	m.RoundRecurrent()
	q := widen(encoder(t, m, served(t, m, sparseContent(seeded(1), 3))).Encode(History{}).Query)
	if length := math.Sqrt(dot(q, q)); !near(length, 1, 1e-5) {
		t.Errorf("without history the query of a new model has length %g, want 1", length)
	}
}

// Without a tower the query is the mean direction of the content enjoyed.
func TestTheContentQueryIsWhatWasEnjoyed(t *testing.T) {
	m := newServed(t, seedLike, 121)
	content := sparseContent(seeded(2), 4)
	clear(content[3*feature.ReelDim:])
	r := served(t, m, content)
	e := encoder(t, m, r)
	events := make([]float32, 3*feature.EventDim)
	u := e.Encode(History{Reels: []int32{0, 1, 2}, Events: events, Liked: []bool{true, false, true}})
	want := make([]float64, feature.MetaAt)
	for _, i := range []int32{0, 2} {
		for k, v := range unit(widen(r.Vector(i)[:feature.MetaAt])) {
			want[k] += v
		}
	}
	for k, v := range unit(want) {
		if !near(float64(u.Query[k]), v, 1e-5) {
			t.Fatalf("query[%d] = %g, want %g", k, u.Query[k], v)
		}
	}
	for name, h := range map[string]History{
		"nothing enjoyed":       {Reels: []int32{1}, Events: events[:feature.EventDim], Liked: []bool{false}},
		"a reel of no content":  {Reels: []int32{3}, Events: events[:feature.EventDim], Liked: []bool{true}},
		"an empty history":      {},
		"three without a taste": {Reels: []int32{0, 1, 2}, Events: events, Liked: make([]bool, 3)},
	} {
		if u := e.Encode(h); u.Query != nil {
			t.Errorf("%s gives the query %v, want none", name, u.Query[:3])
		}
	}
	if got := r.towerDot(&u, 0); got != 0 {
		t.Errorf("tower_dot is %g without a tower, want 0", got)
	}
}

func TestUsersAreTheSameTogetherAndAlone(t *testing.T) {
	wide := withTower
	wide.Hidden = 256 + 9 // a product over more than one block of the depth
	inEverySet(t, func(t *testing.T) {
		for _, cfg := range []Config{withTower, seedLike, wide, transformed(withTower), transformed(seedLike)} {
			m := newServed(t, cfg, 141)
			content := sparseContent(seeded(5), 9)
			e, rng := encoder(t, m, served(t, m, content)), seeded(142)
			histories := make([]History, batchUsers+20)
			for u := range histories {
				for range rng.IntN(8) {
					histories[u].Reels = append(histories[u].Reels, int32(rng.IntN(9)))
					histories[u].Liked = append(histories[u].Liked, rng.IntN(2) == 0)
					histories[u].Events = append(histories[u].Events, normals(rng, feature.EventDim)...)
				}
			}
			for _, n := range []int{0, 1, 3, len(histories)} {
				for u, got := range e.EncodeBatch(histories[:n]) {
					want := e.Encode(histories[u])
					what := fmt.Sprintf("hidden %d, user %d of %d", cfg.Hidden, u, n)
					if cfg.Hidden == wide.Hidden { // its random weights amplify the one rounding more
						checkNear(t, what+": state", got.State, want.State)
						checkNear(t, what+": query", got.Query, want.Query)
					} else if !sameBits(got.State, want.State) || !sameBits(got.Query, want.Query) {
						t.Fatalf("%s: state %v, query %v, alone %v and %v", what, got.State, got.Query, want.State, want.Query)
					}
				}
			}
		}
	})
}

func TestRoundingTwiceIsRoundingOnce(t *testing.T) {
	m := newWorn(t, withTower, 151)
	before := copied(m)
	m.RoundRecurrent()
	once := copied(m)
	m.RoundRecurrent()
	for i, x := range m.Tensors() {
		if !sameBits(x.Data, once[i].Data) {
			t.Errorf("%s changes when it is rounded again", x.Name)
		}
		recurrent := strings.HasSuffix(x.Name, "weight_hidden")
		if sameBits(x.Data, before[i].Data) == recurrent {
			t.Errorf("%s: rounded %t, want %t", x.Name, !recurrent, recurrent)
		}
		for j, v := range x.Data {
			if !near(float64(v), float64(before[i].Data[j]), 0x1p-11) {
				t.Errorf("%s: %g became %g", x.Name, before[i].Data[j], v)
			}
		}
	}
}

func TestAModelThatIsNotRoundedIsNotServed(t *testing.T) {
	m := newWorn(t, withTower, 161)
	r := served(t, m, sparseContent(seeded(6), 3))
	if _, err := NewEncoder(m, r); err == nil || !strings.Contains(err.Error(), "RoundRecurrent") {
		t.Errorf("the error is %v, want one that names the remedy", err)
	}
	m.RoundRecurrent()
	m.Users.Params()[0].Value[0] = float32(math.Inf(1))
	if _, err := NewEncoder(m, r); err == nil || !strings.Contains(err.Error(), "not finite") {
		t.Errorf("with an infinite weight the error is %v", err)
	}
}

// Serving reads one encoder from many requests at a time.
func TestEncodeIsSafeForConcurrentUse(t *testing.T) {
	m := newServed(t, withTower, 181)
	b := identified(t, m, []int{12}, 182)
	e := encoder(t, m, served(t, m, b.Content))
	histories := make([]History, 12)
	want := make([]User, len(histories))
	for n := range histories {
		histories[n] = historyBefore(b, 0, n)
		want[n] = e.Encode(histories[n])
	}
	together := e.EncodeBatch(histories)
	done := make(chan bool)
	for worker := range 4 {
		go func() {
			same := true
			for range 20 {
				if worker == 0 {
					for n, u := range e.EncodeBatch(histories) {
						same = same && slices.Equal(u.State, together[n].State) && slices.Equal(u.Query, together[n].Query)
					}
					continue
				}
				for n, h := range histories {
					u := e.Encode(h)
					same = same && slices.Equal(u.State, want[n].State) && slices.Equal(u.Query, want[n].Query)
				}
			}
			done <- same
		}()
	}
	for range 4 {
		if !<-done {
			t.Error("concurrent users mix")
		}
	}
}

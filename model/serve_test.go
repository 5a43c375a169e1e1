package model

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/reel"
)

// served computes the reels of a batch as serving does, by their ids.
func served(t *testing.T, m *Model, content []float32) *Reels {
	t.Helper()
	r, err := m.Reels(len(content)/feature.ReelDim, func(dst []float32, i int) *reel.Reel {
		copy(dst, content[i*feature.ReelDim:(i+1)*feature.ReelDim])
		return &reel.Reel{ID: reel.ReelID(i), Creator: reel.CreatorID(i / 3)}
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
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

func TestServingSeesTheUserThatTrainingSaw(t *testing.T) {
	for _, shape := range shapes {
		m := newWorn(t, shape.cfg, 101)
		b := identified(t, m, []int{reel.HistoryLen + 1, 8, 8, 2}, 102)
		pass := NewPass(m)
		pass.Forward(b, balanced)
		r := served(t, m, b.Content)
		for s, length := range b.Seq.Lengths {
			for at := range length {
				row := b.Seq.Row(at, s)
				u := m.Encode(r, historyBefore(b, s, at))
				checkNear(t, shape.name+": user state", u.State, pass.user.state[row*m.Config.Hidden:(row+1)*m.Config.Hidden])
				if shape.cfg.Tower == 0 {
					continue
				}
				checkNear(t, shape.name+": query", u.Query, pass.recall.query[row*m.Config.Tower:(row+1)*m.Config.Tower])
				dot := pass.rank.in[row*m.Config.RankWidth()+m.Config.ReelWidth()+m.Config.Hidden+feature.TowerDot]
				checkNear(t, shape.name+": tower dot", []float32{m.TowerDot(u, r.Vector(b.Reel[row]))}, []float32{dot})
			}
		}
	}
}

func checkNear(t *testing.T, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s has %d values, want %d", what, len(got), len(want))
	}
	for i := range want {
		if !near(float64(got[i]), float64(want[i]), 1e-5) {
			t.Fatalf("%s: value %d is %g, want %g", what, i, got[i], want[i])
		}
	}
}

func TestAUserWithoutHistoryIsTheBias(t *testing.T) {
	for _, shape := range shapes {
		m := newWorn(t, shape.cfg, 111)
		u := m.Encode(served(t, m, sparseContent(seeded(1), 3)), History{})
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
	q := widen(m.Encode(served(t, m, sparseContent(seeded(1), 3)), History{}).Query)
	if length := math.Sqrt(dot(q, q)); !near(length, 1, 1e-5) {
		t.Errorf("without history the query of a new model has length %g, want 1", length)
	}
}

// Without a tower the query is the mean direction of the content enjoyed.
func TestTheContentQueryIsWhatWasEnjoyed(t *testing.T) {
	m := newWorn(t, seedLike, 121)
	content := sparseContent(seeded(2), 4)
	clear(content[3*feature.ReelDim:])
	r := served(t, m, content)
	events := make([]float32, 3*feature.EventDim)
	u := m.Encode(r, History{Reels: []int32{0, 1, 2}, Events: events, Liked: []bool{true, false, true}})
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
		if u := m.Encode(r, h); u.Query != nil {
			t.Errorf("%s gives the query %v, want none", name, u.Query[:3])
		}
	}
	if got := m.TowerDot(u, r.Vector(0)); got != 0 {
		t.Errorf("tower_dot is %g without a tower, want 0", got)
	}
}

func TestAnUnseenReelIsItsContentAlone(t *testing.T) {
	m := mustNew(t, withTower, 131) // tables start as zeros, and untouched rows stay
	with := served(t, m, sparseContent(seeded(3), 5))
	for i := range m.IDs.Table.Value {
		m.IDs.Table.Value[i] = 1
	}
	for i := range m.Creators.Table.Value {
		m.Creators.Table.Value[i] = 1
	}
	touched := served(t, m, sparseContent(seeded(3), 5))
	m.IDs, m.Creators = nil, nil
	without := served(t, m, sparseContent(seeded(3), 5))
	if !sameBits(with.Vectors, without.Vectors) {
		t.Error("rows that training never touched change a reel's vector")
	}
	if sameBits(with.Vectors, touched.Vectors) {
		t.Error("learned rows change nothing")
	}
}

func TestReelVectorsDoNotDependOnTheirNumber(t *testing.T) {
	for _, shape := range shapes {
		m := newWorn(t, shape.cfg, 141)
		content := sparseContent(seeded(4), reelBlock+3)
		all := served(t, m, content)
		few := served(t, m, content[:7*feature.ReelDim])
		for i := range int32(7) {
			if !sameBits(all.Vector(i), few.Vector(i)) || !sameBits(all.RetrievalVector(i), few.RetrievalVector(i)) {
				t.Fatalf("%s: reel %d has another vector among %d reels than among 7", shape.name, i, reelBlock+3)
			}
		}
		for i := range int32(reelBlock + 3) {
			if norm := math.Sqrt(dot(widen(all.RetrievalVector(i)), widen(all.RetrievalVector(i)))); !near(norm, 1, 1e-5) {
				t.Fatalf("%s: the retrieval vector of reel %d has length %g, want 1", shape.name, i, norm)
			}
		}
	}
}

func TestReelsOfABrokenModelAreRefused(t *testing.T) {
	m := newWorn(t, withTower, 151)
	m.Tower.W.Value[3] = float32(math.NaN())
	_, err := m.Reels(2, func(dst []float32, i int) *reel.Reel { return &reel.Reel{} })
	if err == nil || !strings.Contains(err.Error(), "index 0") {
		t.Errorf("error %v, want one that names the reel", err)
	}
}

func TestAgeTermFollowsTheEdges(t *testing.T) {
	m := newWorn(t, withTower, 161)
	const hour = 3600
	for _, c := range []struct {
		age    int64 // seconds
		bucket int
	}{
		{-5 * hour, 0}, {0, 0}, {3*hour - 1, 0}, {3 * hour, 1}, {24 * hour, 4}, {25 * hour, 4}, {720 * hour, 12},
		{2160*hour - 1, 12}, {2160 * hour, 13}, {90_000 * hour, 13},
	} {
		if got := m.AgeTerm(start, start-c.age); got != m.Age.Value[c.bucket] {
			t.Errorf("the term of an age of %d s is that of another bucket than %d", c.age, c.bucket)
		}
	}
	if got := m.AgeTerm(start, 0); got != m.Age.Value[ageBuckets-1] {
		t.Error("an unknown upload time has no bucket of its own")
	}
	if got := newWorn(t, seedLike, 1).AgeTerm(start, start); got != 0 {
		t.Errorf("without a tower the term is %g, want 0", got)
	}
}

func TestIdentitySpreadsConsecutiveIDs(t *testing.T) {
	m := mustNew(t, withTower, 171)
	rows := map[int32]int{}
	for id := range reel.ReelID(16 * 100) {
		who := m.Identify(id, reel.CreatorID(id))
		if who.Reel < 0 || int(who.Reel) >= withTower.IDBuckets || who.Creator < 0 || int(who.Creator) >= withTower.Creators {
			t.Fatalf("reel %d has the rows %+v", id, who)
		}
		rows[who.Reel]++
	}
	for row, n := range rows {
		if n < 80 || n > 120 {
			t.Errorf("row %d stands for %d of 1600 consecutive ids, want about 100", row, n)
		}
	}
	if who := mustNew(t, seedLike, 1).Identify(5, 5); who != (Identity{-1, -1}) {
		t.Errorf("without embeddings a reel has the rows %+v, want none", who)
	}
}

// Serving reads one model from many requests at a time.
func TestEncodeIsSafeForConcurrentUse(t *testing.T) {
	m := newWorn(t, withTower, 181)
	b := identified(t, m, []int{12}, 182)
	r := served(t, m, b.Content)
	histories := make([]History, 12)
	want := make([]User, len(histories))
	for n := range histories {
		histories[n] = historyBefore(b, 0, n)
		want[n] = m.Encode(r, histories[n])
	}
	done := make(chan bool)
	for range 4 {
		go func() {
			same := true
			for range 20 {
				for n, h := range histories {
					u := m.Encode(r, h)
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

package model

import (
	"math"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/feature"
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

// vectorsOf are the vectors of all reels, one after another.
func (r *Reels) vectorsOf() (all []float32) {
	for i := range r.Len() {
		all = append(all, r.Vector(int32(i))...)
	}
	return all
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
	if !sameBits(with.vectorsOf(), without.vectorsOf()) {
		t.Error("rows that training never touched change a reel's vector")
	}
	if sameBits(with.vectorsOf(), touched.vectorsOf()) {
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

package cowatch

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/reel"
	"pgregory.net/rapid"
)

const day = 24 * 3600

// reels 0..n-1, whose dense indices are their ids.
func mustCatalog(t interface{ Fatal(...any) }, n int) *catalog.Catalog {
	reels := make([]reel.Reel, n)
	for i := range reels {
		reels[i].ID = reel.ReelID(i)
	}
	c, err := catalog.New(reels)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func liked(user reel.UserID, id reel.ReelID, at int64) reel.Interaction {
	return reel.Interaction{User: user, Reel: id, Time: at, Signals: reel.Liked, Observed: reel.AllObserved}
}

func similarity(n *Neighbours, i, j int32, now int64) float64 {
	for _, s := range n.Similar(nil, i, now) {
		if s.Reel == j {
			return float64(s.Similarity)
		}
	}
	return 0
}

// listOf is the list of a reel, empty for one without any.
func listOf(n *Neighbours, i int32) list {
	if l := n.lists.Find(i); l != nil {
		return *l
	}
	return nil
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-6*math.Abs(want) {
		t.Errorf("%s is %g, want %g", what, got, want)
	}
}

// TestSimilarityByHand: three people enjoy reel 0, two of them reel 1 a moment
// later; a fourth enjoys reel 1 alone.
func TestSimilarityByHand(t *testing.T) {
	n := New(mustCatalog(t, 4), time.Duration(20*day)*time.Second)
	n.Replay([]reel.Interaction{
		liked(1, 0, 1000), liked(2, 0, 1000), liked(3, 0, 1000),
		liked(1, 1, 1000), liked(2, 1, 1000), liked(4, 1, 1000),
	})
	want := 2 / (math.Pow(3, 0.75) * math.Pow(3, 0.25)) * 2 / (2 + shrink)
	near(t, "similarity of 1 to 0", similarity(n, 0, 1, 1000), want)
	near(t, "similarity of 0 to 1", similarity(n, 1, 0, 1000), want)
	if got := n.Similar(nil, 2, 1000); len(got) != 0 {
		t.Errorf("reel 2, which nobody enjoyed, has neighbours %v", got)
	}
	// A half-life later each engagement counts half, which only shrinks.
	near(t, "similarity a half-life later", similarity(n, 0, 1, 1000+20*day), 2./3*1/(1+shrink))
	// Before the newest interaction is as of that interaction.
	near(t, "similarity as of before", similarity(n, 0, 1, 0), want)
}

func TestAsymmetryFavoursThePopularNeighbour(t *testing.T) {
	n := New(mustCatalog(t, 3), 0)
	log := []reel.Interaction{liked(1, 0, 1000), liked(1, 1, 1000), liked(1, 2, 1000)}
	for user := range reel.UserID(15) { // reel 2 is enjoyed by fifteen others
		log = append(log, liked(100+user, 2, 1000))
	}
	n.Replay(log)
	if rare, popular := similarity(n, 0, 1, 1000), similarity(n, 0, 2, 1000); math.Abs(popular-rare/2) > 1e-6 {
		t.Errorf("enjoyed by 16 times as many, a neighbour is %g similar, the rare one %g: want half", popular, rare)
	}
}

func TestTimeBetweenTwoReelsCounts(t *testing.T) {
	n := New(mustCatalog(t, 2), time.Duration(1<<40))
	gap := int64(gapHalfLife / time.Second)
	n.Replay([]reel.Interaction{liked(1, 0, 1000), liked(1, 1, 1000+gap)})
	if c := float64((*n.lists.At(0))[0].count) / n.clock.weight(1000+gap); math.Abs(c-0.5) > 1e-6 {
		t.Errorf("two reels a gap half-life apart count %g, want a half", c)
	}
	n = New(mustCatalog(t, 2), time.Duration(1<<60))
	n.Replay([]reel.Interaction{liked(1, 0, 1000+gap), liked(1, 1, 1000)}) // arrived the other way round
	if c := float64((*n.lists.At(0))[0].count) / n.clock.weight(1000); math.Abs(c-0.5) > 1e-6 {
		t.Errorf("two reels that arrived out of order count %g, want a half", c)
	}
}

func TestWhatDoesNotCount(t *testing.T) {
	skipped := liked(1, 1, 1000)
	skipped.Signals = reel.Skipped
	for name, log := range map[string][]reel.Interaction{
		"not enjoyed":               {liked(1, 0, 1000), skipped},
		"enjoyed after one skipped": {skipped, liked(1, 0, 1000)},
		"not in the catalogue":      {liked(1, 0, 1000), liked(1, 99, 1000)},
		"two people":                {liked(1, 0, 1000), liked(2, 1, 1000)},
		"the same reel again":       {liked(1, 0, 1000), liked(1, 0, 2000)},
	} {
		n := New(mustCatalog(t, 2), 0)
		n.Replay(log)
		if a, b := n.Similar(nil, 0, 1000), n.Similar(nil, 1, 1000); len(a)+len(b) != 0 {
			t.Errorf("%s: lists are %v and %v", name, a, b)
		}
	}
}

func TestOnePersonInTurnsIsOnePerson(t *testing.T) {
	n := New(mustCatalog(t, 2), 0)
	var log []reel.Interaction
	for k := range 30 {
		log = append(log, liked(1, reel.ReelID(k%2), 1000))
	}
	n.Replay(log)
	if c := (*n.lists.At(0))[0].count; c != 1 {
		t.Errorf("watching two reels in turns counts %g, want 1", c)
	}
}

func TestOnlyTheLastReelsGain(t *testing.T) {
	n := New(mustCatalog(t, Window+2), 0)
	var log []reel.Interaction
	for i := range Window + 2 {
		log = append(log, liked(1, reel.ReelID(i), 1000))
	}
	n.Replay(log)
	if got := similarity(n, 0, Window, 1000); got == 0 {
		t.Errorf("reel %d is not similar to the first, %d reels before it", Window, Window)
	}
	if got := similarity(n, 0, Window+1, 1000); got != 0 {
		t.Errorf("reel %d is similar to the first, beyond the window", Window+1)
	}
}

// drawLog draws a log of few people over few reels, sorted by time.
func drawLog(t *rapid.T, reels int, halfLife int64) []reel.Interaction {
	var log []reel.Interaction
	at := int64(1_700_000_000)
	for range rapid.IntRange(0, 300).Draw(t, "events") {
		at += rapid.SampledFrom([]int64{0, 1, 60, halfLife / 2, 100 * halfLife}).Draw(t, "gap") * rapid.Int64Range(0, 1).Draw(t, "moves")
		it := liked(reel.UserID(rapid.IntRange(0, 2).Draw(t, "user")), reel.ReelID(rapid.IntRange(0, reels).Draw(t, "reel")), at)
		if rapid.IntRange(0, 3).Draw(t, "skips") == 0 {
			it.Signals = reel.Skipped
		}
		log = append(log, it)
	}
	return log
}

// TestReplayIsObserve: the two ways to the same state, bit for bit, across
// landmarks and with reels that the catalogue lacks.
func TestReplayIsObserve(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const halfLife = 3600
		c := mustCatalog(t, 30)
		log := drawLog(t, 30, halfLife)
		observed, replayed := New(c, halfLife*time.Second), New(c, halfLife*time.Second)
		profiles := map[reel.UserID]*reel.Profile{}
		for k := range log {
			p := profiles[log[k].User]
			if p == nil {
				p = reel.NewProfile(log[k].User)
				profiles[log[k].User] = p
			}
			observed.Observe(&log[k], p.Recent)
			p.Apply(log[k])
		}
		replayed.Replay(log)
		for i := range int32(observed.lists.Cap()) {
			if !slices.Equal(*observed.lists.At(i), *replayed.lists.At(i)) || *observed.weights.At(i) != *replayed.weights.At(i) {
				t.Fatalf("reel %d: observed %v, replayed %v", i, *observed.lists.At(i), *replayed.lists.At(i))
			}
		}
	})
}

// pair is a naive count of two reels.
type pair struct{ i, j int32 }

// TestCountsMatchTheSum holds the lists to sums over all pairs, with fewer
// reels than a list has room for, over many landmarks.
func TestCountsMatchTheSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const halfLife, reels = 3600, Room
		log := drawLog(t, reels-1, halfLife)
		n := New(mustCatalog(t, reels), halfLife*time.Second)
		n.Replay(log)
		if len(log) == 0 {
			return
		}
		now := log[len(log)-1].Time
		counts := naive(log, now, halfLife)
		unit := n.clock.weight(now)
		for i := range int32(reels) {
			kept := map[int32]float64{}
			for _, p := range listOf(n, i) {
				kept[p.reel] = float64(p.count) / unit
			}
			for j := range int32(reels) {
				if want := counts[pair{i, j}]; math.Abs(kept[j]-want) > 1e-4*want+1e-12 {
					t.Fatalf("reels %d and %d count %g, want %g", i, j, kept[j], want)
				}
			}
		}
	})
}

// naive sums the decayed co-engagement of all pairs as of now.
func naive(log []reel.Interaction, now int64, halfLife float64) map[pair]float64 {
	counts := map[pair]float64{}
	histories := map[reel.UserID][]reel.Interaction{}
	for _, it := range log {
		recent := histories[it.User]
		histories[it.User] = append(recent, it)
		if !it.Positive() {
			continue
		}
		recent = recent[max(0, len(recent)-reel.HistoryLen):]
		latest := map[reel.ReelID]int64{}
		for k := len(recent) - 1; k >= 0 && len(latest) < Window; k-- {
			if b := recent[k]; b.Positive() && latest[b.Reel] == 0 {
				latest[b.Reel] = b.Time
			}
		}
		if latest[it.Reel] != 0 {
			continue
		}
		for j, at := range latest {
			w := math.Exp2(-float64(now-it.Time)/halfLife - float64(it.Time-at)/gapHalfLife.Seconds())
			counts[pair{int32(it.Reel), int32(j)}] += w
			counts[pair{int32(j), int32(it.Reel)}] += w
		}
	}
	return counts
}

func TestListsAreBoundedAndKeepWhatMatters(t *testing.T) {
	const reels = 20 * Room
	n := New(mustCatalog(t, reels), 0)
	r := rand.New(rand.NewPCG(1, 2))
	var log []reel.Interaction
	for user := range reel.UserID(4000) { // each enjoys 0 with one of eight friends and something by chance
		log = append(log, liked(user, 0, 1000+int64(user)), liked(user, reel.ReelID(1+r.IntN(8)), 1000+int64(user)),
			liked(user, reel.ReelID(9+r.IntN(reels-9)), 1000+int64(user)))
	}
	n.Replay(log)
	for i := range int32(reels) {
		l := listOf(n, i)
		if len(l) > Room || cap(l) > Room {
			t.Fatalf("the list of reel %d has %d of %d places, at most %d are allowed", i, len(l), cap(l), Room)
		}
	}
	got := n.Similar(nil, 0, 5000)
	slices.SortFunc(got, func(a, b Similar) int { return -cmp.Compare(a.Similarity, b.Similarity) })
	var friends []int32
	for _, s := range got[:8] {
		friends = append(friends, s.Reel)
	}
	slices.Sort(friends)
	if !slices.Equal(friends, []int32{1, 2, 3, 4, 5, 6, 7, 8}) {
		t.Errorf("the nearest of reel 0 are %v, want its eight friends", friends)
	}
	if BytesPerReel != 288 {
		t.Errorf("a reel takes up to %d bytes, the package promises 288", BytesPerReel)
	}
}

func TestReadersAndOneWriter(t *testing.T) {
	n := New(mustCatalog(t, 40), time.Second) // many landmarks
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for now := int64(1000); ; now++ {
				select {
				case <-done:
					return
				default:
				}
				for _, s := range n.Similar(nil, int32(now%40), now) {
					if !(s.Similarity > 0) {
						t.Errorf("similarity is %g", s.Similarity)
						return
					}
				}
			}
		})
	}
	r := rand.New(rand.NewPCG(1, 2))
	var recent []reel.Interaction
	for k := range 3000 {
		it := liked(1, reel.ReelID(r.IntN(40)), int64(1000+10*k))
		n.Observe(&it, recent)
		recent = append(recent, it)
	}
	close(done)
	readers.Wait()
}

// benchmarkLog is 100,000 engagements of 2,000 people with 37,088 reels.
func benchmarkLog() []reel.Interaction {
	r := rand.New(rand.NewPCG(1, 2))
	log := make([]reel.Interaction, 100_000)
	for k := range log {
		log[k] = liked(reel.UserID(r.IntN(2000)), reel.ReelID(r.IntN(r.IntN(37_088)+1)), int64(1000+k))
	}
	return log
}

func BenchmarkReplay(b *testing.B) {
	c, log := mustCatalog(b, 37_088), benchmarkLog()
	for b.Loop() {
		New(c, 0).Replay(log)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(log)), "ns/interaction")
}

func BenchmarkSimilar(b *testing.B) {
	n := New(mustCatalog(b, 37_088), 0)
	n.Replay(benchmarkLog())
	dst := make([]Similar, 0, Room)
	for i := 0; b.Loop(); i++ {
		dst = n.Similar(dst[:0], int32(i%2000), 1_000_000)
	}
}

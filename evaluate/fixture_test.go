package evaluate

import (
	"cmp"
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/reel"
)

var update = flag.Bool("update", false, "rewrite the golden files under testdata")

// golden compares text with a file under testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (run with -update if the change is meant); got:\n%s\nwant:\n%s", path, got, want)
	}
}

// near fails unless got is within 1e-9 of want, or both are NaN.
func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.IsNaN(got) != math.IsNaN(want) || math.Abs(got-want) > 1e-9 {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

func ids(values ...reel.ReelID) []reel.ReelID { return values }

// mustCatalog indexes reels.
func mustCatalog(t testing.TB, reels []reel.Reel) *catalog.Catalog {
	t.Helper()
	cat, err := catalog.New(reels)
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

// enjoyed is a positive interaction at a time.
func enjoyed(user reel.UserID, id reel.ReelID, at int64) reel.Interaction {
	return reel.Interaction{User: user, Reel: id, Time: at, Watch: 0.9, Duration: 10, Observed: reel.AllObserved}
}

// tinyWorld is a fixed small log: 4 topics, users who mostly enjoy one of
// them, reels that appear over time, and a split into train and test.
type tinyWorld struct {
	cat         *catalog.Catalog
	train, test []reel.Interaction
}

const (
	tinyUsers  = 160
	tinyReels  = 120
	tinyTopics = 4
	tinyStart  = 1_700_000_000
	tinyDays   = 10
)

func newTinyWorld(t testing.TB) tinyWorld {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, 7))
	reels := make([]reel.Reel, tinyReels)
	for i := range reels {
		topic := i % tinyTopics
		vector := make([]float32, 8)
		for d := range vector {
			vector[d] = float32(rng.NormFloat64()) * 0.3
		}
		vector[topic]++
		reels[i] = reel.Reel{ID: reel.ReelID(1000 + i), Creator: reel.CreatorID(i / 6), Video: vector, Duration: 10}
		if i >= tinyReels/2 { // the newer half is uploaded while the log runs
			reels[i].Uploaded = tinyStart + int64(float64(i-tinyReels/2)/tinyReels*2*tinyDays*86400)
		}
	}
	var log []reel.Interaction
	for user := range reel.UserID(tinyUsers) {
		for range 25 + rng.IntN(25) {
			at := tinyStart + rng.Int64N(tinyDays*86400)
			i := rng.IntN(tinyReels)
			if rng.Float64() < 0.7 { // low numbers are popular
				i = int(float64(tinyReels) * rng.Float64() * rng.Float64())
			}
			if reels[i].Uploaded > at {
				continue
			}
			chance := 0.1
			if i%tinyTopics == int(user)%tinyTopics {
				chance = 0.8
			}
			it := reel.Interaction{
				User: user, Reel: reels[i].ID, Creator: reels[i].Creator, Time: at,
				Watch: reel.WatchTime(rng.Float64() * 0.4), Duration: 10, Observed: reel.AllObserved,
			}
			if rng.Float64() < chance {
				it.Watch += 0.55
			}
			log = append(log, it)
		}
	}
	slices.SortStableFunc(log, func(a, b reel.Interaction) int { return cmp.Compare(a.Time, b.Time) })
	split := int64(tinyStart + 0.8*tinyDays*86400)
	cut, _ := slices.BinarySearchFunc(log, split, func(it reel.Interaction, at int64) int { return cmp.Compare(it.Time, at) })
	return tinyWorld{mustCatalog(t, reels), log[:cut], log[cut:]}
}

var pagePath = flag.String("page", "", "file to write the tiny world's HTML report to")

func writePage(t *testing.T, path string) {
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := tinyReport(t).WriteHTML(f); err != nil {
		t.Fatal(err)
	}
}

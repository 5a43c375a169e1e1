package reel

import (
	"fmt"
	"math"
	"strings"
)

// Head is one thing that the ranker predicts of an exposure.
type Head int

// The heads, in the order of every [NumHeads] array.
const (
	HeadWatch  Head = iota // watch time, 0..1 (regression)
	HeadLike               // probability of a like
	HeadShare              // probability of a share
	HeadFollow             // probability of a follow
	NumHeads   = 4
)

var headNames = [NumHeads]string{"watch_time", "like", "share", "follow"}

func (h Head) String() string { return headNames[h] }

// Signal is the bit that the head predicts.
func (h Head) Signal() Signals { return [NumHeads]Signals{Watched, Liked, Shared, Followed}[h] }

// Predictions holds one number per head: the expected watch time 0..1 and
// three probabilities 0..1.
type Predictions [NumHeads]float32

// Weights blend the heads into one score. Each is at least 0; they need not sum to 1.
type Weights [NumHeads]float32

// DefaultWeights is 0.4 watch + 0.2 like + 0.3 share + 0.1 follow.
var DefaultWeights = Weights{0.4, 0.2, 0.3, 0.1}

// Score is the weighted sum of the predictions.
func (w Weights) Score(p Predictions) float32 {
	var s float32
	for h := range p {
		s += w[h] * p[h]
	}
	return s
}

// Validate returns a *FieldError for a weight that is negative, above 1000,
// or not a number, and where all are zero.
func (w Weights) Validate() error {
	var sum float32
	for h, v := range w {
		if math.IsNaN(float64(v)) || v < 0 || v > 1000 {
			return &FieldError{"weights." + headNames[h], fmt.Sprintf("%g is not within 0..1000", v)}
		}
		sum += v
	}
	if sum == 0 {
		return &FieldError{"weights", "all are zero: give at least one a positive value"}
	}
	return nil
}

// Source is one way by which retrieval finds reels.
type Source uint8

// The sources.
const (
	SourceSimilar   Source = iota // nearest to the user's vector
	SourceTrending                // much engaged with lately
	SourceCreators                // by creators the user follows or engages with
	SourceFresh                   // new and little shown yet
	SourceCowatched               // enjoyed by those who enjoyed the same reels
	NumSources      = 5
)

var sourceNames = [NumSources]string{"similar", "trending", "creators", "fresh", "cowatched"}

func (s Source) String() string { return sourceNames[s] }

// SourceSet is a set of sources, one bit each.
type SourceSet uint8

// Add returns the set with s in it.
func (ss SourceSet) Add(s Source) SourceSet { return ss | 1<<s }

// Has tells whether s is in the set.
func (ss SourceSet) Has(s Source) bool { return ss&(1<<s) != 0 }

// Names lists the sources of the set, in their order.
func (ss SourceSet) Names() []string {
	var names []string
	for s := range Source(NumSources) {
		if ss.Has(s) {
			names = append(names, s.String())
		}
	}
	return names
}

func (ss SourceSet) String() string { return strings.Join(ss.Names(), "+") }

// Candidate is one reel on its way through the three stages. Retrieval fills
// Index, Reel, Sources and Similarity; ranking Predictions and Score;
// re-ranking Final and Steps.
type Candidate struct {
	Index       int32 // dense index in the catalogue
	Reel        ReelID
	Sources     SourceSet
	Similarity  float32 // how near the reel is to the user, and what the model adds for its age
	Predictions Predictions
	Score       float32  // the weighted predictions and similarity
	Final       float32  // Score after the re-ranking adjustments
	Steps       []string // what moved it, in words, e.g. "freshness +0.013"
}

package recommend

import (
	"errors"
	"fmt"
	"time"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/retrieve"
)

// Request asks for one slate.
type Request struct {
	User          reel.UserID
	K             int           // length of the slate, at least 1
	Now           int64         // unix seconds; 0 means the time of the newest interaction known, which is what profiles and trends are as of
	Context       reel.Context  // device, place, session of the request
	Weights       *reel.Weights // nil means the configured weights
	MaxPerCreator int           // 0 means the configured limit
	Exclude       []reel.ReelID // reels not to show, besides those already seen
	Filter        Filter        // which reels the slate is made of
}

// Filter says which reels a slate is made of: languages, regions, categories,
// the viewer's age, and whose reels not to show. The zero value lets all pass.
// Where few pass, the slate is short, and says so in Relaxed.
type Filter = retrieve.Filter

// Item is one reel of a slate, best first.
type Item struct {
	Reel        reel.ReelID
	Creator     reel.CreatorID
	Category    string
	Score       float32          // final score, by which the slate is ordered
	Predictions reel.Predictions // the four heads
	Sources     []string         // which sources found it
	Steps       []string         // what re-ranking did to it
	Reasons     []string         // why it is here, in words for a person
}

// StageTrace says what one component of the pipeline did for a request.
type StageTrace struct {
	Stage string        // e.g. "retrieve/similar", "rank", "rerank"
	Count int           // candidates that it handed on
	Took  time.Duration // wall time
}

// Slate is the answer to a Request.
type Slate struct {
	ID           string // names this answer in the log of a store; empty without one
	User         reel.UserID
	Items        []Item // at most K
	ModelVersion string
	KnownUser    bool     // false: the slate is what suits anybody in that context
	Relaxed      []string // constraints that were given up to fill the slate, e.g. "max_per_creator"
	Stages       []StageTrace
	Took         time.Duration
}

// Prediction is what the ranker expects of one user and one reel.
type Prediction struct {
	User         reel.UserID
	Reel         reel.ReelID
	Predictions  reel.Predictions
	Score        float32
	ModelVersion string
	Took         time.Duration
}

// Facts describe a loaded recommender.
type Facts struct {
	ModelVersion string
	Preset       string
	Parameters   int
	Reels        int
	Users        int
	TrainedOn    int                // interactions
	DataFrom     int64              // unix seconds of the oldest interaction
	DataTo       int64              // unix seconds of the newest interaction
	Metrics      map[string]float64 // of the last evaluation, by name; e.g. "ndcg@10"
	UserHits     uint64             // requests that found their user's vector in memory (rank.cached_users)
	UserMisses   uint64             // requests that had to compute it
	Sources      []SourceFacts      // of retrieval, in the order of the merge's ties
}

// SourceFacts say how a source of retrieval fared in the requests since the
// model came into service.
type SourceFacts struct {
	Source     string // e.g. "similar"
	Quota      int
	Requests   int64 // that asked it
	Failed     int64 // of them, answered without it because of an error or a panic
	OverBudget int64 // of them, answered without it because it took too long
}

// Errors that a caller decides on. The server maps them to HTTP in one table.
var (
	// ErrUnknownReel: the catalogue holds no such reel.
	ErrUnknownReel = errors.New("unknown reel")
	// ErrNotFitted: the recommender has no model yet; call Fit or Load.
	ErrNotFitted = errors.New("the recommender has no model yet: call Fit or Load first")
)

// RequestError says which field of a request is wrong, and why.
type RequestError struct {
	Field  string
	Reason string
}

func (e *RequestError) Error() string { return fmt.Sprintf("%s: %s", e.Field, e.Reason) }

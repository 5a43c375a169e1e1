package reel

import (
	"fmt"
	"math"
)

// Bounds of an interaction's fields.
const (
	MinTime     = 0             // 1970-01-01, in unix seconds
	MaxTime     = 4_102_444_800 // 2100-01-01, in unix seconds
	MaxDuration = 24 * 3600     // seconds; a longer "short video" is a unit mistake
)

// Signals is a set of what a person did with a reel.
type Signals uint16

// The signals. Watched stands for the watch time and is used in
// Interaction.Observed only.
const (
	Watched Signals = 1 << iota
	Liked
	Shared
	Followed
	Commented
	Saved
	Skipped
	NotInterested
)

// AllObserved is the set of the four signals that the heads predict.
const AllObserved = Watched | Liked | Shared | Followed

// Has tells whether every signal of t is in s.
func (s Signals) Has(t Signals) bool { return s&t == t }

// WatchTime is the share of a reel's duration that was watched, 0..1.
type WatchTime float32

// Context is the request or exposure around a reel. Empty strings mean unknown.
type Context struct {
	Device   string // e.g. "android"
	Place    string // e.g. "BR" or a city; as coarse as the deployment wishes
	Session  int64  // groups one sitting of a user; 0 when unknown
	Position int    // slot within the session, from 0
}

// Interaction is one user's exposure to one reel with what came of it.
type Interaction struct {
	User     UserID
	Reel     ReelID
	Creator  CreatorID
	Time     int64     // unix seconds, MinTime..MaxTime
	Watch    WatchTime // share of Duration watched, 0..1
	Duration float32   // length of the reel in seconds; 0 when unknown
	Signals  Signals   // what the user did
	Observed Signals   // which of the signals the log records at all
	Context  Context
}

// WatchedSeconds is the raw watch time, Watch times Duration.
func (it Interaction) WatchedSeconds() float64 { return float64(it.Watch) * float64(it.Duration) }

// PositiveWatch is the watch time from which an exposure counts as enjoyed.
const PositiveWatch = 0.5

// Positive tells whether the exposure was enjoyed: watched for at least
// PositiveWatch of its length, liked, shared, or followed by a follow, and
// not marked as not interesting. It is the relevance of the evaluation and
// the target of retrieval.
func (it Interaction) Positive() bool {
	if it.Signals&NotInterested != 0 {
		return false
	}
	return it.Signals&(Liked|Shared|Followed|Saved) != 0 ||
		it.Observed.Has(Watched) && it.Watch >= PositiveWatch
}

// FieldError says which field of a value breaks the schema, and how.
type FieldError struct {
	Field  string // the schema's name of the field, e.g. "watch_time"
	Reason string // what is wrong with it, for a person
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Reason }

// Validate returns a *FieldError for the first field that breaks the schema.
func (it Interaction) Validate() error {
	switch {
	case it.User < 0:
		return &FieldError{"user_id", fmt.Sprintf("%d is negative", it.User)}
	case it.Reel < 0:
		return &FieldError{"reel_id", fmt.Sprintf("%d is negative", it.Reel)}
	case it.Creator < 0:
		return &FieldError{"creator_id", fmt.Sprintf("%d is negative", it.Creator)}
	case !(it.Watch >= 0 && it.Watch <= 1):
		return &FieldError{"watch_time", fmt.Sprintf("%g is not within 0..1", it.Watch)}
	case math.IsNaN(float64(it.Duration)) || it.Duration < 0 || it.Duration > MaxDuration:
		return &FieldError{"duration", fmt.Sprintf("%g is not within 0..%d seconds", it.Duration, MaxDuration)}
	case it.Time < MinTime || it.Time > MaxTime:
		return &FieldError{"timestamp", fmt.Sprintf("%d is not within %d..%d unix seconds", it.Time, MinTime, MaxTime)}
	}
	return nil
}

package kuairand

import (
	"path/filepath"
	"slices"
)

// Signal is one of the yes-or-no outcomes that are predicted.
type Signal int

// The signals, in the order of the tables.
const (
	LongView Signal = iota // watched to the end, or for long enough
	Click
	Like
	Profile // entered the author's page
	Follow
	Forward
	numSignals
)

var signalNames = [numSignals]string{"long_view", "click", "like", "profile", "follow", "forward"}

func (s Signal) String() string { return signalNames[s] }

// Exposure is one row of the log: a video shown to a user, and what came of it.
type Exposure struct {
	User, Video, Author int32
	Tags                []int32
	Tab                 int32   // the part of the app in which it was shown
	Day                 int     // of the date column, counted from 25 April 2022
	Hour                int     // of the hourmin column, China time
	Time                int64   // unix milliseconds
	Duration            float64 // seconds
	Play                float64 // seconds played, which can exceed the duration
	Is                  [numSignals]bool
}

// Past is what is known of a user from before the log: their last exposures in
// order, without times.
type Past struct {
	Last                  int64 // time of the last of them, unix milliseconds
	Len                   int   // exposures in all, of which at most the last 50 are listed
	Video                 []int32
	Long, Liked           []bool  // of each video listed
	OlderLong, OlderLiked []int32 // long views and likes that are older than the exposures listed
}

// Video is what the catalogue says of a video.
type Video struct {
	Author   int32
	Music    int32
	Kind     int32 // how it was uploaded
	Tags     []int32
	Uploaded int // days since 25 April 2022, negative before
	Ad       bool
	Duration float64 // seconds; 0 where unknown
	Portrait float64 // height over width; 0 where unknown
}

// User is what the profile says of a user.
type User struct {
	Numbers []float32 // as userNumbers lists them, ln(1+x)
	Groups  []int32   // the values of userGroups, hashed
	Labels  []int32   // the values of userLabels, numbered over all of them
}

// Log is the whole data set.
type Log struct {
	Rows   []Exposure // by rising time
	Past   map[int32]*Past
	Videos map[int32]*Video
	Users  map[int32]*User
	labels map[string]int32 // of the profiles, numbered in the order of their first use
}

// Load reads the folder of the four files.
func Load(dir string) (*Log, error) {
	l := &Log{Past: map[int32]*Past{}, Videos: map[int32]*Video{}, Users: map[int32]*User{}, labels: map[string]int32{}}
	for _, f := range []struct {
		name string
		read func(*cells) error
	}{
		{"video_features_basic_pure.csv.gz", l.readVideo},
		{"user_features_pure.csv.gz", l.readUser},
		{"user_history_to_20220424.csv.gz", l.readPast},
		{"interactions_20220425_20220508.csv.gz", l.readExposure},
	} {
		if err := eachRow(filepath.Join(dir, f.name), f.read); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(l.Rows, func(a, b Exposure) int { return int(a.Time - b.Time) })
	return l, nil
}

// tag is the first of an exposure's tags, and noTag without one.
func (e *Exposure) tag() uint64 { return firstTag(e.Tags) }

const noTag = 1000

func firstTag(tags []int32) uint64 {
	if len(tags) == 0 {
		return noTag
	}
	return uint64(tags[0])
}

package simulate

import (
	"errors"
	"fmt"
	"strings"
)

// Preset names a ready set of Params.
type Preset string

// The presets.
const (
	Tiny Preset = "tiny" // a world for tests, made in milliseconds
	Demo Preset = "demo" // small enough to train on within two minutes
	Seed Preset = "seed" // 500,000 interactions, 37,088 reels, 6,022 users
)

// Presets lists the presets, smallest first.
func Presets() []Preset { return []Preset{Tiny, Demo, Seed} }

// Params returns the settings of the preset, or an error that lists the
// presets there are.
func (name Preset) Params() (Params, error) {
	p := base()
	switch name {
	case Tiny:
		p.Users, p.Reels, p.Creators, p.Topics, p.Interactions, p.Days = 80, 600, 60, 6, 4_000, 14
	case Demo:
		p.Users, p.Reels, p.Creators, p.Topics, p.Interactions, p.Days = 1_500, 4_000, 300, 16, 90_000, 21
	case Seed:
		p.Users, p.Reels, p.Creators, p.Topics, p.Interactions, p.Days = 6_022, 37_088, 2_400, 24, 500_000, 28
		// Five times the reels per topic: a sharper choice keeps a person's
		// exposures about as predictable as in the demo.
		p.TasteSharpness = 1.6
	default:
		known := make([]string, 0, len(Presets()))
		for _, k := range Presets() {
			known = append(known, string(k))
		}
		return Params{}, fmt.Errorf("preset %q is not known: use one of %s", string(name), strings.Join(known, ", "))
	}
	return p, nil
}

// Params are the sizes and habits of a world. A Preset gives a whole set;
// change single fields before New.
type Params struct {
	Users        int   // people, each with at least MinEvents interactions
	Reels        int   // reels uploaded before and during the window
	Creators     int   // accounts that upload them
	Topics       int   // categories, 2..MaxTopics
	Interactions int   // rows of the log, exactly
	Days         int   // length of the window that the log covers
	Start        int64 // begin of the window, unix seconds

	BacklogShare float64 // share of reels uploaded before Start, 0.1..1

	// The app's logging policy: each exposure is chosen by taste, from the
	// trending list, or (the rest) uniformly at random.
	TasteShare     float64 // 0..1
	TrendingShare  float64 // 0..1; TasteShare+TrendingShare is at most 1
	TasteSharpness float64 // inverse temperature of the choice by taste

	SessionLength float64 // mean exposures of one sitting, 1..MaxSession
	Stickiness    float64 // probability that a session stays in the topic of the last one
	StyleDrift    float64 // share of a style preference's variance renewed per day, 0..1
	JumpRate      float64 // probability per day that an interest gives way to a new topic

	LabelWrong   float64 // share of reels whose category label is wrong
	LabelMissing float64 // share of reels without a category label
	VideoMissing float64 // share of reels without a video vector
	AudioMissing float64 // share of reels without an audio vector
	TextMissing  float64 // share of reels without a text vector
}

// Bounds of Params.
const (
	MinEvents  = 5         // least interactions of a person
	MaxSession = 30        // most exposures of one sitting
	maxUsers   = 5_000_000 // beyond these sizes the world would not fit in memory
	maxReels   = 2_000_000
	maxEvents  = 200_000_000
	maxDays    = 366
	minStart   = 10 * maxDays * day // leaves room for the backlog of reels after 1970
	maxStart   = 4_000_000_000      // leaves room for the window before reel.MaxTime
)

func base() Params {
	return Params{
		Start:        1_767_225_600, // 2026-01-01 00:00 UTC
		BacklogShare: 0.6,
		TasteShare:   0.60, TrendingShare: 0.20, TasteSharpness: 1.3,
		SessionLength: 8, Stickiness: 0.5, StyleDrift: 0.01, JumpRate: 0.02,
		LabelWrong: 0.05, LabelMissing: 0.08,
		VideoMissing: 0.03, AudioMissing: 0.15, TextMissing: 0.10,
	}
}

// Validate returns every fault of the settings at once, or nil.
func (p Params) Validate() error {
	var faults []error
	whole := func(field string, v, lo, hi int) {
		if v < lo || v > hi {
			faults = append(faults, fmt.Errorf("%s: %d is not within %d..%d", field, v, lo, hi))
		}
	}
	between := func(field string, v, lo, hi float64) {
		if !(v >= lo && v <= hi) {
			faults = append(faults, fmt.Errorf("%s: %g is not within %g..%g", field, v, lo, hi))
		}
	}
	whole("users", p.Users, 1, maxUsers)
	whole("reels", p.Reels, 100, maxReels)
	whole("creators", p.Creators, 1, max(1, p.Reels))
	whole("topics", p.Topics, 2, MaxTopics)
	whole("interactions", p.Interactions, 1, maxEvents)
	whole("days", p.Days, 1, maxDays)
	if p.Start < minStart || p.Start > maxStart {
		faults = append(faults, fmt.Errorf("start: %d is not within %d..%d unix seconds", p.Start, minStart, maxStart))
	}
	between("backlog_share", p.BacklogShare, 0.1, 1)
	between("taste_share", p.TasteShare, 0, 1)
	between("trending_share", p.TrendingShare, 0, 1)
	if p.TasteShare+p.TrendingShare > 1 {
		faults = append(faults, fmt.Errorf("taste_share and trending_share: their sum %g is above 1", p.TasteShare+p.TrendingShare))
	}
	between("taste_sharpness", p.TasteSharpness, 0, 10)
	between("session_length", p.SessionLength, 1, MaxSession)
	for _, share := range []struct {
		field string
		v     float64
	}{
		{"stickiness", p.Stickiness}, {"style_drift", p.StyleDrift}, {"jump_rate", p.JumpRate},
		{"label_wrong", p.LabelWrong}, {"label_missing", p.LabelMissing},
		{"video_missing", p.VideoMissing}, {"audio_missing", p.AudioMissing}, {"text_missing", p.TextMissing},
	} {
		between(share.field, share.v, 0, 1)
	}
	if p.Interactions < p.Users*MinEvents {
		faults = append(faults, fmt.Errorf("interactions: %d is too few for %d users: give at least %d", p.Interactions, p.Users, p.Users*MinEvents))
	}
	if most := p.Users * p.mostEvents(); p.Interactions > most {
		faults = append(faults, fmt.Errorf("interactions: %d is too many for %d users: with %d reels over %d days give at most %d", p.Interactions, p.Users, p.Reels, p.Days, most))
	}
	if len(faults) == 0 {
		return nil
	}
	return fmt.Errorf("world settings: %w", errors.Join(faults...))
}

// mostEvents bounds one person's interactions, so that unseen reels and hours
// of the day never run out: half of the reels there are at Start, and sixty a
// day.
func (p Params) mostEvents() int {
	return max(MinEvents, min(int(p.BacklogShare*float64(p.Reels))/2, 60*p.Days))
}

// End is the end of the window, in unix seconds.
func (p Params) End() int64 { return p.Start + int64(p.Days)*day }

const (
	day  = 24 * 3600
	hour = 3600
)

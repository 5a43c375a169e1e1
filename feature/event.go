package feature

import "github.com/reelrank/reelrank/reel"

// Scales that bring logarithms of seconds to about 0..2.
const (
	gapScale     = 8 // ln(1 + a month) is 14.8
	secondsScale = 3 // ln(1 + a minute) is 4.1
)

// Event writes into dst, [EventDim], what the user did in one event of a
// history; prev is the event before it, nil for the first one of the window.
// These are the slots from EventAt of the vector of the event's reel.
//
// The time feature is the gap to the event before, not the age as of the
// request: one pass over a sequence serves the prediction of each of its
// events, so what is written for an event must not depend on where the
// prefix that it stands in ends.
func Event(dst []float32, it, prev *reel.Interaction) {
	dst = dst[:EventDim]
	clear(dst)
	if it.Observed.Has(reel.Watched) {
		dst[eventWatch] = clip(float64(it.Watch), 1)
		dst[eventWatchObserved] = 1
		dst[eventLogSeconds] = clip(log1p(it.WatchedSeconds())/secondsScale, MaxValue)
	}
	dst[eventLiked] = flag(it.Signals&(reel.Liked|reel.Saved) != 0)
	dst[eventShared] = flag(it.Signals&(reel.Shared|reel.Commented) != 0)
	dst[eventFollowed] = flag(it.Signals&reel.Followed != 0)
	dst[eventRejected] = flag(it.Signals&(reel.Skipped|reel.NotInterested) != 0)
	if prev != nil {
		dst[eventLogGap] = clip(log1p(float64(it.Time-prev.Time))/gapScale, MaxValue)
	}
}

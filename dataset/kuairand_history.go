package dataset

import (
	"bytes"
	"context"
	"slices"

	"github.com/reelrank/reelrank/reel"
)

// The columns of the file of earlier exposures: one row per user, the videos
// oldest first, separated by spaces.
const (
	khUser = iota
	khLast
	khShown
	khLiked
	khLong
)

var kuairandHistories = &table{name: "histories", columns: []column{
	khUser:  {"user_id", required},
	khLast:  {"last_time_ms", required},
	khShown: {"watch_seq", required},
	khLiked: {"like_seq", required}, // the column; a cell may be empty
	khLong:  {"long_watch_seq", required},
}}

const (
	// historyStep is the made-up time between two earlier exposures of a user.
	historyStep = 60 // seconds
	// longView is KuaiRand's own bound of a long view: the whole video, or this
	// much of a longer one. 99.8 % of the public exposures with a known duration
	// obey it.
	longView = 18 // seconds

	reasonVideoList    = "not a list of video ids separated by spaces"
	reasonUnknownVideo = "the video is in no other file, so its creator is unknown"
)

// kuairandHistory reads the exposures before the window. They get made-up
// times, historyStep apart, that end at the user's last recorded time.
func (imp *importer) kuairandHistory(ctx context.Context, path string, mode History) error {
	var exposures int64
	err := imp.each(ctx, path, readCSV, kuairandHistories, func(in *input, rec *record) {
		c := imp.cells
		user, last := reel.UserID(c.id(khUser)), c.time(khLast)
		if !c.has(khLast) {
			c.fail(khLast, reasonMissing)
		}
		shown, liked, long := c.videos(khShown), c.videos(khLiked), c.videos(khLong)
		if len(shown) == 0 {
			c.fail(khShown, reasonMissing)
		}
		if imp.refused(in, kuairandHistories, rec) {
			return
		}
		isLiked, isLong := markLatest(shown, liked), markLatest(shown, long)
		for i, video := range shown {
			it := reel.Interaction{User: user, Reel: video, Time: last - int64(len(shown)-1-i)*historyStep, Observed: reel.Liked}
			creator, known := imp.creatorOf(video)
			if !known {
				in.reject(rec.line, "watch_seq", nil, reasonUnknownVideo)
				continue
			}
			it.Creator = creator
			it.Duration = imp.reels[imp.reelIndex[video]].Duration
			if isLiked[i] {
				it.Signals |= reel.Liked
			}
			if isLong[i] {
				it.Watch = leastWatch(it.Duration)
			}
			if mode == HistoryWatched {
				it.Observed |= reel.Watched
			}
			exposures++
			imp.add(in, kuairandHistories, rec, it)
		}
	})
	if err == nil {
		imp.note("%s: %d earlier exposures got made-up times, %d seconds apart up to the user's last recorded one", path, exposures, historyStep)
	}
	return err
}

// leastWatch is the least watch time that a long view proves, 0 where the
// duration is unknown.
func leastWatch(duration float32) reel.WatchTime {
	if duration == 0 {
		return 0
	}
	return reel.WatchTime(min(longView/duration, 1))
}

// videos reads a list of ids separated by spaces.
func (c *cells) videos(column int) []reel.ReelID {
	var ids []reel.ReelID
	for _, word := range bytes.Fields(c.rec.cells[column]) {
		id, err := reel.ParseID(string(word))
		if err != nil {
			c.fail(column, reasonVideoList)
			return nil
		}
		ids = append(ids, reel.ReelID(id))
	}
	return ids
}

// markLatest tells which elements of shown the list chosen stands for. Both
// are in order, and chosen may begin before shown does: it is matched from the
// end, each id with its latest possible exposure, until one does not fit.
func markLatest(shown, chosen []reel.ReelID) []bool {
	marks := make([]bool, len(shown))
	end := len(shown)
	for _, id := range slices.Backward(chosen) {
		at := end - 1
		for at >= 0 && shown[at] != id {
			at--
		}
		if at < 0 {
			break
		}
		marks[at] = true
		end = at
	}
	return marks
}

package dataset

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/reelrank/reelrank/reel"
)

// History says what becomes of KuaiRand's lists of earlier exposures, which
// come in order but without times, watch times, shares or follows.
type History string

const (
	// HistoryShown keeps them as exposures of which only the like is observed.
	HistoryShown History = "shown"
	// HistoryWatched also takes the long views among them for observed watch
	// time: more to learn from, at the price of a coarse value.
	HistoryWatched History = "watched"
	// HistoryNone leaves them out.
	HistoryNone History = "none"
)

// The columns of KuaiRand's exposure files.
const (
	krUser = iota
	krVideo
	krTime
	krPlay
	krDuration
	krAuthor
	krTag
	krTab
	krLike
	krForward
	krFollow
	krComment
	krHate
)

var kuairandTable = &table{name: "interactions", columns: []column{
	krUser:     {"user_id", required},
	krVideo:    {"video_id", required},
	krTime:     {"time_ms", required},
	krPlay:     {"play_time_ms", required},
	krDuration: {"duration_ms", required},
	krAuthor:   {"author_id", optional},
	krTag:      {"tag", optional},
	krTab:      {"tab", optional},
	krLike:     {"is_like", optional},
	krForward:  {"is_forward", optional},
	krFollow:   {"is_follow", optional},
	krComment:  {"is_comment", optional},
	krHate:     {"is_hate", optional},
}}

// kuairandFlags are the signals of an exposure, from krLike on.
var kuairandFlags = [...]reel.Signals{reel.Liked, reel.Shared, reel.Followed, reel.Commented, reel.NotInterested}

// kuairandFiles are the files of a KuaiRand folder that are read.
type kuairandFiles struct {
	exposures, features, history []string
}

// kuairand reads the folder of KuaiRand's files. docs/data.md has the mapping.
func (imp *importer) kuairand(ctx context.Context) error {
	mode := imp.opts.History
	if mode == "" {
		mode = HistoryShown
	}
	if !slices.Contains([]History{HistoryShown, HistoryWatched, HistoryNone}, mode) {
		return fmt.Errorf("import: unknown history %q: choose one of %s, %s, %s", mode, HistoryShown, HistoryWatched, HistoryNone)
	}
	files, err := imp.kuairandFolder(mode)
	if err != nil {
		return err
	}
	if err := imp.measure(slices.Concat(files.exposures, files.features, files.history)); err != nil {
		return err
	}
	imp.adapter = true
	for _, path := range files.features {
		if err := imp.kuairandFeatures(ctx, path); err != nil {
			return err
		}
	}
	for _, path := range files.exposures {
		if err := imp.each(ctx, path, readCSV, kuairandTable, imp.kuairandExposure); err != nil {
			return err
		}
	}
	for _, path := range files.history {
		if err := imp.kuairandHistory(ctx, path, mode); err != nil {
			return err
		}
	}
	return nil
}

// kuairandFolder finds the files by the names that the publishers give them.
func (imp *importer) kuairandFolder(mode History) (kuairandFiles, error) {
	dir, err := imp.folder()
	if err != nil {
		return kuairandFiles{}, err
	}
	var files kuairandFiles
	for _, entry := range dir.names {
		name := strings.TrimSuffix(entry, ".gz")
		path := filepath.Join(dir.path, entry)
		switch {
		case !strings.HasSuffix(name, ".csv"):
		case strings.HasPrefix(name, "interactions_"), strings.HasPrefix(name, "log_standard_"):
			files.exposures = append(files.exposures, path)
		case strings.HasPrefix(name, "video_features_basic"):
			files.features = append(files.features, path)
		case strings.HasPrefix(name, "user_history_") && mode != HistoryNone:
			files.history = append(files.history, path)
		}
	}
	if len(files.exposures) == 0 {
		return files, dir.lacks("interactions_*.csv or log_standard_*.csv (gzipped or not)")
	}
	if len(files.features) == 0 {
		imp.note("%s: no video_features_basic*.csv: creators are taken from author_id, upload times are unknown", dir.path)
	}
	return files, nil
}

// kuairandExposure maps one row of the exposure files.
func (imp *importer) kuairandExposure(in *input, rec *record) {
	c := imp.cells
	play := c.number(krPlay, 0, math.MaxInt64, reasonPlay)
	duration := c.number(krDuration, 0, reel.MaxDuration*1000, reasonDurationMillis)
	it := reel.Interaction{
		User:     reel.UserID(c.id(krUser)),
		Reel:     reel.ReelID(c.id(krVideo)),
		Time:     c.time(krTime),
		Duration: float32(duration / 1000),
	}
	for _, column := range []int{krTime, krPlay, krDuration} {
		if !c.has(column) {
			c.fail(column, reasonMissing)
		}
	}
	if duration > 0 {
		it.Watch = reel.WatchTime(min(play/duration, 1))
		it.Observed |= reel.Watched
	}
	if tab := c.text(krTab); tab != "" {
		it.Context.Place = "tab-" + tab
	}
	for i, signal := range kuairandFlags {
		set, observed := c.flag(krLike + i)
		if set {
			it.Signals |= signal
		}
		if observed {
			it.Observed |= signal
		}
	}
	creator, known := imp.creatorOf(it.Reel)
	if !known {
		creator = c.creator(krAuthor, it.Reel, imp.creatorOf)
	}
	it.Creator = creator
	if c.reason == "" && !known {
		imp.addReel(reel.Reel{ID: it.Reel, Creator: creator, Category: firstTag(rec.cells[krTag]), Duration: it.Duration})
	}
	it.Context.Place = c.names.string(it.Context.Place)
	imp.add(in, kuairandTable, rec, it)
}

const (
	reasonPlay           = "less than 0 milliseconds"
	reasonDurationMillis = "not within 0..86400000 milliseconds"
)

// firstTag is the first of a comma-separated list of tags; "unknown" is none.
func firstTag(b []byte) string {
	tag, _, _ := bytes.Cut(b, []byte(","))
	if t := string(bytes.TrimSpace(tag)); t != "unknown" && len(t) <= maxText {
		return t
	}
	return ""
}

// The columns of KuaiRand's video features.
const (
	kvVideo = iota
	kvAuthor
	kvDuration
	kvUploaded
	kvUploadType
	kvVideoType
	kvTag
)

var kuairandVideos = &table{name: "reels", columns: []column{
	kvVideo:      {"video_id", required},
	kvAuthor:     {"author_id", required},
	kvDuration:   {"video_duration", optional},
	kvUploaded:   {"upload_dt", optional},
	kvUploadType: {"upload_type", optional},
	kvVideoType:  {"video_type", optional},
	kvTag:        {"tag", optional},
}}

// chinaTime is the zone of KuaiRand's dates; China knows no summer time.
var chinaTime = time.FixedZone("UTC+8", 8*3600)

// kuairandFeatures reads the videos.
func (imp *importer) kuairandFeatures(ctx context.Context, path string) error {
	lines := map[reel.ReelID]int64{}
	return imp.each(ctx, path, readCSV, kuairandVideos, func(in *input, rec *record) {
		c := imp.cells
		r := reel.Reel{
			ID:       reel.ReelID(c.id(kvVideo)),
			Creator:  reel.CreatorID(c.id(kvAuthor)),
			Category: c.names.string(firstTag(rec.cells[kvTag])),
			Duration: float32(c.number(kvDuration, 0, reel.MaxDuration*1000, reasonDurationMillis) / 1000),
			Caption:  kuairandCaption(c.text(kvUploadType), c.text(kvVideoType), string(rec.cells[kvTag])),
		}
		if c.has(kvUploaded) {
			day, err := time.ParseInLocation(time.DateOnly, string(rec.cells[kvUploaded]), chinaTime)
			if err != nil || day.Unix() < reel.MinTime || day.Unix() > reel.MaxTime {
				c.fail(kvUploaded, "not a day such as 2022-04-10")
			}
			r.Uploaded = day.Unix()
		}
		switch first, twice := lines[r.ID]; {
		case imp.refused(in, kuairandVideos, rec):
		case twice:
			in.duplicate(rec.line, "video_id", rec.cells[kvVideo], first)
		default:
			lines[r.ID] = rec.line
			in.keep()
			imp.addReel(r)
		}
	})
}

// kuairandCaption says in words what is known of a video beyond its tag: the
// set has no captions.
func kuairandCaption(uploadType, videoType, tags string) string {
	var words []string
	for _, part := range []struct{ label, value string }{{"upload", uploadType}, {"type", videoType}, {"tags", strings.ReplaceAll(tags, ",", " ")}} {
		if part.value != "" && len(part.value) <= maxText {
			words = append(words, part.label+" "+part.value)
		}
	}
	return strings.Join(words, ", ")
}

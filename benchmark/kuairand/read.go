package kuairand

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"
)

// cells is one row of a table, read by the names of its columns.
type cells struct {
	at  map[string]int
	row []string
	err error // the first of a row
}

// eachRow reads a gzipped CSV file with a header.
func eachRow(path string, read func(*cells) error) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("kuairand: %w", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("kuairand: %s: %w", path, err)
	}
	r := csv.NewReader(z)
	r.ReuseRecord = true
	header, err := r.Read()
	if err != nil {
		return fmt.Errorf("kuairand: %s: %w", path, err)
	}
	c := &cells{at: map[string]int{}}
	for i, name := range header {
		c.at[name] = i
	}
	for line := 2; ; line++ {
		c.row, err = r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = errors.Join(read(c), c.err)
		}
		if err != nil {
			return fmt.Errorf("kuairand: %s, line %d: %w", path, line, err)
		}
	}
}

func (c *cells) text(name string) string {
	i, ok := c.at[name]
	if !ok {
		c.err = fmt.Errorf("there is no column %s", name)
		return ""
	}
	return c.row[i]
}

// number is the column's value, 0 where it is empty or says so in words.
func (c *cells) number(name string) float64 {
	v, err := strconv.ParseFloat(c.text(name), 64)
	if err != nil {
		return 0
	}
	return v
}

func (c *cells) id(name string) int32 { return int32(c.number(name)) }

// ids is the column's list of numbers; what is none, such as "unknown", is left out.
func (c *cells) ids(name, sep string) []int32 {
	var ids []int32
	for part := range strings.SplitSeq(c.text(name), sep) {
		if n, err := strconv.ParseInt(strings.TrimSpace(part), 10, 32); err == nil {
			ids = append(ids, int32(n))
		}
	}
	return ids
}

func (l *Log) readExposure(c *cells) error {
	e := Exposure{
		User: c.id("user_id"), Video: c.id("video_id"), Author: c.id("author_id"), Tab: c.id("tab"), Tags: c.ids("tag", ","),
		Hour: int(c.number("hourmin")) / 100, Time: int64(c.number("time_ms")),
		Duration: c.number("duration_ms") / 1000, Play: c.number("play_time_ms") / 1000,
	}
	for s, name := range [numSignals]string{"long_view", "is_click", "is_like", "is_profile_enter", "is_follow", "is_forward"} {
		e.Is[s] = c.text(name) == "1"
	}
	var err error
	e.Day, err = dayOf(c.text("date"))
	l.Rows = append(l.Rows, e)
	return err
}

func (l *Log) readPast(c *cells) error {
	p := &Past{Last: int64(c.number("last_time_ms")), Len: int(c.number("history_len")), Video: c.ids("watch_seq", " ")}
	p.Long, p.OlderLong = marks(p.Video, c.ids("long_watch_seq", " "))
	p.Liked, p.OlderLiked = marks(p.Video, c.ids("like_seq", " "))
	l.Past[c.id("user_id")] = p
	return nil
}

// marks tells which of the videos part lists too, in the same order and to the
// same end, and returns what part begins with that is not among them.
func marks(videos, part []int32) (marked []bool, older []int32) {
	marked = make([]bool, len(videos))
	for i := len(videos) - 1; i >= 0 && len(part) > 0; i-- {
		if last := len(part) - 1; videos[i] == part[last] {
			marked[i], part = true, part[:last]
		}
	}
	return marked, part
}

func (l *Log) readVideo(c *cells) error {
	v := &Video{
		Author: c.id("author_id"), Music: hash(c.text("music_id")), Kind: hash(c.text("upload_type")), Tags: c.ids("tag", ","),
		Ad: c.text("video_type") == "AD", Duration: c.number("video_duration") / 1000,
	}
	if w := c.number("server_width"); w > 0 {
		v.Portrait = c.number("server_height") / w
	}
	var err error
	v.Uploaded, err = dayOf(strings.ReplaceAll(c.text("upload_dt"), "-", ""))
	l.Videos[c.id("video_id")] = v
	return err
}

// The profile's columns by how they are read: numbers on a log scale, labels
// by which users are grouped and counted, and labels with few values, each an
// input of its own.
var (
	userNumbers = [...]string{"follow_user_num", "fans_user_num", "friend_user_num", "register_days"}
	userGroups  = [...]string{"user_active_degree", "onehot_feat2", "onehot_feat3", "onehot_feat4", "onehot_feat5", "onehot_feat7", "onehot_feat8"}
	userLabels  = [...]string{"user_active_degree", "is_lowactive_period", "is_live_streamer", "is_video_author", "onehot_feat0", "onehot_feat1", "onehot_feat4",
		"onehot_feat6", "onehot_feat9", "onehot_feat10", "onehot_feat11", "onehot_feat12", "onehot_feat13", "onehot_feat14", "onehot_feat15", "onehot_feat16", "onehot_feat17"}
)

func (l *Log) readUser(c *cells) error {
	u := &User{}
	for _, name := range userNumbers {
		u.Numbers = append(u.Numbers, float32(math.Log1p(max(0, c.number(name)))))
	}
	for _, name := range userGroups {
		u.Groups = append(u.Groups, hash(c.text(name)))
	}
	for _, name := range userLabels {
		u.Labels = append(u.Labels, l.label(name+"="+c.text(name)))
	}
	l.Users[c.id("user_id")] = u
	return nil
}

func (l *Log) label(name string) int32 {
	i, ok := l.labels[name]
	if !ok {
		i = int32(len(l.labels))
		l.labels[name] = i
	}
	return i
}

// hash turns a label into a number that is the same in every run.
func hash(label string) int32 {
	h := fnv.New32a()
	h.Write([]byte(label))
	return int32(h.Sum32() >> 1)
}

// dayOf counts a date such as 20220425 in days from then.
func dayOf(date string) (int, error) {
	t, err := time.Parse("20060102", date)
	if err != nil {
		return 0, fmt.Errorf("%q is no date such as 20220425: %w", date, err)
	}
	return int(t.Sub(time.Date(2022, 4, 25, 0, 0, 0, 0, time.UTC)) / (24 * time.Hour)), nil
}

package kuairand

import (
	"fmt"
	"math"
	"slices"
)

// session is a user's latest exposures and what they come to.
type session struct {
	recent []*Exposure // at most recentKept, the latest last
	total  int         // exposures so far
	length int         // of the present session
	long   float32     // long views of it

	// Fading means of what happened less what was expected, one for each of
	// fadingMeans.
	means [3]struct{ long, click, share float32 }
}

const (
	recentKept = 50
	sessionGap = 30 * 60 * 1000 // without an exposure, milliseconds, ends a session
	hour       = 3600 * 1000    // milliseconds
)

// fadingMeans are what an exposure keeps of its weight with each later one.
var fadingMeans = [3]float32{0.5, 0.8, 0.93}

func (s *session) observe(e *Exposure, o *outcomes, expected [2]float32) {
	if n := len(s.recent); n == 0 || e.Time-s.recent[n-1].Time > sessionGap {
		s.length, s.long = 0, 0
	}
	s.total++
	s.length++
	s.long += o[LongView]
	for i, keep := range fadingMeans {
		m := &s.means[i]
		m.long += (1 - keep) * (o[LongView] - expected[0] - m.long)
		m.click += (1 - keep) * (o[Click] - expected[1] - m.click)
		m.share += (1 - keep) * (o[outShare] - usual[outShare] - m.share)
	}
	if len(s.recent) == recentKept {
		s.recent = append(s.recent[:0], s.recent[1:]...)
	}
	s.recent = append(s.recent, e)
}

// lastShown is how many of the latest exposures are features one by one, and
// longAgo the logarithm of the seconds since one that never was.
const (
	lastShown = 3
	longAgo   = 14
)

// writeSession writes what the user did lately.
func (k *known) writeSession(w *writer, e *Exposure) {
	s := k.session(e.User)
	n := len(s.recent)
	for back := 1; back <= lastShown; back++ {
		w.prefix = fmt.Sprintf("last%d_", back)
		if n >= back {
			writeLast(w, s.recent[n-back], e)
		} else {
			writeLast(w, nil, e)
		}
	}
	w.prefix = "session_"
	length, long := 0, float32(0)
	if n > 0 && e.Time-s.recent[n-1].Time <= sessionGap {
		length, long = s.length, s.long
	}
	w.put("length", logCount(float32(length)))
	w.put("long_view_lift", log((long+1)/(float32(length)*usual[LongView]+1)))
	for i, m := range s.means {
		w.put(fmt.Sprintf("mean%d_long_view", i), m.long)
		w.put(fmt.Sprintf("mean%d_click", i), m.click)
		w.put(fmt.Sprintf("mean%d_share_played", i), m.share)
	}
	var today, lastHour float32
	for _, r := range s.recent {
		today += flag(r.Day == e.Day)
		lastHour += flag(e.Time-r.Time < hour)
	}
	w.put("today", logCount(today))
	w.put("last_hour", logCount(lastHour))
	w.put("total", logCount(float32(s.total)))
	for _, g := range []int{groupUserVideo, groupUserAuthor, groupUserTag} {
		since := float32(longAgo)
		if t := k.groups[groupKey(g, nil, e)]; t != nil {
			since = logSeconds(e.Time - t.last)
		}
		w.put("since_"+groups[g].name, since)
	}
	s.writeAlike(w, e)
	w.prefix = ""
}

// writeLast writes one of the latest exposures; nil is none.
func writeLast(w *writer, r, e *Exposure) {
	if r == nil {
		w.put("gap", longAgo)
		w.put("idle", longAgo)
		for _, name := range []string{"log_play", "share_played", "long_view", "click", "same_tab", "same_author", "same_tag"} {
			w.put(name, 0)
		}
		return
	}
	w.put("gap", logSeconds(e.Time-r.Time))
	w.put("idle", logSeconds(e.Time-r.Time-int64(1000*r.Play)))
	w.put("log_play", log1p(r.Play))
	w.put("share_played", float32(min(1, r.Play/max(r.Duration, 0.1))))
	w.put("long_view", 2*flag(r.Is[LongView])-1)
	w.put("click", 2*flag(r.Is[Click])-1)
	w.put("same_tab", flag(r.Tab == e.Tab))
	w.put("same_author", flag(r.Author == e.Author))
	w.put("same_tag", flag(slices.ContainsFunc(r.Tags, func(t int32) bool { return slices.Contains(e.Tags, t) })))
}

// writeAlike writes what came of the latest exposures of about this duration,
// each weighted by how near and how recent it is.
func (s *session) writeAlike(w *writer, e *Exposure) {
	var weight, long, play float32
	for i, r := range s.recent {
		apart := math.Log((r.Duration + 1) / (e.Duration + 1))
		x := float32(math.Exp(-4*apart*apart) * math.Exp2(-float64(len(s.recent)-1-i)/10))
		weight += x
		long += x * flag(r.Is[LongView])
		play += x * float32(min(r.Play, 60))
	}
	w.put("alike_count", logCount(weight))
	w.put("alike_long_view", logit((long+2*usual[LongView])/(weight+2)))
	w.put("alike_play", play/(weight+1))
}

// writeRequest writes what is known of the video and of the moment.
func (k *known) writeRequest(w *writer, v *Video, e *Exposure) {
	d := log1p(e.Duration)
	w.put("log_duration", d)
	w.put("log_duration_squared", (d-3.5)*(d-3.5))
	for b := range uint64(12) {
		w.put(fmt.Sprintf("duration_%d", b), flag(durationBucket(e.Duration, 1.5) == b))
	}
	age := max(e.Day-v.Uploaded, 0)
	w.put("age", logCount(float32(age)))
	w.put("young", flag(age < 16))
	w.put("portrait", float32(min(v.Portrait, 3)))
	w.put("advertisement", flag(v.Ad))
	w.put("tags", float32(len(e.Tags)))
	for _, kind := range []string{"LongImport", "Web", "Kmovie", "ShortImport", "LongPicture", "PictureSet", "LongCamera"} {
		w.put("upload_"+kind, flag(v.Kind == hash(kind)))
	}
	for tab := range int32(9) {
		w.put(fmt.Sprintf("in_tab_%d", tab), flag(e.Tab == tab))
	}
	sin, cos := math.Sincos(2 * math.Pi * float64(e.Hour) / 24)
	w.put("hour_sin", float32(sin))
	w.put("hour_cos", float32(cos))
	w.put("holiday", flag(e.Day >= 5 && e.Day <= 9)) // 30 April to 4 May, public holidays in China
}

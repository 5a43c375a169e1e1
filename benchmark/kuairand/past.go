package kuairand

import (
	"maps"
	"math/rand/v2"
	"slices"
)

// past is what came of the exposures before the log. Only long views and likes
// are known of them.
type past struct {
	all    tally
	groups tallies
}

// pastGroups are how they are counted.
var pastGroups = [...]struct {
	name     string
	of       func(r *recalled) (a, b uint64)
	strength float32
}{
	{"duration", func(r *recalled) (uint64, uint64) { return r.duration(), 0 }, 20},
	{"video", func(r *recalled) (uint64, uint64) { return uint64(r.video), 0 }, 10},
	{"author", func(r *recalled) (uint64, uint64) { return uint64(r.author), 0 }, 10},
	{"tag", func(r *recalled) (uint64, uint64) { return r.tag, 0 }, 20},
	{"user", func(r *recalled) (uint64, uint64) { return uint64(r.user), 0 }, 5},
	{"user_author", func(r *recalled) (uint64, uint64) { return uint64(r.user), uint64(r.author) }, 2},
	{"user_tag", func(r *recalled) (uint64, uint64) { return uint64(r.user), r.tag }, 3},
	{"user_duration", func(r *recalled) (uint64, uint64) { return uint64(r.user), r.duration() }, 3},
	{"user_video", func(r *recalled) (uint64, uint64) { return uint64(r.user), uint64(r.video) }, 1},
}

// recalled is one exposure of the past.
type recalled struct {
	user, video, author int32
	tag                 uint64
	seconds             float64 // duration
	long, liked         bool
}

func (r *recalled) duration() uint64 { return durationBucket(r.seconds, 1) }

// recalled is the exposure as one of the past, without its outcome.
func (e *Exposure) recalled() recalled {
	return recalled{user: e.User, video: e.Video, author: e.Author, tag: e.tag(), seconds: e.Duration}
}

// recalled lists the exposures of the past whose videos are known, user by
// user. Long views and likes older than the exposures listed are left out:
// what was not viewed or liked among their neighbours is not known.
func (l *Log) recalled() []recalled {
	var all []recalled
	for _, user := range slices.Sorted(maps.Keys(l.Past)) {
		p := l.Past[user]
		for i, id := range p.Video {
			if v := l.Videos[id]; v != nil {
				all = append(all, recalled{user, id, v.Author, firstTag(v.Tags), v.Duration, p.Long[i], p.Liked[i]})
			}
		}
	}
	return all
}

// The rates of the past's exposures: those listed are the more interesting ones.
const (
	pastLong = 0.47
	pastLike = 0.05
)

// recall counts the past.
func recall(l *Log) past {
	p := past{groups: tallies{}}
	for _, r := range l.recalled() {
		o := outcomes{LongView: flag(r.long), Like: flag(r.liked)}
		duration := p.groups.get(key(kindPast, r.duration(), 0))
		expected := [2]float32{duration.rate(int(LongView), pastLong, 20)}
		p.all.add(&o, expected, 0)
		for i, g := range pastGroups {
			a, b := g.of(&r)
			p.groups.at(key(kindPast+i, a, b)).add(&o, expected, 0)
		}
	}
	return p
}

// writePast writes what came of exposures like this one before the log.
func (k *known) writePast(w *writer, e *Exposure) {
	r := e.recalled()
	long, like := k.past.all.rate(int(LongView), pastLong, 1), k.past.all.rate(int(Like), pastLike, 1)
	for i, g := range pastGroups {
		a, b := g.of(&r)
		t := k.past.groups.get(key(kindPast+i, a, b))
		w.prefix = "past_" + g.name + "_"
		w.put("count", logCount(t.n))
		w.put("long_view", logit(t.rate(int(LongView), long, g.strength)))
		w.put("like", logit(t.rate(int(Like), like, 2*g.strength)))
		w.put("long_view_lift", t.lift(0, g.strength/2))
	}
	p := k.log.Past[e.User]
	if p == nil {
		p = &k.noPast
	}
	w.prefix = "past_"
	w.put("length", logCount(float32(p.Len)))
	since := float32(longAgo)
	if p.Len > 0 {
		since = logSeconds(e.Time - p.Last)
	}
	w.put("since", since)
	w.prefix = ""
}

// The tastes: what machines learn, from the past and then from the log.
const (
	tasteLong = iota
	tasteClick
	tasteLike
	numTastes
)

var tasteNames = [numTastes]string{"long_view", "click", "like"}

// labelsOf are the labels of an exposure as the machines read them. The tab of
// the past is not known and a label of its own; the hour is left out.
func (k *known) labelsOf(r *recalled) []uint64 {
	k.labels = append(k.labels[:0],
		key(kindLabel, uint64(r.user), 0), key(kindLabel+1, uint64(r.video), 0), key(kindLabel+2, uint64(r.author), 0),
		key(kindLabel+3, r.tag, 0), key(kindLabel+4, durationBucket(r.seconds, 2), 0))
	return k.labels
}

// itemLabels are how many labels follow the user's that describe the video.
const itemLabels = 4

const pastTab = 1000

func (k *known) labelsOfPast(r *recalled) []uint64 {
	return append(k.labelsOf(r), key(kindLabel+5, pastTab, 0))
}

func (k *known) labelsOfRow(e *Exposure) []uint64 {
	r := e.recalled()
	return append(k.labelsOf(&r), key(kindLabel+5, uint64(e.Tab), 0), key(kindLabel+6, uint64(e.Hour/3), 0))
}

// learnPast fits the machines to the past. A click is not known of it: the
// machine for clicks begins as one for long views.
func (k *known) learnPast() {
	for i, width := range [numTastes]int{tasteLong: 16, tasteClick: 16, tasteLike: 8} {
		k.tastes[i] = newMachine(width, uint64(i))
	}
	all := k.log.recalled()
	rng := rand.New(rand.NewPCG(1, 0x9a57))
	for range machineEpochs {
		rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for i := range all {
			labels := k.labelsOfPast(&all[i])
			k.tastes[tasteLong].learn(labels, all[i].long)
			k.tastes[tasteClick].learn(labels, all[i].long)
			k.tastes[tasteLike].learn(labels, all[i].liked)
		}
	}
}

// writeTastes writes what the machines expect, and what of that is the user's,
// the video's, and their match.
func (k *known) writeTastes(w *writer, e *Exposure) {
	labels := k.labelsOfRow(e)
	for i, m := range k.tastes {
		w.prefix = "taste_" + tasteNames[i] + "_"
		w.put("logit", m.predict(labels))
		user := m.of(labels[0])
		var match, video float32
		for _, l := range labels[1 : 1+itemLabels] {
			item := m.of(l)
			for j, x := range user.v {
				match += x * item.v[j]
			}
			video += item.w
		}
		w.put("user", user.w)
		w.put("video", video)
		w.put("match", match)
	}
	w.prefix = ""
}

// learnTastes moves the machines by what came of an exposure.
func (k *known) learnTastes(e *Exposure) {
	labels := k.labelsOfRow(e)
	for i, s := range [numTastes]Signal{LongView, Click, Like} {
		k.tastes[i].learn(labels, e.Is[s])
	}
}

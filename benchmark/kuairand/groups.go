package kuairand

// group is a way to group exposures: those with the same labels are counted
// together.
type group struct {
	name     string
	of       func(v *Video, e *Exposure) (a, b uint64)
	rare     bool    // whether the rare signals' rates are features too
	strength float32 // exposures' worth of prior
	own      bool    // whether a user's own: rates are then drawn towards the user's
}

// The groups that more than their own features are made of. The user comes
// first: the rates of what is a user's own are drawn towards the user's.
const (
	groupUser = iota
	groupDuration
	groupTabDuration
	groupUserVideo
	groupUserAuthor
	groupUserTag
)

var groups = [...]group{
	groupUser:        {"user", func(_ *Video, e *Exposure) (uint64, uint64) { return uint64(e.User), 0 }, true, 5, false},
	groupDuration:    {"duration", func(_ *Video, e *Exposure) (uint64, uint64) { return durationBucket(e.Duration, 4), 0 }, true, 20, false},
	groupTabDuration: {"tab_duration", func(_ *Video, e *Exposure) (uint64, uint64) { return uint64(e.Tab), durationBucket(e.Duration, 2) }, true, 20, false},
	groupUserVideo:   {"user_video", func(_ *Video, e *Exposure) (uint64, uint64) { return uint64(e.User), uint64(e.Video) }, false, 1, true},
	groupUserAuthor:  {"user_author", func(_ *Video, e *Exposure) (uint64, uint64) { return uint64(e.User), uint64(e.Author) }, true, 2, true},
	groupUserTag:     {"user_tag", func(_ *Video, e *Exposure) (uint64, uint64) { return uint64(e.User), e.tag() }, false, 3, true},

	{"user_tab", func(_ *Video, e *Exposure) (uint64, uint64) { return uint64(e.User), uint64(e.Tab) }, true, 4, true},
	{"user_duration", func(_ *Video, e *Exposure) (uint64, uint64) { return uint64(e.User), durationBucket(e.Duration, 1) }, false, 3, true},
	{"user_tab_duration", func(_ *Video, e *Exposure) (uint64, uint64) {
		return uint64(e.User), uint64(e.Tab)<<8 | durationBucket(e.Duration, 1)
	}, false, 3, true},
	{"user_hour", func(_ *Video, e *Exposure) (uint64, uint64) { return uint64(e.User), uint64(e.Hour / 3) }, false, 3, true},
	{"video", func(_ *Video, e *Exposure) (uint64, uint64) { return uint64(e.Video), 0 }, true, 10, false},
	{"author", func(_ *Video, e *Exposure) (uint64, uint64) { return uint64(e.Author), 0 }, true, 10, false},
	{"tag", func(_ *Video, e *Exposure) (uint64, uint64) { return e.tag(), 0 }, true, 20, false},
	{"tab", func(_ *Video, e *Exposure) (uint64, uint64) { return uint64(e.Tab), 0 }, true, 20, false},
	{"hour", func(_ *Video, e *Exposure) (uint64, uint64) { return uint64(e.Hour), 0 }, true, 20, false},
	{"music", func(v *Video, _ *Exposure) (uint64, uint64) { return uint64(v.Music), 0 }, false, 10, false},
	{"tab_hour", func(_ *Video, e *Exposure) (uint64, uint64) { return uint64(e.Tab), uint64(e.Hour) }, false, 20, false},
	{"tab_tag", func(_ *Video, e *Exposure) (uint64, uint64) { return uint64(e.Tab), e.tag() }, false, 20, false},
	{"tab_video", func(_ *Video, e *Exposure) (uint64, uint64) { return uint64(e.Tab), uint64(e.Video) }, false, 10, false},
	{"tab_author", func(_ *Video, e *Exposure) (uint64, uint64) { return uint64(e.Tab), uint64(e.Author) }, false, 10, false},
	{"tag_duration", func(_ *Video, e *Exposure) (uint64, uint64) { return e.tag(), durationBucket(e.Duration, 1) }, false, 20, false},
}

// Kinds of keys: the groups come first, then these.
const (
	kindProfile = 100 // one for each of userGroups
	kindFading  = 200 // one for each of fadings
	kindPast    = 300 // one for each of pastGroups
	kindLabel   = 400 // one for each field of a machine
)

// fadings are the groups of which recent counts are kept beside the whole ones.
var fadings = [...]struct {
	name string
	of   func(e *Exposure) uint64
}{
	{"user", func(e *Exposure) uint64 { return uint64(e.User) }},
	{"video", func(e *Exposure) uint64 { return uint64(e.Video) }},
	{"author", func(e *Exposure) uint64 { return uint64(e.Author) }},
	{"tab", func(e *Exposure) uint64 { return uint64(e.Tab) }},
}

// halfLives are an hour and a day, in milliseconds.
var halfLives = [...]float64{3600e3, 24 * 3600e3}

// groupKey is the key of an exposure in group g.
func groupKey(g int, v *Video, e *Exposure) uint64 {
	a, b := groups[g].of(v, e)
	return key(g, a, b)
}

// rareStrength is how much more the rates of rare signals are drawn to the prior.
const rareStrength = 4

// writeRates writes what came of earlier exposures like this one.
func (k *known) writeRates(w *writer, v *Video, e *Exposure) {
	expected := k.expected(e)
	w.put("expected_long_view", logit(expected[0]))
	w.put("expected_click", logit(expected[1]))
	base := k.base()
	own := base
	for g := range groups {
		t := k.groups.get(groupKey(g, v, e))
		prior := &base
		if groups[g].own {
			prior = &own
		}
		rates := k.writeGroup(w, &groups[g], &t, &base, prior)
		if g == groupUser {
			own = rates
		}
	}
	k.writeFadings(w, e, &base)
}

func (k *known) writeGroup(w *writer, g *group, t *tally, base, prior *outcomes) (rates outcomes) {
	for i := range rates {
		rates[i] = t.rate(i, prior[i], g.strength)
	}
	w.prefix = g.name + "_"
	w.put("count", logCount(t.n))
	w.put("long_view", logit(rates[LongView]))
	w.put("click", logit(rates[Click]))
	w.put("share_played", rates[outShare])
	w.put("log_play", rates[outLogPlay])
	w.put("skip", rates[outSkip])
	w.put("long_view_lift", t.lift(0, g.strength/2))
	w.put("click_lift", t.lift(1, g.strength/2))
	if g.rare {
		for s := Like; s < numSignals; s++ {
			w.put(s.String(), logit(t.rate(int(s), base[s], rareStrength*g.strength)))
		}
	}
	w.prefix = ""
	return rates
}

const fadingStrength = 4

func (k *known) writeFadings(w *writer, e *Exposure, base *outcomes) {
	for i, f := range fadings {
		for j, halfLife := range halfLives {
			c := k.fadings[key(kindFading+i, f.of(e), uint64(j))].until(e.Time, halfLife)
			w.prefix = "fading_" + f.name + [...]string{"_hour_", "_day_"}[j]
			w.put("count", logCount(c.n))
			w.put("long_view", logit((c.long+fadingStrength*base[LongView])/(c.n+fadingStrength)))
			w.put("click", logit((c.click+fadingStrength*base[Click])/(c.n+fadingStrength)))
		}
	}
	w.prefix = ""
}

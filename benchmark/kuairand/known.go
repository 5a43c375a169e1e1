package kuairand

// known is what is known at a moment: all that features are made of.
type known struct {
	log      *Log
	all      tally
	groups   tallies // of the log so far, by groups and the profile's groups
	fadings  map[uint64]fading
	sessions map[int32]*session // by user
	past     past
	tastes   [numTastes]*machine

	noVideo Video
	noUser  User
	noPast  Past
	labels  []uint64 // of the row at hand
}

// know is what is known before the log begins.
func know(l *Log) *known {
	k := &known{log: l, groups: tallies{}, fadings: map[uint64]fading{}, sessions: map[int32]*session{}}
	k.noUser.Numbers = make([]float32, len(userNumbers))
	k.past = recall(l)
	k.learnPast()
	return k
}

func (k *known) video(id int32) *Video {
	if v := k.log.Videos[id]; v != nil {
		return v
	}
	return &k.noVideo
}

func (k *known) user(id int32) *User {
	if u := k.log.Users[id]; u != nil {
		return u
	}
	return &k.noUser
}

func (k *known) session(user int32) *session {
	s := k.sessions[user]
	if s == nil {
		s = &session{}
		k.sessions[user] = s
	}
	return s
}

// baseStrength is how many exposures the usual rates count for.
const baseStrength = 100

// base is the rates of all exposures.
func (k *known) base() (rates outcomes) {
	for i := range rates {
		rates[i] = k.all.rate(i, usual[i], baseStrength)
	}
	return rates
}

// expected is the chance of a long view and of a click by tab and duration
// alone. What is counted beside it tells what is due to user or video, whatever
// tab and duration they are usually met in.
func (k *known) expected(e *Exposure) (chance [2]float32) {
	both, alone := k.groups.get(groupKey(groupTabDuration, nil, e)), k.groups.get(groupKey(groupDuration, nil, e))
	for i := range chance {
		chance[i] = both.rate(i, alone.rate(i, k.all.rate(i, usual[i], baseStrength), 50), 30)
	}
	return chance
}

// write writes the features of an exposure.
func (k *known) write(w *writer, e *Exposure) {
	v, u := k.video(e.Video), k.user(e.User)
	k.writeRates(w, v, e)
	k.writeProfile(w, u)
	k.writePast(w, e)
	k.writeSession(w, e)
	k.writeRequest(w, v, e)
	k.writeTastes(w, e)
}

// observe learns what came of an exposure.
func (k *known) observe(e *Exposure) {
	o, expected := e.outcomes(), k.expected(e)
	v, u := k.video(e.Video), k.user(e.User)
	k.learnTastes(e)
	k.all.add(&o, expected, e.Time)
	for g := range groups {
		k.groups.at(groupKey(g, v, e)).add(&o, expected, e.Time)
	}
	for i, label := range u.Groups {
		k.groups.at(key(kindProfile+i, uint64(label), 0)).add(&o, expected, e.Time)
	}
	for i, f := range fadings {
		for j, halfLife := range halfLives {
			at := key(kindFading+i, f.of(e), uint64(j))
			c := k.fadings[at].until(e.Time, halfLife)
			k.fadings[at] = fading{c.n + 1, c.long + o[LongView], c.click + o[Click], e.Time}
		}
	}
	k.session(e.User).observe(e, &o, expected)
}

// profileStrength is the prior of the rates of a group of users.
const profileStrength = 10

// writeProfile writes the user's profile, and what came of exposures of users
// like this one.
func (k *known) writeProfile(w *writer, u *User) {
	base := k.base()
	for i, name := range userGroups {
		var t tally
		if len(u.Groups) > 0 {
			t = k.groups.get(key(kindProfile+i, uint64(u.Groups[i]), 0))
		}
		w.prefix = "profile_" + name + "_"
		w.put("long_view_lift", t.lift(0, profileStrength))
		w.put("click_lift", t.lift(1, profileStrength))
		w.put("like", logit(t.rate(int(Like), base[Like], rareStrength*profileStrength)))
		w.put("profile", logit(t.rate(int(Profile), base[Profile], rareStrength*profileStrength)))
	}
	w.prefix = "profile_"
	for i, name := range userNumbers {
		w.put(name, u.Numbers[i])
	}
	set := make([]float32, len(k.log.labels))
	for _, i := range u.Labels {
		set[i] = 1
	}
	for i, v := range set {
		w.put("label_"+string(rune('0'+i/10))+string(rune('0'+i%10)), v)
	}
	w.prefix = ""
}

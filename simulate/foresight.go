package simulate

import (
	"math"
	"slices"

	"github.com/reelrank/reelrank/reel"
)

// foresight is what can be known of a person's rest of the window.
type foresight struct {
	w        *World
	user     int // -1 for someone unknown
	person   *person
	now      int64
	mind     *mind
	trending *trending
	device   int
	position int
	random   float64   // probability of being shown by the random part of the policy
	chance   []float64 // per reel uploaded by now: probability of being shown
}

// enjoyment is the engagement to expect when reel r is shown.
func (f *foresight) enjoyment(r int32) Engagement {
	follows := false
	if f.user >= 0 {
		since, ever := f.w.follows[f.user][f.w.clips[r].creator]
		follows = ever && since < f.now
	}
	e := f.w.exposureOf(f.person, f.mind, r, f.position, f.device, f.trending.prominence(r), follows)
	return f.w.expect(f.person, &e)
}

// meet is the foresight of a person, before reels are looked at.
func (w *World) meet(user reel.UserID, now int64, ctx reel.Context) *foresight {
	f := &foresight{
		w: w, now: now, user: -1, person: w.stranger(ctx), mind: &mind{},
		trending: w.trends.at(w.trendHour(now)), position: int(w.p.SessionLength / 2),
	}
	if w.hasPerson(user) {
		f.user = int(user) - 1
		f.person, f.mind = &w.people[f.user], w.mindAt(f.user, w.dayOf(now))
	}
	f.device = f.person.device
	if i := slices.IndexFunc(w.devices, func(d device) bool { return d.name == ctx.Device }); i >= 0 {
		f.device = i
	}
	return f
}

func (w *World) hasPerson(user reel.UserID) bool {
	return user >= 1 && int64(user) <= int64(len(w.people))
}

// stranger is an average person of the place.
func (w *World) stranger(ctx reel.Context) *person {
	at := slices.IndexFunc(w.regions, func(r region) bool { return r.name == ctx.Place })
	return &person{region: max(at, 0), bilingual: true}
}

// foresee computes every reel's probability of being shown.
func (w *World) foresee(user reel.UserID, now int64, ctx reel.Context, exclude func(reel.ReelID) bool) *foresight {
	f := w.meet(user, now, ctx)
	f.chance = make([]float64, w.uploadedBy(now))
	barred := f.barred(exclude)
	left := max(0, w.p.End()-now)
	length := w.meanSession()
	further := float64(f.person.events) / length * float64(left) / float64(w.p.End()-w.p.Start)

	f.addTaste(barred, left, length, further)
	exposures := length * (1 + further)
	f.addTrending(barred, exposures*w.p.TrendingShare)
	f.addRandom(barred, exposures*(1-w.p.TasteShare-w.p.TrendingShare))
	return f
}

// barred is the set of reels that will not be shown, or may not be named.
func (f *foresight) barred(exclude func(reel.ReelID) bool) bitset {
	barred := newBitset(len(f.w.clips))
	if f.user >= 0 {
		for _, row := range f.w.rowsOf[f.user] {
			if it := &f.w.log[row]; it.Time < f.now {
				barred.add(int32(it.Reel) - 1)
			}
		}
	}
	if exclude == nil {
		return barred
	}
	for r := range int32(len(f.chance)) {
		if exclude(reelID(r)) {
			barred.add(r)
		}
	}
	return barred
}

// addTaste adds the exposures by taste: those of the present session, which
// is certain, of a Poisson number of further ones, and the strays of all of
// them into the other interests.
func (f *foresight) addTaste(barred bitset, left int64, length, further float64) {
	p := &f.w.p
	first, later := f.topicOutlook(int(math.Ceil(further)))
	perSession := length * p.TasteShare * inSessionTopic
	for i := range f.mind.interests {
		strays := length * (1 + further) * p.TasteShare * (1 - inSessionTopic) * f.mind.mix[i]
		var scenarios []scenario
		least, chances := poisson(further * later[i])
		for k, chance := range chances {
			sessions := float64(least + k)
			scenarios = append(scenarios,
				scenario{sessions*perSession + strays, chance * (1 - first[i])},
				scenario{(sessions+1)*perSession + strays, chance * first[i]})
		}
		f.addInterest(&f.mind.interests[i], barred, left, scenarios)
	}
}

// topicOutlook is the probability of each interest to be the topic of the
// present session, and its mean over the further ones. A session that began
// before now has shown its topic; one that begins now has not. Both are empty
// for someone unknown.
func (f *foresight) topicOutlook(further int) (first, later []float64) {
	w, m, held := f.w, f.mind, -1
	if f.user < 0 {
		return nil, nil
	}
	last, running := w.lastSession(f.user, f.now)
	if last != nil {
		held = m.position(last.topic)
	}
	keep := w.p.Stickiness
	if running {
		keep = 1
	}
	first, later = make([]float64, len(m.mix)), make([]float64, len(m.mix))
	for i, share := range m.mix {
		if held < 0 {
			first[i], later[i] = share, share
			continue
		}
		excess := -share // over the long-term share, fading with every session
		if i == held {
			excess++
		}
		excess *= keep
		first[i] = share + excess
		for range further {
			excess *= w.p.Stickiness
			later[i] += (share + excess) / float64(further)
		}
	}
	return first, later
}

// lastSession is the person's latest session that began before now, and
// whether it is still going on.
func (w *World) lastSession(u int, now int64) (last *sitting, running bool) {
	for _, i := range w.sittingsOf[u] {
		s := &w.sittings[i]
		if s.start >= now {
			break
		}
		last, running = s, s.end >= now
	}
	return last, running
}

// addInterest adds the exposures by taste in one topic. Freshness is taken at
// the middle of the time that is left, and the reels still to come are stood
// in for by those that came in the same time before now.
func (f *foresight) addInterest(in *interest, barred bitset, left int64, scenarios []scenario) {
	w, p := f.w, f.person
	var reels []int32
	var weights, rivals []float64
	for _, r := range w.inTopic[in.topic] {
		c := &w.clips[r]
		if c.uploaded > f.now {
			break
		}
		if f.now-c.uploaded < left/2 {
			rivals = append(rivals, w.appeal(p, in, c, f.now))
		}
		if !barred.has(r) {
			reels = append(reels, r)
			weights = append(weights, w.appeal(p, in, c, f.now+left/2))
		}
	}
	for i, chance := range inclusion(weights, rivals, scenarios) {
		f.chance[reels[i]] = chance
	}
}

// addTrending adds the exposures by the trending list, as it stands now.
func (f *foresight) addTrending(barred bitset, draws float64) {
	var reels []int32
	var weights []float64
	for i, r := range f.trending.reels {
		if !barred.has(r) {
			reels = append(reels, r)
			weights = append(weights, f.trending.weights[i])
		}
	}
	for i, chance := range inclusion(weights, nil, []scenario{{draws, 1}}) {
		r := reels[i]
		f.chance[r] = 1 - (1-f.chance[r])*(1-chance)
	}
}

// addRandom adds the exposures by chance, which any reel may get.
func (f *foresight) addRandom(barred bitset, draws float64) {
	f.random = -math.Expm1(-draws / float64(max(1, len(f.chance))))
	for r := range f.chance {
		if barred.has(int32(r)) {
			f.chance[r] = 0
			continue
		}
		f.chance[r] = 1 - (1-f.chance[r])*(1-f.random)
	}
}

// likely lists the reels with more than a random exposure to expect, the most
// likely first. Taking them first spares the engagement of nearly all others.
func (f *foresight) likely() []int32 {
	var order []int32
	for r, v := range f.chance {
		if v > 2*f.random {
			order = append(order, int32(r))
		}
	}
	slices.SortFunc(order, func(a, b int32) int { return descending(f.chance[a], f.chance[b], a, b) })
	return order
}

// meanSession is the mean length of a session: geometric, cut at MaxSession.
func (w *World) meanSession() float64 {
	m := w.p.SessionLength
	return m * (1 - math.Pow(1-1/m, MaxSession))
}

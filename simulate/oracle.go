package simulate

import (
	"math"
	"slices"

	"github.com/reelrank/reelrank/reel"
)

// Oracle knows everyone's true taste and the app's logging policy, but not
// the dice that are still to be rolled. Its ranking is close to the best that
// anyone could make of the evaluation's question: which reels will this
// person enjoy in what is left of the window? Safe for concurrent use.
type Oracle struct{ w *World }

// Oracle returns the oracle of the world.
func (w *World) Oracle() *Oracle { return &Oracle{w} }

// Recommend returns the k best reels uploaded by now that exclude (may be
// nil) does not name, best first: by the probability that the person is shown
// the reel between now and the end of the window and enjoys it. An unknown
// person is ranked for by the trending list.
func (o *Oracle) Recommend(user reel.UserID, now int64, ctx reel.Context, exclude func(reel.ReelID) bool, k int) []reel.ReelID {
	f := o.w.foresee(user, now, ctx, exclude)
	order := make([]int32, 0, len(f.chance))
	for r, v := range f.chance {
		if v > 0 {
			order = append(order, int32(r))
		}
	}
	slices.SortFunc(order, func(a, b int32) int { return descending(f.chance[a], f.chance[b], a, b) })

	type scored struct {
		r     int32
		score float64
	}
	var best []scored
	for _, r := range order {
		// An enjoyed exposure is no likelier than an exposure.
		if len(best) == k && (k == 0 || f.chance[r] <= best[k-1].score) {
			break
		}
		best = append(best, scored{r, f.chance[r] * f.enjoyment(r).Positive})
		slices.SortFunc(best, func(a, b scored) int { return descending(a.score, b.score, a.r, b.r) })
		best = best[:min(k, len(best))]
	}
	ids := make([]reel.ReelID, len(best))
	for i, b := range best {
		ids[i] = reelID(b.r)
	}
	return ids
}

// TrueScores returns the scores by which Recommend ranks: at index id-1, the
// probability that the reel will be shown and enjoyed between now and the end
// of the window. It covers the reels uploaded by now.
func (o *Oracle) TrueScores(user reel.UserID, now int64, ctx reel.Context, exclude func(reel.ReelID) bool) []float64 {
	f := o.w.foresee(user, now, ctx, exclude)
	for r, v := range f.chance {
		if v > 0 {
			f.chance[r] = v * f.enjoyment(int32(r)).Positive
		}
	}
	return f.chance
}

// ExpectedEngagement is what to expect of showing the reel to the person at
// this time and in this context. ok is false when the world has no such
// person or reel.
func (o *Oracle) ExpectedEngagement(user reel.UserID, id reel.ReelID, now int64, ctx reel.Context) (e Engagement, ok bool) {
	w := o.w
	if !w.hasPerson(user) || id < 1 || int(id) > len(w.clips) {
		return Engagement{}, false
	}
	f := foresight{w: w, now: now, user: int(user) - 1, mind: w.mindAt(int(user)-1, w.dayOf(now))}
	f.device, f.position, f.trending = w.deviceOf(ctx, f.user), ctx.Position, w.trendingAt(now)
	return f.enjoyment(int32(id) - 1), true
}

func (w *World) hasPerson(user reel.UserID) bool {
	return user >= 1 && int64(user) <= int64(len(w.people))
}

// deviceOf is the device of the context, or the person's usual one.
func (w *World) deviceOf(ctx reel.Context, u int) int {
	if i := slices.IndexFunc(w.devices, func(d device) bool { return d.name == ctx.Device }); i >= 0 {
		return i
	}
	return w.people[u].device
}

// descending orders by score, then by index.
func descending(a, b float64, ia, ib int32) int {
	switch {
	case a > b:
		return -1
	case a < b:
		return 1
	}
	return int(ia - ib)
}

// foresight is what can be known of a person's rest of the window.
type foresight struct {
	w        *World
	user     int
	now      int64
	mind     *mind
	trending *trending
	device   int
	position int
	chance   []float64 // per reel uploaded by now: probability of being shown
}

// enjoyment is the engagement to expect when reel r is shown.
func (f *foresight) enjoyment(r int32) Engagement {
	p := &f.w.people[f.user]
	since, follows := f.w.follows[f.user][f.w.clips[r].creator]
	e := f.w.exposureOf(p, f.mind, r, f.position, f.device, f.trending.prominence(r), follows && since < f.now)
	return f.w.expect(p, &e)
}

// foresee computes every reel's probability of being shown.
func (w *World) foresee(user reel.UserID, now int64, ctx reel.Context, exclude func(reel.ReelID) bool) *foresight {
	f := &foresight{w: w, now: now, trending: w.trendingAt(now), position: int(w.p.SessionLength / 2)}
	f.chance = make([]float64, w.uploadedBy(now))
	barred := newBitset(len(f.chance))
	if exclude != nil {
		for r := range f.chance {
			if exclude(reelID(int32(r))) {
				barred.add(int32(r))
			}
		}
	}
	if !w.hasPerson(user) {
		f.user, f.mind = 0, &mind{} // nobody: no interests, so only what trends
		f.addTrending(barred, w.p.SessionLength*w.p.TrendingShare)
		return f
	}
	f.user = int(user) - 1
	f.mind = w.mindAt(f.user, w.dayOf(now))
	f.device = w.deviceOf(ctx, f.user)
	f.look(barred)
	return f
}

// look adds up the ways in which reels will be shown.
func (f *foresight) look(barred bitset) {
	w, p := f.w, &f.w.people[f.user]
	length := w.meanSession()
	left := max(0, w.p.End()-f.now)
	further := float64(p.events) / length * float64(left) / float64(w.p.End()-w.p.Start)
	exposures := length * (1 + further)

	first, later := f.topicOutlook(int(math.Ceil(further)))
	for i := range f.mind.interests {
		stray := exposures * w.p.TasteShare * (1 - inSessionTopic) * f.mind.mix[i]
		var scenarios []scenario
		for k, chance := range poisson(further * later[i]) {
			for now, chanceNow := range [2]float64{1 - first[i], first[i]} {
				draws := float64(k+now)*length*w.p.TasteShare*inSessionTopic + stray
				scenarios = append(scenarios, scenario{draws, chance * chanceNow})
			}
		}
		f.addInterest(&f.mind.interests[i], barred, left, scenarios)
	}
	f.addTrending(barred, exposures*w.p.TrendingShare)
	any := exposures * (1 - w.p.TasteShare - w.p.TrendingShare) / float64(len(f.chance))
	for r := range f.chance {
		if barred.has(int32(r)) {
			f.chance[r] = 0
			continue
		}
		f.chance[r] = 1 - (1-f.chance[r])*math.Exp(-any)
	}
}

// topicOutlook is the probability of each interest to be the topic of the
// present session, and its mean over the further ones. A session that began
// before now has shown its topic; one that begins now has not.
func (f *foresight) topicOutlook(further int) (first, later []float64) {
	w, m := f.w, f.mind
	last, running := w.lastSession(f.user, f.now)
	held := -1
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
	w, p := f.w, &f.w.people[f.user]
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

// meanSession is the mean length of a session: geometric, cut at MaxSession.
func (w *World) meanSession() float64 {
	m := w.p.SessionLength
	return m * (1 - math.Pow(1-1/m, MaxSession))
}

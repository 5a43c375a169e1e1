package feature

import (
	"math"

	"github.com/reelrank/reelrank/catalog"
	"github.com/reelrank/reelrank/reel"
)

// FreshSeconds is the age up to which the context calls a reel fresh. It is
// part of the feature's definition, apart from the fresh source's setting.
const FreshSeconds = 72 * secondsPerHour

// ContextBuilder writes the contexts of candidates: Start once per request,
// then FillAll for its candidates, or Fill for each. It belongs to one goroutine
// at a time; Fork makes another one cheaply. After the first requests it does
// not allocate.
type ContextBuilder struct {
	cat      *catalog.Catalog
	counters *catalog.Counters
	counts   []catalog.Counts // of the reels that FillAll writes

	// Of the request, set by Start.
	now      int64
	profile  *reel.Profile
	shared   [ctxCross]float32 // the slots that all candidates share
	expected expectation       // of any exposure
	user     userRecent
	place    int32 // region that the request comes from, as in catalog.Facts
}

// userRecent is what the recent events of a user come to.
type userRecent struct {
	events       int
	own          expectation // of an exposure of this user
	creators     affinities
	categories   affinities
	languages    counts
	regions      counts
	lastCategory int32
	enjoyedLog   float64 // mean ln(1 + seconds) over the reels enjoyed; NaN for none
}

// NewContextBuilder returns a builder over a catalogue and its counters. It
// holds nothing of theirs: whatever becomes of the reels shows in the next
// context.
func NewContextBuilder(cat *catalog.Catalog, counters *catalog.Counters) *ContextBuilder {
	return &ContextBuilder{cat: cat, counters: counters}
}

// Fork returns a builder for another goroutine, in O(1).
func (b *ContextBuilder) Fork() *ContextBuilder { return NewContextBuilder(b.cat, b.counters) }

// Start begins a request at now (unix seconds) by the user of the profile,
// which is nil for an unknown user and must not change until the last Fill.
// Profile and counters hold what happened before now and nothing else: to
// train, call Start and Fill before Profile.Apply and Counters.Observe of
// the interaction itself.
func (b *ContextBuilder) Start(now int64, ctx reel.Context, p *reel.Profile) {
	if p == nil {
		p = &reel.Profile{}
	}
	b.now, b.profile = now, p
	b.shared = [ctxCross]float32{}
	all := tallyOf(b.counters.All())
	b.expected = expect(&all, nil, 0)
	b.place, _ = b.cat.RegionIndex(ctx.Place) // unknown where no reel is from there
	b.writeRequest(ctx)
	b.writeUser(ctx.Session)
}

func (b *ContextBuilder) writeRequest(ctx reel.Context) {
	s := b.shared[:]
	now := max(b.now, 0)
	s[ctxHourSin], s[ctxHourCos] = turn(now%secondsPerDay, secondsPerDay)
	s[ctxNight+now%secondsPerDay/(6*secondsPerHour)] = 1
	s[ctxWeekSin], s[ctxWeekCos] = turn(secondOfWeek(now), secondsPerWeek)
	s[ctxWeekend] = flag(isWeekend(now))
	if ctx.Device != "" {
		s[ctxDevice+bucket(ctx.Device, deviceBuckets)] = 1
	}
	if ctx.Place != "" {
		s[ctxPlace+bucket(ctx.Place, placeBuckets)] = 1
	}
	s[ctxLogSessionPosition] = clip(log1p(float64(ctx.Position))/2, MaxContext)
}

// writeUser sums up the recent events and writes the user's slots.
func (b *ContextBuilder) writeUser(session int64) {
	recent := b.profile.Recent
	total, sameSession := b.sumRecent(session)

	s := b.shared[:]
	b.user.own = expect(&total, &b.expected, userStrength)
	b.expected.lifts(s[ctxUserLifts:], &total, userStrength)
	s[ctxLogHistory] = clip(log1p(float64(b.profile.Total))/3, MaxContext)
	s[ctxLogFollows] = clip(log1p(float64(len(b.profile.Follows)))/3, MaxContext)
	s[ctxLogSessionEvents] = clip(log1p(float64(sameSession))/2, MaxContext)
	if len(recent) > 0 {
		s[ctxHasHistory] = 1
		s[ctxLogUserGap] = clip((log1p(float64(b.now-recent[len(recent)-1].Time))-7)/3, MaxContext)
	}
}

// sumRecent fills b.user and returns the sums over all recent events and the
// number of those in the session.
func (b *ContextBuilder) sumRecent(session int64) (total tally, sameSession int) {
	u := &b.user
	u.events = len(b.profile.Recent)
	u.creators.reset()
	u.categories.reset()
	u.languages.reset()
	u.regions.reset()
	u.lastCategory = catalog.UnknownLabel
	var enjoyed, enjoyedLog float64
	for k := range b.profile.Recent {
		it := &b.profile.Recent[k]
		total.add(it)
		if session != 0 && it.Context.Session == session {
			sameSession++
		}
		duration := b.addRecent(it)
		if !it.Positive() {
			continue
		}
		if seconds := logDuration(duration); !math.IsNaN(seconds) {
			enjoyed++
			enjoyedLog += seconds
		}
	}
	u.enjoyedLog = math.NaN()
	if enjoyed > 0 {
		u.enjoyedLog = enjoyedLog / enjoyed
	}
	return total, sameSession
}

// addRecent groups one event by what its reel is, and returns the reel's
// duration in seconds. A reel that left the catalogue still
// counts for its creator.
func (b *ContextBuilder) addRecent(it *reel.Interaction) (duration float32) {
	u := &b.user
	i, known := b.cat.Index(it.Reel)
	if !known {
		u.lastCategory = catalog.UnknownLabel
		if creator, ok := b.cat.CreatorIndex(it.Creator); ok {
			u.creators.add(creator, it)
		}
		return it.Duration
	}
	f := b.cat.Facts(i)
	u.lastCategory = f.Category
	u.creators.add(f.CreatorIndex, it)
	if f.Category != catalog.UnknownLabel {
		u.categories.add(f.Category, it)
	}
	u.languages.add(f.Language)
	u.regions.add(f.Region)
	return f.Duration
}

// logDuration is ln(1 + seconds), NaN for a duration that is not known. It is
// rounded to a float32, which is what models were trained with.
func logDuration(seconds float32) float64 {
	if !(seconds > 0) || math.IsInf(float64(seconds), 0) {
		return math.NaN()
	}
	return float64(float32(log1p(float64(seconds))))
}

// Fill writes the context of the reel at dense index i of the catalogue into
// dst, [ContextDim], as of Start. The caller writes dst[TowerDot].
func (b *ContextBuilder) Fill(dst []float32, i int32) {
	b.FillAll(dst[:ContextDim], []int32{i})
}

// FillAll is Fill for many reels, dst [len(reels), ContextDim], which reads
// the counters once.
func (b *ContextBuilder) FillAll(dst []float32, reels []int32) {
	if len(b.counts) < len(reels) {
		b.counts = make([]catalog.Counts, len(reels))
	}
	b.counters.Read(b.counts, reels, b.now)
	for k, i := range reels {
		row, f := dst[k*ContextDim:][:ContextDim], b.cat.Facts(i)
		copy(row, b.shared[:])
		b.fillCross(row, &f)
		b.fillAge(row, f.Uploaded)
		b.fillCounts(row, &b.counts[k])
	}
}

// fillCross writes what this user and this reel have to do with each other.
func (b *ContextBuilder) fillCross(dst []float32, f *catalog.Facts) {
	u := &b.user
	b.fillAffinity(dst[ctxCreator:][:affinitySlots], u.creators.find(f.CreatorIndex))
	b.fillAffinity(dst[ctxCategory:][:affinitySlots], u.categories.find(f.Category))
	dst[ctxSameCategory] = flag(f.Category != catalog.UnknownLabel && f.Category == u.lastCategory)
	dst[ctxFollows] = flag(b.profile.IsFollowing(f.Creator))
	dst[ctxSeen] = flag(b.profile.HasSeen(f.Reel))
	gap := clip(logDuration(f.Duration)-u.enjoyedLog, MaxContext) // 0 when either is NaN
	dst[ctxDurationGap], dst[ctxDurationApart] = gap, max(gap, -gap)
	dst[ctxLanguageShare] = u.languages.share(f.Language, u.events)
	dst[ctxRegionShare] = u.regions.share(f.Region, u.events)
	dst[ctxRegionIsPlace] = flag(b.place != catalog.UnknownLabel && b.place == f.Region)
}

func (b *ContextBuilder) fillAffinity(dst []float32, a *affinity) {
	if a == nil {
		clear(dst)
		return
	}
	minutes := float64(b.now-a.last) / 60
	dst[affinityShare] = float32(a.exposures / float64(b.user.events))
	dst[affinityPositive] = b.user.own.lift(&a.tally, ratePositive, affinityStrength)
	dst[affinityWatch] = b.user.own.lift(&a.tally, rateWatch, affinityStrength)
	dst[affinityRecency] = float32(1 / (1 + log1p(minutes)))
}

func (b *ContextBuilder) fillAge(dst []float32, uploaded int64) {
	dst[ctxLogAge], dst[ctxFresh] = 0, 0
	if uploaded <= 0 {
		return
	}
	seconds := max(b.now-uploaded, 0)
	dst[ctxLogAge] = clip((log1p(float64(seconds)/secondsPerHour)-5)/2, MaxContext)
	dst[ctxFresh] = flag(seconds <= FreshSeconds)
}

// fillCounts writes what everybody did with the reel and its creator so far.
func (b *ContextBuilder) fillCounts(dst []float32, c *catalog.Counts) {
	dst[ctxLogTrend] = clip(log1p(float64(c.Trend))/2, MaxContext)
	t := tallyOf(c.Reel)
	dst[ctxLogImpressions] = clip(log1p(t.exposures)/3, MaxContext)
	b.expected.lifts(dst[ctxReelLifts:], &t, reelStrength)
	t = tallyOf(c.Creator)
	dst[ctxCreatorLogImpressions] = clip(log1p(t.exposures)/3, MaxContext)
	b.expected.lifts(dst[ctxCreatorLifts:], &t, creatorStrength)
}

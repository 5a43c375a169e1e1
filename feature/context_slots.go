package feature

import "fmt"

// TowerDot is the slot of a context that Fill leaves at zero: the dot product
// of the user's and the reel's tower vectors, which the caller writes.
const TowerDot = 0

// The slots that are the same for all candidates of a request: those from
// SharedAt up to CandidateAt. What is behind, and TowerDot, is the candidate's own.
const (
	SharedAt    = TowerDot + 1
	CandidateAt = ctxCross
)

// Slots of the context.
const (
	_ = iota // TowerDot

	// The request.
	ctxHourSin
	ctxHourCos
	ctxNight
	ctxMorning
	ctxAfternoon
	ctxEvening
	ctxWeekSin
	ctxWeekCos
	ctxWeekend
	ctxDevice
	ctxPlace              = ctxDevice + deviceBuckets
	ctxLogSessionPosition = ctxPlace + placeBuckets

	// The user.
	ctxHasHistory       = ctxLogSessionPosition + 1
	ctxLogUserGap       = ctxHasHistory + 1
	ctxLogHistory       = ctxHasHistory + 2
	ctxLogFollows       = ctxHasHistory + 3
	ctxLogSessionEvents = ctxHasHistory + 4
	ctxUserLifts        = ctxHasHistory + 5 // numRates slots

	// The user and the reel.
	ctxCross         = ctxUserLifts + numRates
	ctxCreator       = ctxCross // affinitySlots slots
	ctxCategory      = ctxCreator + affinitySlots
	ctxSameCategory  = ctxCategory + affinitySlots
	ctxFollows       = ctxSameCategory + 1
	ctxSeen          = ctxSameCategory + 2
	ctxDurationGap   = ctxSameCategory + 3
	ctxDurationApart = ctxSameCategory + 4
	ctxLanguageShare = ctxSameCategory + 5
	ctxRegionShare   = ctxSameCategory + 6
	ctxRegionIsPlace = ctxSameCategory + 7

	// The reel and its creator.
	ctxLogAge                = ctxRegionIsPlace + 1
	ctxFresh                 = ctxLogAge + 1
	ctxLogTrend              = ctxLogAge + 2
	ctxLogImpressions        = ctxLogAge + 3
	ctxReelLifts             = ctxLogAge + 4 // numRates slots
	ctxCreatorLogImpressions = ctxReelLifts + numRates
	ctxCreatorLifts          = ctxCreatorLogImpressions + 1 // numRates slots
	ctxEnd                   = ctxCreatorLifts + numRates
)

// The tables are full: one slot more or less does not compile.
var (
	_ = [1]struct{}{}[ctxEnd-ContextDim]
	_ = [1]struct{}{}[metaEvent+EventDim-MetaDim]
	_ = [1]struct{}{}[metaUploadKnown-metaDuration-len(durationEdges)-1]
)

const (
	deviceBuckets = 4
	placeBuckets  = 8
)

// Slots of an affinity, counted from its first.
const (
	affinityShare = iota
	affinityPositive
	affinityWatch
	affinityRecency
	affinitySlots
)

// ContextSlots names the 64 numbers of a context. A lift is the logarithm of
// a smoothed rate over the rate that was to be expected: 0 where nothing is
// known. Read-only.
var ContextSlots = contextSlots()

func contextSlots() [ContextDim]Slot {
	s := [ContextDim]Slot{
		TowerDot: {"tower_dot", "dot product of the user's and the reel's tower vectors; the caller writes it"},

		ctxHourSin:            {"hour_sin", "sine of the time of day (UTC, a turn a day)"},
		ctxHourCos:            {"hour_cos", "cosine of the same"},
		ctxNight:              {"hour_night", "1 from 0 to 6 o'clock (UTC)"},
		ctxMorning:            {"hour_morning", "1 from 6 to 12 o'clock (UTC)"},
		ctxAfternoon:          {"hour_afternoon", "1 from 12 to 18 o'clock (UTC)"},
		ctxEvening:            {"hour_evening", "1 from 18 to 24 o'clock (UTC)"},
		ctxWeekSin:            {"week_sin", "sine of the time of week (UTC, a turn a week from Sunday)"},
		ctxWeekCos:            {"week_cos", "cosine of the same"},
		ctxWeekend:            {"weekend", "1 on Saturday and Sunday (UTC)"},
		ctxLogSessionPosition: {"log_session_position", "ln(1 + position of the exposure in the session) / 2"},

		ctxHasHistory:       {"has_history", "1 when the user has a history"},
		ctxLogUserGap:       {"log_user_gap", "(ln(1 + seconds since the user's last event) - 7) / 3; 0 without history"},
		ctxLogHistory:       {"log_history", "ln(1 + interactions of the user) / 3"},
		ctxLogFollows:       {"log_follows", "ln(1 + creators the user follows) / 3"},
		ctxLogSessionEvents: {"log_session_events", "ln(1 + recent events of the same session) / 2"},

		ctxSameCategory:  {"same_category_as_last", "1 when the user's last event was of this category"},
		ctxFollows:       {"follows_creator", "1 when the user follows the creator"},
		ctxSeen:          {"seen", "1 when the reel was shown to the user before"},
		ctxDurationGap:   {"duration_gap", "ln(1 + seconds) of the reel less its mean over the recent reels enjoyed; 0 when unknown"},
		ctxDurationApart: {"duration_apart", "the same without its sign"},
		ctxLanguageShare: {"language_share", "share of the recent events whose reel is in this reel's language"},
		ctxRegionShare:   {"region_share", "share of the recent events whose reel is from this reel's region"},
		ctxRegionIsPlace: {"region_is_place", "1 when the reel's region is the place of the request"},

		ctxLogAge:                {"log_age", "(ln(1 + hours since the upload) - 5) / 2; 0 when unknown"},
		ctxFresh:                 {"fresh", "1 in the first 72 hours after the upload"},
		ctxLogTrend:              {"log_trend", "ln(1 + decayed count of positive engagements) / 2"},
		ctxLogImpressions:        {"log_impressions", "ln(1 + impressions of the reel) / 3"},
		ctxCreatorLogImpressions: {"creator_log_impressions", "ln(1 + impressions of the creator's reels) / 3"},
	}
	nameHashes(s[ctxDevice:], "device", deviceBuckets)
	nameHashes(s[ctxPlace:], "place", placeBuckets)
	nameLifts(s[ctxUserLifts:], "user", "the user's recent events over all users")
	nameLifts(s[ctxReelLifts:], "reel", "the reel over all reels")
	nameLifts(s[ctxCreatorLifts:], "creator", "the creator's reels over all reels")
	nameAffinity(s[ctxCreator:], "creator")
	nameAffinity(s[ctxCategory:], "category")
	return s
}

func nameHashes(slots []Slot, what string, buckets int) {
	for i := range buckets {
		slots[i] = Slot{fmt.Sprintf("%s_%d", what, i),
			fmt.Sprintf("1 when the hash of the request's %s falls into bucket %d of %d; all 0 when unknown", what, i, buckets)}
	}
}

func nameLifts(slots []Slot, who, of string) {
	for r, name := range rateNames {
		slots[r] = Slot{who + "_" + name + "_lift", fmt.Sprintf("lift of the %s rate of %s", name, of)}
	}
}

func nameAffinity(slots []Slot, what string) {
	slots[affinityShare] = Slot{what + "_share", "share of the user's recent events with this " + what}
	slots[affinityPositive] = Slot{what + "_affinity_positive", "lift of the user's positive rate with this " + what + " over the user's own"}
	slots[affinityWatch] = Slot{what + "_affinity_watch", "lift of the user's mean watch time with this " + what + " over the user's own"}
	slots[affinityRecency] = Slot{what + "_recency", "1 / (1 + ln(1 + minutes since the user's last event with this " + what + ")); 0 for never"}
}

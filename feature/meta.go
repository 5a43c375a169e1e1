package feature

// Slots of the metadata. The three label blocks hold, in this order, the
// labels that were most frequent at fit, buckets into which the other labels
// are hashed, and one slot for a label that is not known.
const (
	metaVideo = iota
	metaAudio
	metaText
	metaDurationKnown
	metaLogDuration
	metaDuration // one slot per bucket of durationEdges, and one above
	_
	_
	_
	_
	metaUploadKnown
	metaUploadHourSin
	metaUploadHourCos
	metaUploadWeekSin
	metaUploadWeekCos
	metaUploadWeekend
	metaLogCaption
	metaLogHashtags
	metaLogCreatorReels
	metaCategory
	metaLanguage = metaCategory + categoryFitted + categoryHashed + 1
	metaRegion   = metaLanguage + languageFitted + languageHashed + 1
	metaEvent    = metaRegion + regionFitted + regionHashed + 1
)

// Slots of an event, counted from EventAt.
const (
	eventWatch = iota
	eventWatchObserved
	eventLiked
	eventShared
	eventFollowed
	eventRejected
	eventLogGap
	eventLogSeconds
)

// Sizes of the label blocks.
const (
	categoryFitted, categoryHashed = 19, 4
	languageFitted, languageHashed = 4, 2
	regionFitted, regionHashed     = 4, 1
)

// durationEdges are the upper ends of the duration buckets in seconds; the
// last bucket has none.
var durationEdges = [...]float32{7, 15, 30, 60}

// MetaSlots names the 64 metadata features, which are the numbers from MetaAt
// of a reel's vector. None of them depends on interactions, except for the
// last EventDim, which Event writes. Read-only.
var MetaSlots = metaSlots()

func metaSlots() [MetaDim]Slot {
	s := [MetaDim]Slot{
		metaVideo:           {"has_video", "1 when the reel has a video vector"},
		metaAudio:           {"has_audio", "1 when the reel has an audio vector"},
		metaText:            {"has_text", "1 when the reel has a text vector"},
		metaDurationKnown:   {"duration_known", "1 when the duration is known"},
		metaLogDuration:     {"log_duration", "ln(1 + seconds), standardised; the median when unknown"},
		metaDuration:        {"duration_to_7s", "1 for a duration up to 7 s"},
		metaDuration + 1:    {"duration_to_15s", "1 for a duration above 7 s, up to 15 s"},
		metaDuration + 2:    {"duration_to_30s", "1 for a duration above 15 s, up to 30 s"},
		metaDuration + 3:    {"duration_to_60s", "1 for a duration above 30 s, up to 60 s"},
		metaDuration + 4:    {"duration_over_60s", "1 for a duration above 60 s"},
		metaUploadKnown:     {"upload_known", "1 when the upload time is known"},
		metaUploadHourSin:   {"upload_hour_sin", "sine of the upload's time of day (UTC, a turn a day)"},
		metaUploadHourCos:   {"upload_hour_cos", "cosine of the same"},
		metaUploadWeekSin:   {"upload_week_sin", "sine of the upload's time of week (UTC, a turn a week from Sunday)"},
		metaUploadWeekCos:   {"upload_week_cos", "cosine of the same"},
		metaUploadWeekend:   {"upload_weekend", "1 when uploaded on a Saturday or Sunday (UTC)"},
		metaLogCaption:      {"log_caption_length", "ln(1 + bytes of the caption), standardised"},
		metaLogHashtags:     {"log_hashtags", "ln(1 + number signs in the caption), standardised"},
		metaLogCreatorReels: {"log_creator_reels", "ln(1 + reels of the creator at fit, at least 1), standardised"},

		metaEvent + eventWatch:         {"event_watch", "share of the reel watched, 0..1"},
		metaEvent + eventWatchObserved: {"event_watch_observed", "1 when the watch time was observed"},
		metaEvent + eventLiked:         {"event_liked", "1 when liked or saved"},
		metaEvent + eventShared:        {"event_shared", "1 when shared or commented on"},
		metaEvent + eventFollowed:      {"event_followed", "1 when the creator was followed"},
		metaEvent + eventRejected:      {"event_rejected", "1 when skipped or marked as not interesting"},
		metaEvent + eventLogGap:        {"event_log_gap", "ln(1 + seconds since the previous event of the history) / 8; 0 for the first"},
		metaEvent + eventLogSeconds:    {"event_log_seconds", "ln(1 + seconds watched) / 3"},
	}
	for _, b := range labelBlocks {
		b.name(s[:])
	}
	return s
}

package feature

import "math"

const (
	secondsPerHour = 3600
	secondsPerDay  = 24 * secondsPerHour
	secondsPerWeek = 7 * secondsPerDay
	// epochWeekday is the weekday of 1970-01-01, a Thursday, from Sunday = 0.
	epochWeekday = 4
)

// secondOfWeek counts from Sunday 00:00 UTC, for any time from 1970 on.
func secondOfWeek(unix int64) int64 {
	return (unix + epochWeekday*secondsPerDay) % secondsPerWeek
}

// turn returns the sine and cosine of the position within a period.
func turn(position, period int64) (sin, cos float32) {
	s, c := math.Sincos(2 * math.Pi * float64(position) / float64(period))
	return float32(s), float32(c)
}

func isWeekend(unix int64) bool {
	day := secondOfWeek(unix) / secondsPerDay
	return day == 0 || day == 6
}

// log1p is ln(1 + x) of a count or a gap; a negative one counts as none.
// math.Log1p is more exact near 0, which nothing here needs, and slower.
func log1p(x float64) float64 { return math.Log(1 + max(x, 0)) }

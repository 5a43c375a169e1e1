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
// Its error for x near 0 does not matter here.
func log1p(x float64) float64 { return ln(1 + max(x, 0)) }

// ln is the natural logarithm of a positive normal number, to 2e-11: with
// x = 2^k m, m in [√½, √2), ln x = k ln 2 + 2 artanh s, s = (m-1)/(m+1), and
// the series of artanh up to s^11. NaN and infinity are their own. A context
// takes some twenty logarithms, and math.Log is twice as slow for digits that
// a float32 drops.
func ln(x float64) float64 {
	const sqrtHalf = 0x3fe6a09e667f3bcd // bits of √½
	if !(x <= math.MaxFloat64) {
		return x
	}
	bits := math.Float64bits(x)
	k := int64(bits-sqrtHalf) >> 52
	m := math.Float64frombits(bits - uint64(k)<<52)
	s := (m - 1) / (m + 1)
	z := s * s
	high := 2.0/7 + z*(2.0/9+z*(2.0/11))
	return float64(k)*math.Ln2 + s*(2+z*(2.0/3+z*(2.0/5+z*high)))
}

package dataset

import (
	"math"
	"strconv"
	"strings"

	"github.com/reelrank/reelrank/reel"
)

// The reasons for which a cell is rejected. They hold no value, so that the
// report can count them.
const (
	reasonMissing   = "missing"
	reasonID        = "not a whole number from 0 to 9223372036854775807"
	reasonNumber    = "not a finite number"
	reasonShare     = "not within 0..1 (the share of the duration that was watched)"
	reasonFlag      = "not one of 0, 1, true, false"
	reasonDuration  = "not within 0..86400 seconds"
	reasonTime      = "not within the years 1970..2100 in unix seconds or milliseconds"
	reasonMask      = "not a whole number from 0 to 255"
	reasonPosition  = "not a whole number from 0 to 2147483647"
	reasonAgeRating = "not a whole number of years from 0 to 21"
	reasonText      = "longer than 1024 bytes"
)

const (
	maxText    = 1024            // bytes of a device, place, category, language or region
	maxCaption = 64 << 10        // bytes of a caption
	fromMillis = 100_000_000_000 // a timestamp from here on counts milliseconds: in seconds it would be the year 5138
)

// cells reads the columns of one record. The first cell that cannot be read is
// kept in column and reason; what is read after it is of no use.
type cells struct {
	rec    *record
	column int
	reason string // empty: all fine
	millis bool   // a timestamp was in milliseconds
	names  interner
}

func (c *cells) start(rec *record) {
	c.rec, c.reason, c.millis = rec, "", false
}

func (c *cells) fail(column int, reason string) {
	if c.reason == "" {
		c.column, c.reason = column, reason
	}
}

func (c *cells) has(column int) bool { return len(c.rec.cells[column]) > 0 }

// id reads a required id.
func (c *cells) id(column int) int64 {
	cell := c.rec.cells[column]
	if len(cell) == 0 {
		c.fail(column, reasonMissing)
		return 0
	}
	id, err := reel.ParseID(string(cell))
	if err != nil {
		c.fail(column, reasonID)
	}
	return id
}

// whole reads an optional whole number from 0 to most.
func (c *cells) whole(column int, most int64, reason string) int64 {
	if !c.has(column) {
		return 0
	}
	v, err := reel.ParseID(string(c.rec.cells[column]))
	if err != nil || v > most {
		c.fail(column, reason)
	}
	return v
}

// number reads an optional finite number within lo..hi, 0 when it is absent.
func (c *cells) number(column int, lo, hi float64, reason string) float64 {
	if !c.has(column) {
		return 0
	}
	v, ok := parseNumber(c.rec.cells[column])
	switch {
	case !ok:
		c.fail(column, reasonNumber)
	case v < lo || v > hi:
		c.fail(column, reason)
	}
	return v
}

// parseNumber reads a decimal number. It is stricter than strconv, which also
// takes "NaN", "Inf", hexadecimal and underscores.
func parseNumber(b []byte) (float64, bool) {
	for _, ch := range b {
		if (ch < '0' || ch > '9') && ch != '.' && ch != '-' && ch != '+' && ch != 'e' && ch != 'E' {
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(string(b), 64)
	return v, err == nil && !math.IsInf(v, 0)
}

// flag reads an optional flag: what it says, and whether it is there.
func (c *cells) flag(column int) (set, observed bool) {
	cell := c.rec.cells[column]
	switch {
	case len(cell) == 0:
		return false, false
	case len(cell) == 1 && cell[0] == '0':
		return false, true
	case len(cell) == 1 && cell[0] == '1':
		return true, true
	case len(cell) <= 5 && strings.EqualFold(string(cell), "true"):
		return true, true
	case len(cell) <= 5 && strings.EqualFold(string(cell), "false"):
		return false, true
	}
	c.fail(column, reasonFlag)
	return false, false
}

// time reads a timestamp in unix seconds or milliseconds as seconds, 0 when it
// is absent. Fractions of a second are dropped.
func (c *cells) time(column int) int64 {
	if !c.has(column) {
		return 0
	}
	cell := c.rec.cells[column]
	v, err := strconv.ParseInt(string(cell), 10, 64)
	if err != nil {
		f, ok := parseNumber(cell)
		if !ok {
			c.fail(column, reasonNumber)
			return 0
		}
		v = int64(math.Floor(max(-1, min(f, 1e18))))
	}
	if v >= fromMillis {
		v /= 1000
		c.millis = true
	}
	if v < reel.MinTime || v > reel.MaxTime {
		c.fail(column, reasonTime)
	}
	return v
}

// text reads an optional short text, of which one copy is kept.
func (c *cells) text(column int) string {
	cell := c.rec.cells[column]
	if len(cell) > maxText {
		c.fail(column, reasonText)
		return ""
	}
	return c.names.bytes(cell)
}

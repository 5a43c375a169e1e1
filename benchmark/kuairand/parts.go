package kuairand

// The days of the protocol, counted from 25 April 2022: training is before
// validFrom, validation before testFrom, and the rest is the test.
const (
	validFrom = 9  // 4 May
	testFrom  = 11 // 6 May
)

// Parts are the rows of the log by what they are for, each by rising time.
type Parts struct{ Train, Valid, Test []int32 }

// Cut deals out the rows by their day. The pasts of some users end within the
// first hour of the log: rows before the last of those ends, 56 of them, are
// not learned from, since what is known at their time may hold what came later.
func Cut(l *Log) Parts {
	var pastEnds int64
	for _, p := range l.Past {
		pastEnds = max(pastEnds, p.Last)
	}
	var p Parts
	for i := range l.Rows {
		switch e := &l.Rows[i]; {
		case e.Time <= pastEnds:
		case e.Day < validFrom:
			p.Train = append(p.Train, int32(i))
		case e.Day < testFrom:
			p.Valid = append(p.Valid, int32(i))
		default:
			p.Test = append(p.Test, int32(i))
		}
	}
	return p
}

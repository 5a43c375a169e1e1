package store

import (
	"encoding/binary"
	"math"

	"github.com/reelrank/reelrank/reel"
)

// The first byte of an interaction says how the rest is written.
const (
	watchForm      = 3 << 0 // two bits: one of the watch constants
	durationIsRaw  = 1 << 2 // four bytes, else see appendDuration
	observedDiffer = 1 << 3 // from those of the interaction before
	contextDiffers = 1 << 4 // device, place or session
	positionJumps  = 1 << 5 // not the one after the interaction before
	timeFalls      = 1 << 6 // the distance in time is backwards
	hasSignals     = 1 << 7
)

// Forms of the watch time. Clients send round numbers or shares of 0..1;
// whatever is exact in fewer bytes is written so.
const (
	watchZero = iota
	watchOne
	watchThousandths
	watchRaw
)

// sequence writes interactions of one user after one another, each as its
// difference from the one before: close in time, in the same sitting, on the
// same device. Its zero value, seeded with a time, begins a new one.
type sequence struct {
	before reel.Interaction
	words  []string // devices and places met, which later ones refer to
}

// startSequence begins near a time, in unix seconds.
func startSequence(near int64) sequence {
	return sequence{before: reel.Interaction{Time: near, Observed: reel.AllObserved, Context: reel.Context{Position: -1}}, words: []string{""}}
}

// append writes the next interaction, without its user.
func (q *sequence) append(b []byte, it reel.Interaction) []byte {
	was := q.before
	q.before = it
	at := len(b)
	b = append(b, 0)
	var form byte

	distance := it.Time - was.Time
	if it.Time < was.Time {
		form |= timeFalls
		distance = -distance
	}
	b = binary.AppendUvarint(b, uint64(distance))
	b = appendID(b, it.Reel)
	b = appendID(b, it.Creator)
	b, watch := appendWatch(b, it.Watch)
	form |= watch
	b, raw := appendDuration(b, it.Duration)
	if raw {
		form |= durationIsRaw
	}
	if it.Signals != 0 {
		form |= hasSignals
		b = binary.AppendUvarint(b, uint64(it.Signals))
	}
	if it.Observed != was.Observed {
		form |= observedDiffer
		b = binary.AppendUvarint(b, uint64(it.Observed))
	}
	if c, w := it.Context, was.Context; c.Device != w.Device || c.Place != w.Place || c.Session != w.Session {
		form |= contextDiffers
		b = q.appendWord(b, c.Device)
		b = q.appendWord(b, c.Place)
		b = appendVarint(b, c.Session-w.Session)
	}
	if it.Context.Position != was.Context.Position+1 {
		form |= positionJumps
		b = appendVarint(b, int64(it.Context.Position))
	}
	b[at] = form
	return b
}

// scan reads the next interaction of a user.
func (q *sequence) scan(s *scanner, user reel.UserID) reel.Interaction {
	was := q.before
	form := s.byte()
	it := reel.Interaction{User: user, Observed: was.Observed, Context: was.Context}
	distance := int64(s.uvarint())
	if form&timeFalls != 0 {
		distance = -distance
	}
	it.Time = was.Time + distance
	it.Reel = reel.ReelID(s.uvarint())
	it.Creator = reel.CreatorID(s.uvarint())
	it.Watch = s.watch(form & watchForm)
	it.Duration = s.duration(form&durationIsRaw != 0)
	if form&hasSignals != 0 {
		it.Signals = s.signals()
	}
	if form&observedDiffer != 0 {
		it.Observed = s.signals()
	}
	if form&contextDiffers != 0 {
		it.Context.Device = q.scanWord(s)
		it.Context.Place = q.scanWord(s)
		it.Context.Session = was.Context.Session + s.varint()
	}
	it.Context.Position = was.Context.Position + 1
	if form&positionJumps != 0 {
		it.Context.Position = int(s.varint())
	}
	q.before = it
	return it
}

// appendWord writes the number of a word, and the word itself the first time.
func (q *sequence) appendWord(b []byte, word string) []byte {
	for i, known := range q.words {
		if known == word {
			return binary.AppendUvarint(b, uint64(i))
		}
	}
	q.words = append(q.words, word)
	return appendString(binary.AppendUvarint(b, uint64(len(q.words)-1)), word)
}

func (q *sequence) scanWord(s *scanner) string {
	switch i := s.uvarint(); {
	case i < uint64(len(q.words)):
		return q.words[i]
	case i == uint64(len(q.words)):
		word := s.string()
		q.words = append(q.words, word)
		return word
	}
	s.fail()
	return ""
}

// appendWatch writes a watch time in the shortest form that gives back its bits.
func appendWatch(b []byte, w reel.WatchTime) ([]byte, byte) {
	bits := math.Float32bits(float32(w))
	if bits == 0 {
		return b, watchZero
	}
	if w == 1 {
		return b, watchOne
	}
	if n := math.Round(float64(w) * 1000); n >= 0 && n < 1000 && math.Float32bits(thousandths(uint64(n))) == bits {
		return binary.AppendUvarint(b, uint64(n)), watchThousandths
	}
	return appendFloat(b, float32(w)), watchRaw
}

func thousandths(n uint64) float32 { return float32(float64(n) / 1000) }

func (s *scanner) watch(form byte) reel.WatchTime {
	switch form {
	case watchZero:
		return 0
	case watchOne:
		return 1
	case watchThousandths:
		return reel.WatchTime(thousandths(s.uvarint()))
	}
	return reel.WatchTime(s.float())
}

// appendDuration writes whole seconds n as 2n and tenths n as 2n+1, where that
// gives back the bits; else the bits themselves, and tells so.
func appendDuration(b []byte, d float32) (_ []byte, raw bool) {
	bits := math.Float32bits(d)
	if n := math.Round(float64(d)); n >= 0 && n <= reel.MaxDuration && math.Float32bits(float32(n)) == bits {
		return binary.AppendUvarint(b, uint64(n)<<1), false
	}
	if n := math.Round(float64(d) * 10); n >= 0 && n <= 10*reel.MaxDuration && math.Float32bits(tenths(uint64(n))) == bits {
		return binary.AppendUvarint(b, uint64(n)<<1|1), false
	}
	return appendFloat(b, d), true
}

func tenths(n uint64) float32 { return float32(float64(n) / 10) }

func (s *scanner) duration(raw bool) float32 {
	if raw {
		return s.float()
	}
	n := s.uvarint()
	if n&1 == 0 {
		return float32(n >> 1)
	}
	return tenths(n >> 1)
}

func (s *scanner) signals() reel.Signals {
	v := s.uvarint()
	if v > math.MaxUint16 {
		s.fail()
	}
	return reel.Signals(v)
}

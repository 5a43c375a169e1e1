package kuairand

import (
	"math"
	"math/bits"
)

// The outcomes that are counted: the signals, and three values of the watch
// time.
const (
	outShare   = int(numSignals) + iota // share of the duration played, at most 1
	outLogPlay                          // ln(1 + seconds played)
	outSkip                             // played for less than skipSeconds
	numOutcomes
)

const skipSeconds = 3

// outcomes are what came of an exposure, by the numbers above.
type outcomes [numOutcomes]float32

// usual is where rates start before anything is known.
var usual = outcomes{LongView: 0.3, Click: 0.4, Like: 0.02, Profile: 0.02, Follow: 0.001, Forward: 0.001, outShare: 0.4, outLogPlay: 2, outSkip: 0.4}

func (e *Exposure) outcomes() (o outcomes) {
	for s, is := range e.Is {
		o[s] = flag(is)
	}
	o[outShare] = float32(min(1, e.Play/max(e.Duration, 0.1)))
	o[outLogPlay] = log1p(e.Play)
	o[outSkip] = flag(e.Play < skipSeconds)
	return o
}

// tally is what came of exposures that have something in common.
type tally struct {
	n        float32
	sum      outcomes
	expected [2]float32 // long views and clicks that were to be expected of them
	last     int64      // time of the latest, unix milliseconds
}

func (t *tally) add(o *outcomes, expected [2]float32, time int64) {
	t.n++
	for i, v := range o {
		t.sum[i] += v
	}
	for i, v := range expected {
		t.expected[i] += v
	}
	t.last = time
}

// rate is the mean of outcome i, drawn towards prior as by strength more
// exposures.
func (t *tally) rate(i int, prior, strength float32) float32 {
	return (t.sum[i] + strength*prior) / (t.n + strength)
}

// lift is the logarithm of what happened over what was expected, of long views
// (0) or clicks (1): 0 where nothing is known.
func (t *tally) lift(i int, strength float32) float32 {
	return log((t.sum[i] + strength) / (t.expected[i] + strength))
}

// tallies are kept by key; one that is not there is empty.
type tallies map[uint64]*tally

func (ts tallies) get(k uint64) tally {
	if t := ts[k]; t != nil {
		return *t
	}
	return tally{}
}

func (ts tallies) at(k uint64) *tally {
	t := ts[k]
	if t == nil {
		t = new(tally)
		ts[k] = t
	}
	return t
}

// fading counts forget: they halve in every half-life.
type fading struct {
	n, long, click float32
	last           int64
}

// until is the counts as they are at a time.
func (f fading) until(time int64, halfLife float64) fading {
	keep := float32(math.Exp2(-float64(time-f.last) / halfLife))
	return fading{f.n * keep, f.long * keep, f.click * keep, time}
}

// key joins the kind of a count with up to two labels.
func key(kind int, a, b uint64) uint64 {
	h := uint64(kind)*0x9e3779b97f4a7c15 ^ bits.RotateLeft64((a+1)*0xbf58476d1ce4e5b9, 31)
	return (h ^ (b+1)*0x94d049bb133111eb) * 0xd6e8feb86659fd93
}

// durationBucket cuts durations from half a second on, perOctave times in each
// doubling.
func durationBucket(seconds, perOctave float64) uint64 {
	return uint64(min(max(math.Log2(max(seconds, 0.5)/2)*perOctave+2, 0), 40))
}

func flag(b bool) float32 {
	if b {
		return 1
	}
	return 0
}

func log(x float32) float32      { return float32(math.Log(float64(x))) }
func log1p(x float64) float32    { return float32(math.Log1p(x)) }
func logCount(n float32) float32 { return log(1 + n) }

// logSeconds is ln(1 + seconds) of a time that has passed.
func logSeconds(millis int64) float32 { return log1p(float64(max(millis, 0)) / 1000) }

func logit(p float32) float32 {
	p = min(max(p, 1e-5), 1-1e-5)
	return log(p / (1 - p))
}

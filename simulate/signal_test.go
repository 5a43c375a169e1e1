package simulate

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/reelrank/reelrank/reel"
)

// truth returns the true affinity behind each row of the log.
func truth(w *World) []float64 {
	minds := make([]*mind, len(w.people))
	for u := range minds {
		minds[u] = w.newMind(u)
	}
	affinities := make([]float64, len(w.log))
	for i, it := range w.log {
		u := int(it.User) - 1
		for minds[u].day < w.dayOf(it.Time) {
			w.sleep(minds[u], u)
		}
		affinities[i] = w.affinity(&w.people[u], minds[u], int32(it.Reel)-1)
	}
	return affinities
}

func TestWatchTimeFollowsAffinity(t *testing.T) {
	w := tinyWorld()
	var watch []float64
	for _, it := range w.Interactions() {
		watch = append(watch, float64(it.Watch))
	}
	if r := stat.Correlation(truth(w), watch, nil); r < 0.5 {
		t.Errorf("correlation of affinity and watch time is %.3f, want at least 0.5", r)
	}
}

func TestReelsOfOnesTasteAreEnjoyedFarMoreOften(t *testing.T) {
	w := tinyWorld()
	var n, enjoyed [2]float64
	for i, a := range truth(w) {
		suits := 0
		if a > 0 {
			suits = 1
		}
		n[suits]++
		if w.log[i].Positive() {
			enjoyed[suits]++
		}
	}
	low, high := enjoyed[0]/n[0], enjoyed[1]/n[1]
	if high < 2.5*low {
		t.Errorf("enjoyed %.3f of the reels that suit and %.3f of those that do not", high, low)
	}
}

func TestASessionStaysMostlyInOneTopic(t *testing.T) {
	w := tinyWorld()
	var same, pairs, sameFar, far float64
	log := w.Interactions()
	last := map[reel.UserID]reel.Interaction{}
	for i, it := range log {
		if !it.Positive() {
			continue
		}
		topic := w.clips[it.Reel-1].topic
		if before, ok := last[it.User]; ok && before.Context.Session == it.Context.Session {
			pairs++
			if w.clips[before.Reel-1].topic == topic {
				same++
			}
		}
		last[it.User] = it
		other := log[(i+len(log)/2)%len(log)]
		far++
		if w.clips[other.Reel-1].topic == topic {
			sameFar++
		}
	}
	if same/pairs < 2*sameFar/far {
		t.Errorf("%.2f of neighbours share a topic, %.2f of strangers do", same/pairs, sameFar/far)
	}
}

func TestEngagementToExpectIsTheMeanOfManyExposures(t *testing.T) {
	w := tinyWorld()
	p := &w.people[3]
	for _, affinity := range []float64{-2, 0.5, 3} {
		e := exposure{affinity: affinity, quality: 0.4, fondness: 1, pace: -0.2, position: 3, trending: 0.5}
		want := w.expect(p, &e)
		rng := stream(1, forSession, 1, 1)
		const n = 40_000
		var sum [5]float64
		for range n {
			var it reel.Interaction
			it.Observed = recorded
			it.Watch, it.Signals = w.react(rng, p, &e)
			sum[0] += float64(it.Watch)
			for h := reel.HeadLike; h < reel.NumHeads; h++ {
				if it.Signals.Has(h.Signal()) {
					sum[h]++
				}
			}
			if it.Positive() {
				sum[4]++
			}
		}
		for h := range reel.Head(reel.NumHeads) {
			check(t, h.String(), sum[h]/n, float64(want.Predictions[h]))
		}
		check(t, "positive", sum[4]/n, want.Positive)
	}
}

// check compares a mean of 40,000 numbers within 0..1 with its expectation:
// four standard errors, and the coarseness of 24 slices.
func check(t *testing.T, what string, got, want float64) {
	t.Helper()
	if slack := 4*math.Sqrt(want*(1-want)/40_000) + 0.004; math.Abs(got-want) > slack {
		t.Errorf("%s: got %.4f, want %.4f within %.4f", what, got, want, slack)
	}
}

func TestContentVectorsTellTopicAndCreatorApart(t *testing.T) {
	w := tinyWorld()
	var creator, topic, other []float64
	for i := range w.clips {
		for j := i + 1; j < len(w.clips); j++ {
			a, b := w.reels[i].Video, w.reels[j].Video
			if a == nil || b == nil {
				continue
			}
			switch {
			case w.clips[i].creator == w.clips[j].creator:
				creator = append(creator, cosine(a, b))
			case w.clips[i].topic == w.clips[j].topic:
				topic = append(topic, cosine(a, b))
			case j%10 == 0:
				other = append(other, cosine(a, b))
			}
		}
	}
	c, o, n := stat.Mean(creator, nil), stat.Mean(topic, nil), stat.Mean(other, nil)
	if !(c > o+0.05 && o > n+0.2) {
		t.Errorf("mean cosine %.3f within a creator, %.3f within a topic, %.3f otherwise", c, o, n)
	}
}

func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		ab += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	return ab / math.Sqrt(aa*bb)
}

func TestContentVectorsHaveAboutUnitNorm(t *testing.T) {
	var norms []float64
	for _, r := range tinyWorld().Reels() {
		for _, v := range [][]float32{r.Video, r.Audio, r.Text} {
			if v != nil {
				norms = append(norms, math.Sqrt(squares(v)))
			}
		}
	}
	if m := stat.Mean(norms, nil); m < 0.7 || m > 1.3 {
		t.Errorf("mean norm %.3f, want about 1", m)
	}
}

func squares(v []float32) (sum float64) {
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return sum
}

func TestEveryModalityTellsWhatTheOthersDoNot(t *testing.T) {
	w := tinyWorld()
	// Reels of one topic whose style is alike in the looks, say, lie nearer in the
	// modality that shows the looks than in any other.
	aspects := [][2]int{{0, looks}, {looks, looks + sounds}, {looks + sounds, styleDim}}
	correlation := func(modality, aspect int) float64 {
		var alike, near []float64
		for _, members := range w.inTopic {
			for n, i := range members {
				for _, j := range members[:n] {
					a, b := vectorsOf(&w.reels[i])[modality], vectorsOf(&w.reels[j])[modality]
					if a == nil || b == nil {
						continue
					}
					agreement := 0.0
					for k := aspects[aspect][0]; k < aspects[aspect][1]; k++ {
						agreement += float64(w.clips[i].style[k] * w.clips[j].style[k])
					}
					alike, near = append(alike, agreement), append(near, cosine(a, b))
				}
			}
		}
		return stat.Correlation(alike, near, nil)
	}
	for aspect := range aspects {
		own := correlation(aspect, aspect)
		if own < 0.2 {
			t.Errorf("modality %d tells %.2f of its own aspect", aspect, own)
		}
		for other := range aspects {
			if v := correlation(other, aspect); other != aspect && v > 0.75*own {
				t.Errorf("modality %d tells %.2f of aspect %d, whose own tells %.2f", other, v, aspect, own)
			}
		}
	}
}

func vectorsOf(r *reel.Reel) [3][]float32 { return [3][]float32{r.Video, r.Audio, r.Text} }

package simulate

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/reelrank/reelrank/reel"
)

// styleKept is how much of a reel's style is its creator's: enough that a
// creator's next reel can be judged by the last ones.
const styleKept = 0.8

// clip is the truth about a reel, of which the catalogue shows a noisy part.
type clip struct {
	creator  int32
	topic    int32
	language int32
	style    style
	quality  float64 // standard normal
	seconds  float32 // duration
	pace     float64 // ln(seconds / 20)
	uploaded int64
}

// makeReels fills clips and reels, sorted by upload time. Uploads come at one
// steady rate, before and during the window, so that the backlog at Start
// looks like any later day.
func (w *World) makeReels() {
	posting := make([]float64, len(w.creators))
	for i := range w.creators {
		posting[i] = w.creators[i].posting
	}
	first := w.p.Start - int64(float64(w.p.Days)*day*w.backlogFactor())
	uploads := make([]int64, w.p.Reels)
	rng := stream(w.seed, forReels, -1, 0)
	backlog := int(w.p.BacklogShare * float64(w.p.Reels))
	for i := range uploads {
		if i < backlog {
			uploads[i] = first + rng.Int64N(w.p.Start-first)
		} else {
			uploads[i] = w.p.Start + rng.Int64N(w.p.End()-w.p.Start)
		}
	}
	slices.Sort(uploads)

	w.clips = make([]clip, w.p.Reels)
	w.reels = make([]reel.Reel, w.p.Reels)
	w.inTopic = make([][]int32, w.p.Topics)
	draw := newAlias(posting)
	words := fillers()
	for i := range w.clips {
		rng := stream(w.seed, forReels, i, 0)
		c := w.makeClip(rng, draw.pick(rng), uploads[i])
		w.clips[i] = c
		w.reels[i] = w.describe(rng, i, &c, words)
		w.inTopic[c.topic] = append(w.inTopic[c.topic], int32(i))
	}
}

// backlogFactor is the length of the time before Start in which reels were
// uploaded, as a multiple of the window.
func (w *World) backlogFactor() float64 {
	s := min(w.p.BacklogShare, 0.9) // a world without new reels still has a finite past
	return s / (1 - s)
}

func (w *World) makeClip(rng *rand.Rand, by int, uploaded int64) clip {
	maker := &w.creators[by]
	t := maker.topics[0]
	if rng.Float64() < maker.secondary {
		t = maker.topics[1]
	}
	seconds := w.topics[t].duration * math.Exp(0.45*rng.NormFloat64())
	seconds = math.Round(10*min(max(seconds, 4), 90)) / 10
	return clip{
		creator: int32(by), topic: int32(t), language: int32(w.regions[maker.region].language),
		style:   maker.style.near(rng, styleKept),
		quality: 0.7*maker.quality + 0.714*rng.NormFloat64(), // unit variance
		seconds: float32(seconds), pace: math.Log(seconds / 20),
		uploaded: uploaded,
	}
}

// describe is what the catalogue knows of a clip, labels' faults included.
func (w *World) describe(rng *rand.Rand, i int, c *clip, fillers []string) reel.Reel {
	r := reel.Reel{
		ID: reelID(int32(i)), Creator: reel.CreatorID(c.creator + 1),
		Category: w.topics[c.topic].name,
		Language: w.languages[c.language],
		Region:   w.regions[w.creators[c.creator].region].name,
		Caption:  w.caption(rng, c, fillers),
		Duration: c.seconds, Uploaded: c.uploaded,
	}
	switch u := rng.Float64(); {
	case u < w.p.LabelMissing:
		r.Category = ""
	case u < w.p.LabelMissing+w.p.LabelWrong:
		r.Category = w.topics[(int(c.topic)+1+rng.IntN(w.p.Topics-1))%w.p.Topics].name
	}
	if rng.Float64() < 0.04 {
		r.Language = ""
	}
	return r
}

func (w *World) caption(rng *rand.Rand, c *clip, fillers []string) string {
	own := w.topics[c.topic].words
	words := make([]string, 3+rng.IntN(5))
	for i := range words {
		if rng.Float64() < 0.6 {
			words[i] = own[rng.IntN(len(own))]
		} else {
			words[i] = fillers[rng.IntN(len(fillers))]
		}
	}
	if rng.Float64() < 0.3 {
		words = append(words, "#"+own[rng.IntN(len(own))])
	}
	return strings.Join(words, " ")
}

// Dense indexes and ids: ids count from 1.
func reelID(i int32) reel.ReelID { return reel.ReelID(i) + 1 }

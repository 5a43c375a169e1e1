package simulate

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"

	"github.com/reelrank/reelrank/reel"
)

// topicSpread is how far apart topics lie in the content space, in units of
// the spread of styles within a topic.
const topicSpread = 1.5

// glimpse is how much of an aspect of the style comes through in a modality
// that it does not belong to: what a reel sounds like shows a little in what it
// looks like.
const glimpse = 0.25

// modality is one view of a reel's content: a fixed random linear map of what
// it perceives of the latent point, plus noise. Every modality tells the topic;
// of the style it tells its own aspects, and only glimpses of the others.
type modality struct {
	dim     int
	missing float64
	lo, hi  int       // the aspects of the style that are its own
	blur    float64   // standard deviation of the error on each latent number
	noise   float64   // standard deviation of the noise on each output number, signal 1
	mapping []float32 // [dim, styleDim], row-major
}

func (w *World) modalities() [3]modality {
	views := [3]modality{
		{dim: reel.VideoDim, missing: w.p.VideoMissing, lo: 0, hi: looks, blur: 0.35, noise: 0.8},
		{dim: reel.AudioDim, missing: w.p.AudioMissing, lo: looks, hi: looks + sounds, blur: 0.6, noise: 1.2},
		{dim: reel.TextDim, missing: w.p.TextMissing, lo: looks + sounds, hi: styleDim, blur: 0.5, noise: 1.0},
	}
	for m := range views {
		v := &views[m]
		rng := stream(w.seed, forMaps, m, 0)
		v.mapping = make([]float32, v.dim*styleDim)
		// Rows of unit norm in expectation, divided so that a vector, like
		// those of the encoders that it stands for, has a norm of about one.
		own := float64(v.hi-v.lo) / styleDim
		seen := own + (1-own)*glimpse*glimpse
		scale := 1 / math.Sqrt(float64(styleDim*v.dim)*(seen+topicSpread*topicSpread+v.noise*v.noise+v.blur*v.blur))
		for i := range v.mapping {
			v.mapping[i] = float32(scale * rng.NormFloat64())
		}
		v.noise *= scale * math.Sqrt(styleDim)
	}
	return views
}

// makeContent fills the content vectors of all reels. Each reel has its own
// stream, so that blocks of reels may run side by side. step is called from
// this goroutine, as blocks are taken up.
func (w *World) makeContent(ctx context.Context, step func(reels int)) error {
	const block = 256
	views := w.modalities()
	centres := make([]style, w.p.Topics)
	for t := range centres {
		centres[t] = newStyle(stream(w.seed, forTopics, t, 0))
	}
	var running sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for lo := 0; lo < len(w.reels) && ctx.Err() == nil; lo += block {
		hi := min(lo+block, len(w.reels))
		slots <- struct{}{}
		running.Go(func() {
			for i := lo; i < hi; i++ {
				w.view(i, &centres[w.clips[i].topic], &views)
			}
			<-slots
		})
		step(hi - lo)
	}
	running.Wait()
	return ctx.Err()
}

// view fills the three vectors of reel i; a missing modality stays nil.
func (w *World) view(i int, centre *style, views *[3]modality) {
	rng := stream(w.seed, forContent, i, 0)
	r := &w.reels[i]
	for m, into := range []*[]float32{&r.Video, &r.Audio, &r.Text} {
		if v := &views[m]; rng.Float64() >= v.missing {
			*into = v.perceive(rng, centre, &w.clips[i].style)
		}
	}
}

func (v *modality) perceive(rng *rand.Rand, centre, s *style) []float32 {
	var latent style
	for k := range latent {
		seen := s[k]
		if k < v.lo || k >= v.hi {
			seen *= glimpse
		}
		latent[k] = topicSpread*centre[k] + seen + float32(v.blur*rng.NormFloat64())
	}
	out := make([]float32, v.dim)
	for d := range out {
		row := (*style)(v.mapping[d*styleDim:])
		var sum float32
		for k := range row {
			sum += row[k] * latent[k]
		}
		out[d] = sum + float32(v.noise*rng.NormFloat64())
	}
	return out
}

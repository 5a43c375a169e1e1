package evaluate

import (
	"math"
	"time"

	"github.com/reelrank/reelrank/catalog"
)

// CreatorDiversity is the share of distinct creators among the reels of a
// slate, given as dense catalogue indices: 1 if no creator appears twice. It
// is NaN for an empty slate.
func CreatorDiversity(cat *catalog.Catalog, slate []int32) float64 {
	if len(slate) == 0 {
		return math.NaN()
	}
	creators := make(map[int32]struct{}, len(slate))
	for _, i := range slate {
		creators[cat.CreatorOf(i)] = struct{}{}
	}
	return float64(len(creators)) / float64(len(slate))
}

// NewShare is the share of a slate's reels that were uploaded within the
// window before now (unix seconds). A reel of unknown upload time is not new.
// It is NaN for an empty slate.
func NewShare(cat *catalog.Catalog, slate []int32, now int64, window time.Duration) float64 {
	if len(slate) == 0 {
		return math.NaN()
	}
	fresh := 0
	for _, i := range slate {
		uploaded := cat.Uploaded(i)
		if uploaded != 0 && uploaded <= now && now-uploaded <= int64(window/time.Second) {
			fresh++
		}
	}
	return float64(fresh) / float64(len(slate))
}

// numModalities counts the content vectors of a reel: video, audio, text.
const numModalities = 3

// Distances measures how unlike each other the reels of a slate are, by their
// content vectors. It is made once per catalogue and is safe for concurrent
// use.
type Distances struct {
	vectors [][numModalities][]float32 // by dense index; nil where missing or all zero
	inverse [][numModalities]float64   // 1 / Euclidean norm
	width   [numModalities]int         // the widest vector of a modality
}

// NewDistances prepares the content vectors of a catalogue.
func NewDistances(cat *catalog.Catalog) *Distances {
	d := &Distances{
		vectors: make([][numModalities][]float32, cat.Len()),
		inverse: make([][numModalities]float64, cat.Len()),
	}
	for i := range d.vectors {
		r := cat.Reel(int32(i))
		for m, vector := range [numModalities][]float32{r.Video, r.Audio, r.Text} {
			var squares float64
			for _, v := range vector {
				squares += float64(v) * float64(v)
			}
			if squares == 0 {
				continue
			}
			d.vectors[i][m] = vector
			d.inverse[i][m] = 1 / math.Sqrt(squares)
			d.width[m] = max(d.width[m], len(vector))
		}
	}
	return d
}

// IntraList is the mean pairwise cosine distance 1 - cos(x, y), 0..2, over the
// pairs of a slate's reels (dense catalogue indices) and the modalities that
// both have. It is NaN where no two reels share a modality.
func (d *Distances) IntraList(slate []int32) float64 {
	return d.prefixes(slate, []int{len(slate)})[0]
}

// prefixes returns IntraList of the first k reels for each k of ks, which
// ascends. For n unit vectors the sum of cos over pairs is
// (|sum of vectors|^2 - n) / 2, so the cost is linear in the slate.
func (d *Distances) prefixes(slate []int32, ks []int) []float64 {
	out := make([]float64, len(ks))
	var sums [numModalities][]float64
	var counts [numModalities]float64
	for m, width := range d.width {
		sums[m] = make([]float64, width)
	}
	added := 0
	for at, k := range ks {
		for ; added < min(k, len(slate)); added++ {
			i := slate[added]
			for m, vector := range d.vectors[i] {
				if vector == nil {
					continue
				}
				counts[m]++
				for c, v := range vector {
					sums[m][c] += float64(v) * d.inverse[i][m]
				}
			}
		}
		out[at] = meanDistance(sums, counts)
	}
	return out
}

// meanDistance turns sums of unit vectors into the mean distance over pairs.
func meanDistance(sums [numModalities][]float64, counts [numModalities]float64) float64 {
	var distance, pairs float64
	for m, n := range counts {
		if n < 2 {
			continue
		}
		var squares float64
		for _, s := range sums[m] {
			squares += s * s
		}
		modalityPairs := n * (n - 1) / 2
		distance += modalityPairs - (squares-n)/2
		pairs += modalityPairs
	}
	if pairs == 0 {
		return math.NaN()
	}
	return min(max(distance/pairs, 0), 2) // rounding leaves a hair outside
}

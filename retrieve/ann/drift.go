package ann

import "github.com/reelrank/reelrank/retrieve/ann/code"

// drift watches whether the vectors that come still lie around the centroids.
// The writer's.
type drift struct {
	inserted int     // since the lists were trained
	spread   float64 // running mean of the inserted vectors' squared distance
}

// driftWindow is the number of inserts over which the mean runs.
const driftWindow = 1 << 12

func (d *drift) reset(f *file) { *d = drift{spread: f.spread} }

// observe takes the factors of a new code. A vector's gain f grows with its
// distance r from the centroid: |r| is about f times the root of 2 width/pi.
func (d *drift) observe(factors code.Factors) {
	const squarePerGain = 0.6366 // 2/pi
	gain := float64(factors.Gain())
	d.inserted++
	d.spread += (gain*gain*squarePerGain - d.spread) / driftWindow
}

// The lists are trained anew when the new vectors' squared distance is so much
// larger than the old ones' was, or as many came as there were.
const (
	driftLimit = 1.25
	ageLimit   = 1.0
)

// stale tells whether the lists should be trained anew.
func (d *drift) stale(f *file) bool {
	return d.inserted > driftWindow && d.spread > driftLimit*f.spread ||
		float64(d.inserted) > ageLimit*float64(f.trained)
}

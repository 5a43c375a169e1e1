package feature

import "github.com/reelrank/reelrank/reel"

// Widths of the vectors.
const (
	MetaDim    = 64
	EventDim   = 8 // the last of the metadata
	ContextDim = 64
	ReelDim    = reel.VideoDim + reel.AudioDim + reel.TextDim + MetaDim // 1,216
)

// Where each part of a reel's vector begins.
const (
	VideoAt = 0
	AudioAt = VideoAt + reel.VideoDim
	TextAt  = AudioAt + reel.AudioDim
	MetaAt  = TextAt + reel.TextDim
	EventAt = ReelDim - EventDim
)

// Bounds that every number is clipped to.
const (
	MaxValue   = 10 // of a reel's vector
	MaxContext = 4  // of a context
)

// Slot names one number of a vector.
type Slot struct {
	Name string
	Doc  string
}

// clip bounds v to ±limit; NaN becomes 0. Most values are within: comparing
// first is three times as fast as min and max, which look after NaN and signs.
func clip(v, limit float64) float32 {
	if v >= -limit && v <= limit {
		return float32(v)
	}
	return clipped(v, limit)
}

// clipped is clip where v is out of bounds or NaN.
func clipped(v, limit float64) float32 {
	switch {
	case v > limit:
		return float32(limit)
	case v < -limit:
		return float32(-limit)
	}
	return 0
}

func flag(on bool) float32 {
	if on {
		return 1
	}
	return 0
}

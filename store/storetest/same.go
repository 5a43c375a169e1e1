package storetest

import (
	"math"
	"slices"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// SameRecord tells whether two records say the same, floats by their bits.
func SameRecord(a, b store.Record) bool {
	return a.Offset == b.Offset && a.Time == b.Time && sameBody(a.Body, b.Body)
}

func sameBody(a, b store.Body) bool {
	switch a := a.(type) {
	case store.ReelPut:
		b, ok := b.(store.ReelPut)
		return ok && SameReel(a.Reel, b.Reel)
	case store.SlateServed:
		b, ok := b.(store.SlateServed)
		items := slices.Equal(a.Items, b.Items)
		a.Items, b.Items = nil, nil
		return ok && items && sameSlateHead(a, b)
	case store.ProfileKept:
		b, ok := b.(store.ProfileKept)
		return ok && store.SameProfile(a.Profile, b.Profile)
	}
	return a == b
}

func sameSlateHead(a, b store.SlateServed) bool {
	return a.ID == b.ID && a.User == b.User && a.Time == b.Time && a.Model == b.Model && a.Variant == b.Variant && a.Context == b.Context
}

// SameReel tells whether two reels are the same, vectors included.
func SameReel(a, b reel.Reel) bool {
	vectors := sameVector(a.Video, b.Video) && sameVector(a.Audio, b.Audio) && sameVector(a.Text, b.Text)
	return vectors && a.ID == b.ID && a.Creator == b.Creator && a.Category == b.Category && a.Language == b.Language &&
		a.Region == b.Region && a.Caption == b.Caption && math.Float32bits(a.Duration) == math.Float32bits(b.Duration) &&
		a.Uploaded == b.Uploaded && a.AgeRating == b.AgeRating
}

func sameVector(a, b []float32) bool {
	return (a == nil) == (b == nil) && slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

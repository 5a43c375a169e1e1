package simulate

import "math/rand/v2"

// region is where people and creators live.
type region struct {
	name     string
	language int     // index into languages
	weight   float64 // share of people and creators
	offset   int64   // seconds ahead of UTC
}

// english is the language that many understand besides their own.
const english = 0

func languageNames() []string { return []string{"en", "es", "pt", "hi"} }

func regionTable() []region {
	return []region{
		{"US", 0, 0.30, -5 * hour},
		{"GB", 0, 0.10, 0},
		{"MX", 1, 0.14, -6 * hour},
		{"ES", 1, 0.08, 1 * hour},
		{"BR", 2, 0.20, -3 * hour},
		{"IN", 3, 0.18, 5*hour + hour/2},
	}
}

func pickRegion(rng *rand.Rand, regions []region) int {
	left := rng.Float64()
	for i, r := range regions {
		if left -= r.weight; left < 0 {
			return i
		}
	}
	return len(regions) - 1
}

// device is what a session runs on, and how it bends behaviour.
type device struct {
	name   string
	weight float64
	watch  float64 // added to the logit of the watch time
	act    float64 // added to the logits of like, share and follow
}

func deviceTable() []device {
	return []device{
		{name: "android", weight: 0.58},
		{name: "ios", weight: 0.34, act: 0.1},
		{name: "web", weight: 0.08, watch: -0.2, act: -0.5},
	}
}

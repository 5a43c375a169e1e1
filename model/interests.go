package model

import (
	"cmp"
	"math"
	"slices"

	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/nn/kernel"
	"github.com/reelrank/reelrank/reel"
)

// A person has several interests, and a single vector lies between them. With
// Config.Interests every reel that someone enjoyed among their last ones is a
// query of its own beside the person's vector q, and a reel v is compared with
// all of them:
//
//	similarity = T log( exp(cos(q, v)/T) + Σ exp(b + s cos(h, v)) )
//
// over the enjoyed reels h: a soft maximum, in which the nearest count most
// (after the multi-interest retrieval of Li et al. 2019 and Cen et al. 2020,
// with enjoyed reels in the place of learned capsules). T is the temperature; b
// and s are learned.

// The values of Model.Interest: b, and the logarithm of s.
const (
	interestBias = iota
	interestLogSharpness
	interestValues
)

// Where training starts: nearness to a single enjoyed reel counts more sharply
// than nearness to the person's vector, and one reel alone for little.
const (
	startBias      = -4
	startSharpness = 1.5 // times 1/T
)

// Bounds of b and s: fifty terms of e^50 and the odds of a column still make a
// float32.
const (
	maxBias      = 10
	maxSharpness = 40
)

// newInterest returns the values that training starts from.
func newInterest(temperature float64) *nn.Param {
	p := nn.NewParam("query.interest", interestValues)
	p.Value[interestBias] = startBias
	p.Value[interestLogSharpness] = float32(math.Log(startSharpness / temperature))
	return p
}

// interest returns b and s.
func (m *Model) interest() (bias, sharpness float32) {
	s := math.Exp(float64(m.Interest.Value[interestLogSharpness]))
	return min(m.Interest.Value[interestBias], maxBias), float32(min(s, maxSharpness))
}

// joined is the similarity that a cosine with the person's vector and the sum
// over the enjoyed reels of exp(b + s cos) come to.
func (m *Model) joined(cosine, sum float32) float32 {
	t := m.Config.Temperature
	return float32(t * math.Log(math.Exp(float64(cosine)/t)+float64(sum)))
}

// Similarity is that of a user who has a Query to the i-th reel, without what
// the reel's age adds: the cosine, or with Config.Interests the soft maximum
// over the user's vector and their enjoyed reels.
func (r *Reels) Similarity(u *User, i int32) float32 {
	v := r.RetrievalVector(i)
	cosine := kernel.Dot(u.Query, v)
	if r.m.Interest == nil {
		return cosine
	}
	bias, sharpness := r.m.interest()
	var buf [reel.HistoryLen]float32
	terms := buf[:len(u.Enjoyed)]
	for k, h := range u.Enjoyed {
		terms[k] = sharpness * kernel.Dot(v, r.vectors.row(h))
	}
	return r.m.joined(cosine, float32(kernel.ExpSum(terms, terms, -bias)))
}

// TowerDot is the value of the context's feature.TowerDot slot for a user and
// the i-th reel, 0 where the network has no tower.
func (r *Reels) TowerDot(u *User, i int32) float32 {
	if r.m.Query == nil {
		return 0
	}
	return towerDotScale * r.Similarity(u, i)
}

// addInterests fills what is known of a user's interests.
func (e *Encoder) addInterests(u *User, h History) {
	if e.m.Interest == nil {
		return
	}
	for t, i := range h.Reels {
		if h.Liked[t] {
			u.Enjoyed = append(u.Enjoyed, i)
		}
	}
	u.Interests = e.interests(u.Enjoyed)
}

// sameInterest is the cosine from which on an enjoyed reel is of a group.
const sameInterest = 0.5

// interests are the mean directions of groups of enjoyed reels, the largest
// group first, of equals the one with the newer reel: from the newest on, each
// reel joins the group whose mean is nearest, or founds one where none is near.
func (e *Encoder) interests(enjoyed []int32) [][]float32 {
	type interest struct {
		sum  []float32
		size int
	}
	var groups []interest
	for _, i := range slices.Backward(enjoyed) {
		v := e.reels.Vector(i)
		nearest, at := float32(sameInterest), -1
		for g := range groups {
			length := float32(math.Sqrt(kernel.SumSquares(groups[g].sum)))
			if cosine := kernel.Dot(v, groups[g].sum) / length; cosine >= nearest {
				nearest, at = cosine, g
			}
		}
		if at < 0 {
			groups = append(groups, interest{slices.Clone(v), 1})
			continue
		}
		kernel.Axpy(1, v, groups[at].sum)
		groups[at].size++
	}
	slices.SortStableFunc(groups, func(a, b interest) int { return -cmp.Compare(a.size, b.size) })
	directions := make([][]float32, len(groups))
	for g := range groups {
		var norm [1]float32
		nn.Normalize(groups[g].sum, norm[:], groups[g].sum, 1, len(groups[g].sum))
		directions[g] = groups[g].sum
	}
	return directions
}

package model

import (
	"cmp"
	"math"
	"slices"

	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/nn/kernel"
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

// Similarities writes to dst how near a user who has a Query is to each of some
// reels, without what the reels' age adds: the cosine, or with Config.Interests
// the soft maximum over the user's vector and their enjoyed reels.
func (r *Reels) Similarities(dst []float32, u *User, is []int32) {
	for n, i := range is {
		dst[n] = kernel.Dot(u.Query, r.RetrievalVector(i))
	}
	if r.m.Interest == nil || len(u.Enjoyed) == 0 {
		return
	}
	w := r.nearness.Get().(*nearness)
	defer r.nearness.Put(w)
	bias, sharpness := r.m.interest()
	d, enjoyed := r.Width, len(u.Enjoyed)
	w.reels, w.enjoyed = nn.Grow(w.reels, len(is)*d), nn.Grow(w.enjoyed, enjoyed*d)
	for n, i := range is {
		copy(w.reels[n*d:(n+1)*d], r.Vector(i))
	}
	for k, i := range u.Enjoyed {
		kernel.Scale(w.enjoyed[k*d:(k+1)*d], r.Vector(i), sharpness)
	}
	w.terms = nn.Grow(w.terms, len(is)*enjoyed)
	kernel.Gemm(false, true, len(is), enjoyed, d, w.reels, d, w.enjoyed, d, false, w.terms, enjoyed)
	for n := range is {
		terms := w.terms[n*enjoyed : (n+1)*enjoyed]
		dst[n] = r.m.joined(dst[n], float32(kernel.ExpSum(terms, terms, -bias)))
	}
}

// nearness is the buffers of some reels' comparison with a user.
type nearness struct{ reels, enjoyed, terms []float32 }

// TowerDots writes to dst the values of the context's feature.TowerDot slot for
// a user and some reels, 0 where the network has no tower.
func (r *Reels) TowerDots(dst []float32, u *User, is []int32) {
	if r.m.Query == nil {
		clear(dst[:len(is)])
		return
	}
	r.Similarities(dst, u, is)
	kernel.Scale(dst[:len(is)], dst[:len(is)], towerDotScale)
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

// sameInterest is the cosine from which on an enjoyed reel is of a group, and
// mostInterests how many groups there may be: beyond, an older reel that is near to
// none founds no other.
const (
	sameInterest  = 0.5
	mostInterests = 8
)

// interests are the mean directions of groups of enjoyed reels, the largest
// group first, of equals the one with the newer reel: from the newest on, each
// reel joins the group whose mean is nearest, or founds one where none is near.
func (e *Encoder) interests(enjoyed []int32) [][]float32 {
	type interest struct {
		sum    []float32
		length float32 // of sum
		size   int
	}
	groups := make([]interest, 0, mostInterests)
	for _, i := range slices.Backward(enjoyed) {
		v := e.reels.Vector(i)
		nearest, at := float32(sameInterest), -1
		for g := range groups {
			if cosine := kernel.Dot(v, groups[g].sum) / groups[g].length; cosine >= nearest {
				nearest, at = cosine, g
			}
		}
		switch {
		case at >= 0:
			g := &groups[at]
			kernel.Axpy(1, v, g.sum)
			g.length = float32(math.Sqrt(kernel.SumSquares(g.sum)))
			g.size++
		case len(groups) < mostInterests:
			groups = append(groups, interest{slices.Clone(v), 1, 1})
		}
	}
	slices.SortStableFunc(groups, func(a, b interest) int { return -cmp.Compare(a.size, b.size) })
	directions := make([][]float32, len(groups))
	for n, g := range groups {
		kernel.Scale(g.sum, g.sum, 1/g.length)
		directions[n] = g.sum
	}
	return directions
}

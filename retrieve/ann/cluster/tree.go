package cluster

import (
	"math"
	"math/rand/v2"

	"github.com/reelrank/reelrank/nn/kernel"
)

// Shape is the size of a tree.
type Shape struct {
	Width int
	Lists int // about as many come out; no group goes without
}

// Tree is two levels of centroids.
type Tree struct {
	Width  int
	Groups []float32 // [groups, Width]
	Lists  []float32 // [lists, Width], those of one group side by side
	Start  []int32   // [groups+1]: group g has the lists Start[g]:Start[g+1]
}

// The rounds after which centroids hardly move, and how many vectors each
// needs to find its place.
const (
	groupRounds     = 10
	listRounds      = 8
	vectorsPerGroup = 256
)

// Train builds a tree from a sample of vectors [n, width], which should have
// tens of vectors for each list.
func Train(sample []float32, shape Shape, seed uint64) *Tree {
	width := shape.Width
	n := len(sample) / width
	lists := max(1, min(shape.Lists, n))
	groups := max(1, int(math.Sqrt(float64(lists))))
	random := rand.New(rand.NewPCG(seed, 0x636c7573746572))
	t := &Tree{Width: width, Groups: Means(someOf(sample, width, groups*vectorsPerGroup, random), width, groups, groupRounds, random)}
	nearest := make([]int32, n)
	assignAll(nearest, sample, t.Groups, width)
	members := Members(nearest, groups)
	t.share(members, lists)
	seeds := make([]uint64, groups)
	for g := range seeds {
		seeds[g] = random.Uint64()
	}
	t.Lists = make([]float32, int(t.Start[groups])*width)
	kernel.Parallel(groups, 1, func(lo, hi int) {
		for g := lo; g < hi; g++ {
			own := gather(nil, sample, members.Of(g), width)
			from, to := int(t.Start[g]), int(t.Start[g+1])
			if len(own) == 0 {
				copy(t.Lists[from*width:to*width], t.Groups[g*width:])
				continue
			}
			means := Means(own, width, to-from, listRounds, rand.New(rand.NewPCG(seeds[g], 1)))
			copy(t.Lists[from*width:], means)
		}
	})
	return t
}

// someOf is up to count of the vectors, drawn at random.
func someOf(x []float32, width, count int, random *rand.Rand) []float32 {
	n := len(x) / width
	if n <= count {
		return x
	}
	chosen := make([]int32, 0, count)
	for i := range n { // each with the chance that leaves count at the end
		if random.IntN(n-i) < count-len(chosen) {
			chosen = append(chosen, int32(i))
		}
	}
	return gather(nil, x, chosen, width)
}

// gather appends the vectors with the given numbers to dst.
func gather(dst, x []float32, of []int32, width int) []float32 {
	for _, i := range of {
		dst = append(dst, x[int(i)*width:][:width]...)
	}
	return dst
}

// share gives each group lists in proportion to its members, at least one.
func (t *Tree) share(members Membership, lists int) {
	t.Start = make([]int32, members.Lists()+1)
	total := max(1, len(members.vectors))
	for g := range members.Lists() {
		share := int(math.Round(float64(lists) * float64(len(members.Of(g))) / float64(total)))
		share = max(1, min(share, len(members.Of(g))))
		t.Start[g+1] = t.Start[g] + int32(share)
	}
}

package cluster

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/reelrank/reelrank/nn/kernel"
)

// blobs draws n vectors around k points that lie far apart, and says which.
func blobs(seed uint64, n, k, width int) (x []float32, of []int) {
	r := rand.New(rand.NewPCG(seed, 1))
	centres := make([]float32, k*width)
	for i := range centres {
		centres[i] = float32(r.NormFloat64()) * 5
	}
	for range n {
		c := r.IntN(k)
		of = append(of, c)
		for d := range width {
			x = append(x, centres[c*width+d]+float32(r.NormFloat64()))
		}
	}
	return x, of
}

func squareDistance(a, b []float32) (sum float64) {
	for d, v := range a {
		sum += float64(v-b[d]) * float64(v-b[d])
	}
	return sum
}

// nearestList is the definition of Assign without its short cut.
func (t *Tree) nearestList(v []float32) (best int) {
	for l := range len(t.Lists) / t.Width {
		if squareDistance(v, t.Lists[l*t.Width:][:t.Width]) < squareDistance(v, t.Lists[best*t.Width:][:t.Width]) {
			best = l
		}
	}
	return best
}

func TestMeansLieAmongTheirVectors(t *testing.T) {
	const width = 16
	x, of := blobs(1, 2000, 4, width)
	means := Means(x, width, 12, 10, rand.New(rand.NewPCG(1, 1)))
	nearest := make([]int32, len(of))
	assignAll(nearest, x, means, width)
	members := Members(nearest, 12)
	for j := range members.Lists() {
		mean := make([]float32, width)
		if of := members.Of(j); len(of) > 0 {
			meanOf(mean, x, of)
			if d := squareDistance(mean, means[j*width:][:width]); d > 0.5 {
				t.Errorf("centroid %d lies %g beside the mean of its vectors", j, d)
			}
		}
	}
	for i := range of {
		if d := squareDistance(x[i*width:][:width], means[int(nearest[i])*width:][:width]); d > 6*width {
			t.Fatalf("vector %d lies %g away from its centroid: further than its blob is wide", i, d)
		}
	}
}

func TestFewerVectorsThanCentroids(t *testing.T) {
	x := []float32{1, 2 /**/, 3, 4}
	means := Means(x, 2, 3, 5, rand.New(rand.NewPCG(1, 1)))
	if len(means) != 6 || !slices.Equal(means[4:], []float32{0, 0}) {
		t.Errorf("got %v", means)
	}
	for _, n := range []int{0, 1, 5} {
		x, _ := blobs(2, n, 2, 4)
		tree := Train(x, Shape{Width: 4, Lists: 10}, 1)
		if got := len(tree.Lists) / 4; got < 1 || int(tree.Start[len(tree.Start)-1]) != got {
			t.Errorf("%d vectors: %d lists, which start at %v", n, got, tree.Start)
		}
	}
}

func TestCopiesOfOneVectorAreNoTrouble(t *testing.T) {
	x := slices.Repeat([]float32{1, 2, 3, 4}, 500)
	tree := Train(x, Shape{Width: 4, Lists: 20}, 1)
	lists := make([]int32, 500)
	tree.Assign(lists, x)
	for _, l := range lists {
		if c := tree.Lists[int(l)*4:][:4]; squareDistance(c, x[:4]) > 1e-6 {
			t.Fatalf("list %d has centroid %v", l, c)
		}
	}
}

func TestAssignFindsTheNearestList(t *testing.T) {
	const width = 32
	x, _ := blobs(3, 6000, 40, width)
	tree := Train(x, Shape{Width: width, Lists: 300}, 1)
	lists := make([]int32, 6000)
	tree.Assign(lists, x)
	missed := 0
	for i, l := range lists {
		v := x[i*width:][:width]
		if best := tree.nearestList(v); int(l) != best &&
			squareDistance(v, tree.Lists[int(l)*width:][:width]) > 1.0001*squareDistance(v, tree.Lists[best*width:][:width]) {
			missed++
		}
	}
	if missed > 300 {
		t.Errorf("%d of 6000 vectors missed their nearest list, want at most 300", missed)
	}
}

func TestTheNumberOfThreadsChangesNothing(t *testing.T) {
	defer kernel.SetThreads(0)
	x, _ := blobs(4, 5000, 20, 16)
	var first *Tree
	var lists []int32
	for _, threads := range []int{1, 2, 7} {
		kernel.SetThreads(threads)
		tree := Train(x, Shape{Width: 16, Lists: 200}, 9)
		got := make([]int32, 5000)
		tree.Assign(got, x)
		if first == nil {
			first, lists = tree, got
		}
		if !slices.Equal(tree.Lists, first.Lists) || !slices.Equal(tree.Start, first.Start) || !slices.Equal(got, lists) {
			t.Fatalf("%d threads train another tree", threads)
		}
	}
}

func TestMembersAreInOrder(t *testing.T) {
	m := Members([]int32{2, 0, -1, 2, 0, 2}, 4)
	for l, want := range [][]int32{{1, 4}, {}, {0, 3, 5}, {}} {
		if !slices.Equal(m.Of(l), want) {
			t.Errorf("list %d has %v, want %v", l, m.Of(l), want)
		}
	}
}

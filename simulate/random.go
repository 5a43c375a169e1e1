package simulate

import (
	"math"
	"math/rand/v2"
)

// purpose keeps the streams of random numbers apart, so that a change in one
// part of the world leaves the dice of the others as they were.
type purpose uint64

const (
	forTopics purpose = iota + 1
	forCreators
	forReels
	forContent
	forMaps
	forPeople
	forMind
	forFavourites
	forPlan
	forSession
)

// stream returns the random numbers of one thing, e.g. of reel a or of day b
// of person a. Equal arguments give equal numbers, in whatever order and on
// whichever goroutine streams are made.
func stream(seed uint64, why purpose, a, b int) *rand.Rand {
	return rand.New(rand.NewPCG(scramble(seed^scramble(uint64(why))), scramble(scramble(uint64(a))+uint64(b))))
}

// scramble is the finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
func scramble(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// pick returns an index with probability in proportion to its weight; -1 when
// all weights are zero.
func pick(rng *rand.Rand, weights []float64) int {
	var total float64
	for _, v := range weights {
		total += v
	}
	return pickOf(rng, weights, total)
}

// pickOf is pick for a known total.
func pickOf(rng *rand.Rand, weights []float64, total float64) int {
	left, last := rng.Float64()*total, -1
	for i, v := range weights {
		if v <= 0 {
			continue
		}
		last = i
		if left -= v; left < 0 {
			break
		}
	}
	return last
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// gumbel is a standard Gumbel number: argmax(logit+gumbel) draws from softmax.
func gumbel(rng *rand.Rand) float64 { return -math.Log(rng.ExpFloat64()) }

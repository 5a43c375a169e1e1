package kernel

import (
	"math"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"
)

// withEachSet runs a test with every set of kernels that the processor has.
func withEachSet(t *testing.T, test func(t *testing.T)) {
	for _, name := range Sets() {
		t.Run(name, func(t *testing.T) {
			restore, err := Select(name)
			if err != nil {
				t.Fatal(err)
			}
			defer restore()
			test(t)
		})
	}
}

// codeLengths has every tail of every loop over codes, with and without whole turns.
var codeLengths = []int{0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 23, 31, 32, 33, 47, 63, 64, 65, 95, 127, 128, 130, 255, 256, 300}

// fencedInt8 is a code with both extremes among its numbers.
func fencedInt8(t testing.TB, rng *rand.Rand, n int) []int8 {
	x := fenced[int8](t, rng, n)
	for i := range x {
		x[i] = int8(rng.Uint32())
		if rng.IntN(4) == 0 {
			x[i] = [...]int8{-128, 127}[rng.IntN(2)]
		}
	}
	return x
}

func fencedWords(t testing.TB, rng *rand.Rand, n int) []uint64 {
	x := fenced[uint64](t, rng, n)
	for i := range x {
		x[i] = rng.Uint64() | rng.Uint64()
	}
	return x
}

// fencedFloats are of any size; one in ten is special.
func fencedFloats(t testing.TB, rng *rand.Rand, n int) []float32 {
	special := [...]float32{0, float32(math.Copysign(0, -1)), float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 1e-45, -1e-40, math.MaxFloat32}
	x := fenced[float32](t, rng, n)
	for i := range x {
		switch rng.IntN(10) {
		case 0:
			x[i] = special[rng.IntN(len(special))]
		case 1:
			x[i] = math.Float32frombits(rng.Uint32())
		default:
			x[i] = float32(rng.NormFloat64())
		}
	}
	return x
}

// fencedUnit are numbers in -1..1.
func fencedUnit(t testing.TB, rng *rand.Rand, n int) []float32 {
	x := fenced[float32](t, rng, n)
	for i := range x {
		x[i] = rng.Float32()*2 - 1
	}
	return x
}

// sameBits takes any NaN for any other: which one an addition of two keeps
// depends on the order that a compiler gives them.
func sameBits(a, b float32) bool {
	return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b
}

func TestLoopsOverCodesDoNotAllocate(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes sync.Pool forget at random")
	}
	const m, k, n = 7, 100, 70
	rng := rand.New(rand.NewPCG(1, 1))
	floats, halves, bytes := make([]float32, m*k), make([]uint16, m*k), make([]uint8, m*k)
	for i := range floats {
		floats[i] = rng.Float32()
	}
	shorts := make([]int16, m*k)
	query, codes, sums := make([]int8, k), make([]int8, m*k), make([]int32, m)
	words, planes := make([]uint64, m*5), make([]uint64, queryPlanes*5)
	scales, c, b := make([]float32, m), make([]float32, m*n), make([]float32, k*n)
	withEachSet(t, func(t *testing.T) {
		var half HalfWeights
		var int8s Int8Weights
		run := func() {
			half.Pack(false, k, n, b, n)
			int8s.Pack(false, k, n, b, n)
			ToHalf(halves, floats)
			FromHalf(floats, halves)
			AddHalf(floats, halves, floats)
			sums[0] = int32(ToInt16(shorts, floats) + ToInt8(query, floats[:k]))
			AddInt16(floats, shorts, 1, floats)
			AddInt8(floats[:k], query, 1, floats)
			half.MulVec(c[:n], floats[:k])
			DotsInt8(sums, query, codes)
			sums[0] = DotInt8(query, query)
			QuantizeRows(m, k, bytes, k, scales, floats, k)
			int8s.Gemm(m, bytes, k, scales, c, n, Epilogue{Bias: c[:n], ReLU: true})
			BitDots(sums, words, 5, planes)
			sums[0] = BitDot(words[:5], planes)
		}
		run() // packing makes room once
		if n := testing.AllocsPerRun(10, run); n != 0 {
			t.Errorf("%g allocations a run", n)
		}
	})
}

// A loop for AVX2 that takes a register or an instruction of AVX-512 would
// fail only on a processor that lacks it.
func TestLoopsForAVX2KeepToItsRegisters(t *testing.T) {
	source, err := os.ReadFile("code_asm_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	beyond := regexp.MustCompile(`\b(Z\d+|[XY](1[6-9]|2\d|3[01])|K[0-7])\b|AVX512`)
	checked := 0
	for _, loop := range strings.Split(string(source), "\n// func ")[1:] {
		name, _, _ := strings.Cut(loop, "(")
		if strings.HasSuffix(name, "AVX2") {
			checked++
			if found := beyond.FindString(loop); found != "" {
				t.Errorf("%s uses %s", name, found)
			}
		}
	}
	if checked == 0 {
		t.Error("found no loop for AVX2")
	}
}

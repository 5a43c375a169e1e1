package kernel

import (
	"math"
	"testing"
)

// FuzzGemm holds every set to the definition, with and without packed weights.
// One value comes from the fuzzer too, so NaN, infinities and subnormals are
// among them.
func FuzzGemm(f *testing.F) {
	f.Add(uint8(0), uint8(3), uint8(5), uint16(7), uint8(1), uint32(0x7f800000), uint16(3))
	f.Add(uint8(7), uint8(9), uint8(8), uint16(257), uint8(0), uint32(0x7fc00000), uint16(0))
	f.Add(uint8(2), uint8(1), uint8(40), uint16(260), uint8(2), uint32(1), uint16(9))
	f.Add(uint8(7), uint8(33), uint8(1), uint16(201), uint8(6), uint32(0x7f7ffff2), uint16(28))
	f.Add(uint8(8), uint8(13), uint8(66), uint16(513), uint8(2), uint32(0x80000001), uint16(70))
	f.Fuzz(func(t *testing.T, layout, m, n uint8, k uint16, extra uint8, special uint32, where uint16) {
		p := newProblem(uint64(where), layout&1 != 0, layout&2 != 0, layout&4 != 0,
			int(m%70), int(n)%140, int(k%600), int(extra%9))
		if v := math.Float32frombits(special); len(p.a) > 0 && v != canary {
			p.a[int(where)%len(p.a)] = v
		}
		if len(p.b) > 0 && layout&16 != 0 {
			p.b[int(where)%len(p.b)] = math.Float32frombits(special ^ 1<<31)
		}
		p.packed = layout&8 != 0 && !p.transA
		for _, set := range Sets() {
			restore, err := Select(set)
			if err != nil {
				t.Fatal(err)
			}
			err = p.check()
			restore()
			if err != nil {
				t.Fatalf("%s: %v: %v", set, p, err)
			}
		}
	})
}

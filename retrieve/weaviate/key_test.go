package weaviate

import (
	"math"
	"testing"

	"github.com/reelrank/reelrank/reel"
)

func TestKeyHoldsTheReel(t *testing.T) {
	for id, want := range map[reel.ReelID]string{
		0:             "7265656c-0000-8000-8000-000000000000",
		0x1234:        "7265656c-0000-8000-8000-000000001234",
		-1:            "7265656c-ffff-8000-8000-ffffffffffff",
		1 << 48:       "7265656c-0001-8000-8000-000000000000",
		math.MaxInt64: "7265656c-7fff-8000-8000-ffffffffffff",
		math.MinInt64: "7265656c-8000-8000-8000-000000000000",
	} {
		if got := keyOf(id); got != want {
			t.Errorf("the key of %d is %s, want %s", id, got, want)
		}
		if got, ok := reelOf(want); !ok || got != id {
			t.Errorf("%s is of reel %d, %v, want %d", want, got, ok, id)
		}
	}
}

func FuzzForeignKeyIsNoReel(f *testing.F) {
	f.Add("7265656c-0000-8000-8000-000000001234")
	f.Add("7265656c-0000-8000-8000-00000000123")
	f.Add("7265656c-+000-8000-8000-0000_0001234")
	f.Add("d9428888-122b-41e1-b85c-61cd3cbb3210")
	f.Fuzz(func(t *testing.T, key string) {
		r, ok := reelOf(key)
		if !ok {
			return
		}
		if again, ok := reelOf(keyOf(r)); !ok || again != r {
			t.Errorf("%q is of reel %d, its own key %q of %d", key, r, keyOf(r), again)
		}
		if len(key) != len(keyOf(r)) {
			t.Errorf("%q is taken for the key of %d", key, r)
		}
	})
}

func TestKnownItemsAreCounted(t *testing.T) {
	var k known
	for _, id := range []int32{5, 5, 1_000_000, math.MaxInt32, 6} {
		k.set(id, unsure)
	}
	k.set(6, absent)
	k.set(7, absent) // was never there
	if k.len() != 3 || k.get(6) != absent || k.get(math.MaxInt32) != unsure || len(k.pages) != 3 {
		t.Errorf("%d items on %d pages", k.len(), len(k.pages))
	}
	other := k.copy()
	other.set(5, absent)
	if k.get(5) != unsure || other.len() != 2 || len(other.ids()) != 2 {
		t.Errorf("a copy of %d items has %d, %v", k.len(), other.len(), other.ids())
	}
}

package retrieve

import (
	"fmt"
	"math/bits"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/retrieve/ann"
)

// passesBits is what the index makes of a request and an item.
func passesBits(r *ann.Request, item *ann.Item) bool {
	a := item.Attributes
	return a&r.Require == r.Require && (r.AnyOf == 0 || a&r.AnyOf != 0) && a&r.Forbid == 0 && !slices.Contains(r.Blocked, item.Creator)
}

// anyLabel draws labels of which the first are frequent and the last too many
// for bits of their own.
func anyLabel(kind string) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		n := rapid.OneOf(rapid.IntRange(0, 3), rapid.IntRange(0, 60)).Draw(t, kind)
		if n == 0 {
			return ""
		}
		return fmt.Sprint(kind, n)
	})
}

func anyLabelled() *rapid.Generator[reel.Reel] {
	return rapid.Custom(func(t *rapid.T) reel.Reel {
		return reel.Reel{
			Language: anyLabel("l").Draw(t, "language"), Region: anyLabel("r").Draw(t, "region"), Category: anyLabel("c").Draw(t, "category"),
			AgeRating: rapid.Uint8Range(0, reel.MaxAgeRating).Draw(t, "rating"), Creator: reel.CreatorID(rapid.IntRange(0, 9).Draw(t, "creator")),
		}
	})
}

func anyFilter() *rapid.Generator[Filter] {
	return rapid.Custom(func(t *rapid.T) Filter {
		some := func(kind string) []string { // mostly none, or hardly a reel passes all
			most := rapid.SampledFrom([]int{0, 0, 6}).Draw(t, "most")
			return rapid.SliceOfN(anyLabel(kind), 0, most).Draw(t, kind)
		}
		f := Filter{Languages: some("l"), Regions: some("r"), Categories: some("c"), ExcludedCategories: some("c")}
		f.ViewerAge = rapid.IntRange(0, 22).Draw(t, "age")
		for _, id := range rapid.SliceOfN(rapid.IntRange(0, 12), 0, 3).Draw(t, "blocked") {
			f.BlockedCreators = append(f.BlockedCreators, reel.CreatorID(id))
		}
		return f
	})
}

// Bits may let through what the filter does not; never the other way round,
// for reels that the layout was fitted on and for any that come later.
func TestBitsNeverRuleOutWhatTheFilterLetsPass(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reels := rapid.SliceOfN(anyLabelled(), 1, 60).Draw(t, "reels")
		for i := range reels {
			reels[i].ID = reel.ReelID(i)
		}
		c := mustCatalog(t, reels...)
		a, f := FitAttributes(c), anyFilter().Draw(t, "filter")
		var request ann.Request
		a.Narrow(&request, &f)
		filter := f.sieve()
		for i := range int32(c.Len()) {
			var item ann.Item
			a.Describe(&item, i)
			if filter.passes(c.Reel(i)) && !passesBits(&request, &item) {
				t.Fatalf("%+v: the bits %b rule out %+v", f, item.Attributes, *c.Reel(i))
			}
		}
		for _, later := range rapid.SliceOfN(anyLabelled(), 0, 20).Draw(t, "later") {
			if filter.passes(&later) && !passesBits(&request, &ann.Item{Attributes: a.Bits(&later)}) {
				t.Fatalf("%+v: the bits %b rule out %+v, which came later", f, a.Bits(&later), later)
			}
		}
	})
}

func TestAgeBitsRuleOutNobodyOldEnough(t *testing.T) {
	a := FitAttributes(mustCatalog(t, reel.Reel{ID: 1}))
	for age := range reel.MaxAgeRating + 2 {
		var request ann.Request
		a.Narrow(&request, &Filter{ViewerAge: age})
		for rating := range uint8(reel.MaxAgeRating + 1) {
			passes := passesBits(&request, &ann.Item{Attributes: a.Bits(&reel.Reel{AgeRating: rating})})
			switch step := slices.Contains(ageSteps[:], rating); {
			case !passes && (age == 0 || int(rating) <= age):
				t.Errorf("a viewer of %d does not see what is rated %d", age, rating)
			case passes && step && age > 0 && int(rating) > age:
				t.Errorf("bits let a viewer of %d see what is rated %d", age, rating)
			}
		}
	}
}

func TestEveryReelHasOneBitOfEachField(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reels := rapid.SliceOfN(anyLabelled(), 0, 80).Draw(t, "reels")
		for i := range reels {
			reels[i].ID = reel.ReelID(i)
		}
		a := FitAttributes(mustCatalog(t, reels...))
		var ages uint64
		for step := range ageSteps {
			ages |= ageBit(step)
		}
		if all := [...]uint64{a.fields[0].all, a.fields[1].all, a.fields[2].all, ages}; bits.OnesCount64(all[0]|all[1]|all[2]|all[3]) !=
			bits.OnesCount64(all[0])+bits.OnesCount64(all[1])+bits.OnesCount64(all[2])+bits.OnesCount64(all[3]) {
			t.Fatalf("fields share bits: %b", all)
		}
		for _, r := range append(reels, anyLabelled().Draw(t, "later")) {
			for n := range a.fields {
				if got := bits.OnesCount64(a.Bits(&r) & a.fields[n].all); got != 1 {
					t.Fatalf("%+v has %d bits of field %d", r, got, n)
				}
			}
		}
	})
}

func TestSameReelsGiveTheSameLayout(t *testing.T) {
	w := labelledWorld(t, 21, 400, 1000)
	for range 5 {
		if again := FitAttributes(w.parts.Catalog); !reflect.DeepEqual(again, w.parts.Attributes) {
			t.Fatal("another layout of the same catalogue")
		}
	}
}

// Bits decide by themselves where every label asked for has its own, and name
// few.
func TestFrequentLabelsAreDecidedByBits(t *testing.T) {
	w := labelledWorld(t, 22, 3000, 10_000)
	for _, f := range []Filter{
		{Languages: []string{"en"}},
		{Languages: []string{"en", "pt"}, Categories: []string{"topic 1", "topic 2"}},
		{Categories: []string{"topic 1", "topic 3"}, ExcludedCategories: []string{"topic 1"}},
		{Categories: []string{"topic 1"}, ExcludedCategories: []string{"topic 1"}}, // nothing
		{ExcludedCategories: []string{"topic 0"}, ViewerAge: 17},
		{Languages: []string{"es"}, BlockedCreators: []reel.CreatorID{3, 4}},
	} {
		var request ann.Request
		w.parts.Attributes.Narrow(&request, &f)
		filter := f.sieve()
		for i := range int32(w.parts.Catalog.Len()) {
			var item ann.Item
			w.parts.Attributes.Describe(&item, i)
			if got, want := passesBits(&request, &item), filter.passes(w.parts.Catalog.Reel(i)); got != want {
				t.Fatalf("%+v: reel %+v passes by bits: %t, want %t", f, *w.parts.Catalog.Reel(i), got, want)
			}
		}
		if named := bits.OnesCount64(request.Require | request.AnyOf | request.Forbid); named > 12 {
			t.Errorf("%+v names %d bits", f, named)
		}
	}
}

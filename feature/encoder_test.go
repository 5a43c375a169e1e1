package feature

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/reelrank/reelrank/reel"
	"pgregory.net/rapid"
)

func mustFit(t testing.TB, reels []reel.Reel) *Encoder {
	t.Helper()
	e, err := Fit(reels)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// encode writes over rubbish, so that a slot that Vector forgets shows.
func encode(e *Encoder, r *reel.Reel) []float32 {
	v := make([]float32, ReelDim)
	for i := range v {
		v[i] = float32(math.NaN())
	}
	e.Vector(v, r)
	return v
}

func rms(v []float32) float64 {
	var squares float64
	for _, x := range v {
		squares += float64(x) * float64(x)
	}
	return math.Sqrt(squares / float64(len(v)))
}

func TestContentHasUnitSpreadAndMissingModalitiesAreZeros(t *testing.T) {
	w := newWorld(t, 1, 60, 0)
	e := mustFit(t, w.reels)
	var missing int
	for i := range w.reels {
		r := &w.reels[i]
		v := encode(e, r)
		for _, m := range []struct {
			name    string
			from    []float32
			to      []float32
			present float32
		}{
			{"video", r.Video, v[VideoAt:AudioAt], v[MetaAt+metaVideo]},
			{"audio", r.Audio, v[AudioAt:TextAt], v[MetaAt+metaAudio]},
			{"text", r.Text, v[TextAt:MetaAt], v[MetaAt+metaText]},
		} {
			want := 1.0
			if m.from == nil {
				want = 0
				missing++
			}
			if got := rms(m.to); math.Abs(got-want) > 1e-6 || float64(m.present) != want {
				t.Errorf("reel %d: %s has a root mean square of %g and the bit %g, want both %g", r.ID, m.name, got, m.present, want)
			}
		}
	}
	if missing == 0 {
		t.Fatal("no modality was missing: the test proves nothing")
	}
}

func TestUnusableContentCountsAsMissing(t *testing.T) {
	e := mustFit(t, []reel.Reel{{ID: 1}})
	nan := make([]float32, reel.VideoDim)
	nan[3] = float32(math.NaN())
	for what, video := range map[string][]float32{
		"zeros": make([]float32, reel.VideoDim), "wrong width": {1, 2}, "NaN": nan, "empty": {},
	} {
		v := encode(e, &reel.Reel{Video: video})
		if v[MetaAt+metaVideo] != 0 || rms(v[:AudioAt]) != 0 {
			t.Errorf("%s: bit %g, root mean square %g; want zeros", what, v[MetaAt+metaVideo], rms(v[:AudioAt]))
		}
	}
	huge := slices.Repeat([]float32{math.MaxFloat32}, reel.VideoDim)
	if v := encode(e, &reel.Reel{Video: huge}); v[0] != 1 {
		t.Errorf("the largest numbers scale to %g, want 1", v[0])
	}
}

func TestVectorIsBoundedWhateverTheReel(t *testing.T) {
	w := newWorld(t, 2, 50, 0)
	e := mustFit(t, w.reels)
	rapid.Check(t, func(t *rapid.T) {
		r := reel.Reel{
			ID: 1, Creator: reel.CreatorID(rapid.Int64().Draw(t, "creator")),
			Category: rapid.String().Draw(t, "category"), Language: rapid.String().Draw(t, "language"),
			Region: rapid.String().Draw(t, "region"), Caption: rapid.String().Draw(t, "caption"),
			Duration: rapid.Float32().Draw(t, "duration"), Uploaded: rapid.Int64().Draw(t, "uploaded"),
			Audio: rapid.SliceOfN(rapid.Float32(), reel.AudioDim, reel.AudioDim).Draw(t, "audio"),
		}
		for i, v := range encode(e, &r) {
			if !(v >= -MaxValue && v <= MaxValue) {
				t.Fatalf("number %d is %g", i, v)
			}
		}
	})
	for _, d := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), -3} {
		v := encode(e, &reel.Reel{Duration: float32(d)})
		wantBounded(t, fmt.Sprint("duration ", d), v, MaxValue)
	}
}

func TestMetadataOfAHandMadeReel(t *testing.T) {
	catalogue := []reel.Reel{
		{ID: 1, Creator: 5, Category: "soup", Language: "pt", Duration: 20, Caption: "#a"},
		{ID: 2, Creator: 5, Category: "tea", Language: "en", Duration: 20},
		{ID: 3, Creator: 6, Category: "tea", Duration: 20},
	}
	e := mustFit(t, catalogue)
	const saturday = 1_700_265_600 // 2023-11-18 00:00 UTC
	r := reel.Reel{ID: 4, Creator: 6, Category: "tea", Duration: 30, Uploaded: saturday + 6*secondsPerHour}
	meta := encode(e, &r)[MetaAt:]
	wantSlots(t, MetaSlots[:], meta, map[string]float64{
		"has_video": 0, "duration_known": 1, "duration_to_30s": 1, "duration_to_15s": 0, "duration_to_60s": 0,
		"log_duration": math.Log(31.0 / 21), // the duration was constant: not scaled
		"upload_known": 1, "upload_hour_sin": 1, "upload_hour_cos": 0, "upload_weekend": 1,
		"upload_week_sin": math.Sin(2 * math.Pi * 6.25 / 7), "upload_week_cos": math.Cos(2 * math.Pi * 6.25 / 7),
		"category_00": 0, "category_01": 1, "category_unknown": 0, "language_unknown": 1, "region_unknown": 1,
		// counts 2, 2, 1: one of ln 2 stands (ln2 - mean)/sd = -sqrt(2) away.
		"log_creator_reels": -math.Sqrt2, "log_hashtags": -1 / math.Sqrt2,
		"event_watch": 0, "event_log_gap": 0,
	})
}

func TestDurationBucketsIncludeTheirUpperEnd(t *testing.T) {
	e := mustFit(t, []reel.Reel{{ID: 1}})
	for seconds, want := range map[float32]string{
		0.5: "duration_to_7s", 7: "duration_to_7s", 7.01: "duration_to_15s", 15: "duration_to_15s",
		30: "duration_to_30s", 60: "duration_to_60s", 61: "duration_over_60s", reel.MaxDuration: "duration_over_60s",
	} {
		meta := encode(e, &reel.Reel{Duration: seconds})[MetaAt:]
		if meta[slot(t, MetaSlots[:], want)] != 1 {
			t.Errorf("%g seconds: %s is 0", seconds, want)
		}
		if n := sum(meta[metaDuration:metaUploadKnown]); n != 1 {
			t.Errorf("%g seconds fall into %g buckets", seconds, n)
		}
	}
	if n := sum(encode(e, &reel.Reel{})[MetaAt+metaDurationKnown:][:7]); n != 0 {
		t.Errorf("an unknown duration sets %g", n)
	}
}

func sum(v []float32) (s float32) {
	for _, x := range v {
		s += x
	}
	return s
}

func TestEachLabelTakesOneSlotOfItsBlock(t *testing.T) {
	var catalogue []reel.Reel
	for i := range 60 { // c00 is the most frequent of 30 categories
		catalogue = append(catalogue, reel.Reel{ID: reel.ReelID(i), Category: fmt.Sprintf("c%02d", i%30*(i%2))})
	}
	e := mustFit(t, catalogue)
	slots := make(map[int]bool)
	for i, label := range append([]string{"", "never seen", unknownLabel}, labelsOf(catalogue)...) {
		meta := encode(e, &reel.Reel{Category: label})[MetaAt:]
		block := meta[metaCategory:metaLanguage]
		if n := sum(block); n != 1 {
			t.Fatalf("%q sets %g slots, want 1", label, n)
		}
		at := slices.Index(block, 1)
		if unknown := at == len(block)-1; unknown != (i == 0) && i != 2 {
			t.Errorf("%q takes slot %d of %d", label, at, len(block))
		}
		slots[at] = true
	}
	if len(slots) < categoryFitted/2 {
		t.Errorf("the labels share %d slots only", len(slots))
	}
}

func labelsOf(reels []reel.Reel) []string {
	var labels []string
	for i := range reels {
		labels = append(labels, reels[i].Category)
	}
	return labels
}

func TestReloadedEncoderWritesTheSameBits(t *testing.T) {
	w := newWorld(t, 3, 80, 0)
	e := mustFit(t, w.reels)
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var reloaded Encoder
	if err := json.Unmarshal(b, &reloaded); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(4, 4))
	for i := range 200 {
		x := anyReel(r, reel.ReelID(1000+i)) // not among those fitted
		if got, want := encode(&reloaded, &x), encode(e, &x); !slices.Equal(got, want) {
			t.Fatalf("reel %+v differs after the reload", x)
		}
	}
	again, err := json.Marshal(&reloaded)
	if err != nil || string(again) != string(b) {
		t.Errorf("the state changed by a reload: %v", err)
	}
}

func TestEncoderStateIsReadStrictly(t *testing.T) {
	b, err := json.Marshal(mustFit(t, newWorld(t, 3, 30, 0).reels))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{`{"version":1,"pipeline"`, `{"version":9,"pipeline"`, "version 9, this program reads version 1"},
		{`"creator_reels"`, `"creators"`, "unknown field"},
		{`"name":"log_duration"`, `"name":"duration"`, "its columns are not those of this program"},
		{`"creator_reels":{`, `"creator_reels":{"99":1,`, "creator 99 has 1 reels"},
		{`"missing":"median"`, `"missing":"magic"`, "choose one of"},
	} {
		spoilt := strings.Replace(string(b), c.old, c.new, 1)
		if spoilt == string(b) {
			t.Fatalf("%q is not in %s", c.old, b)
		}
		if err := json.Unmarshal([]byte(spoilt), new(Encoder)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want %q in it", c.new, err, c.want)
		}
	}
	if err := json.Unmarshal([]byte(`{"version":1}`), new(Encoder)); err == nil {
		t.Error("a state without a pipeline was read")
	}
}

func TestFitNeedsReels(t *testing.T) {
	if _, err := Fit(nil); err == nil || !strings.Contains(err.Error(), "empty") {
		t.Errorf("error is %v", err)
	}
}

func TestFitDoesNotDependOnTheOrderOfReels(t *testing.T) {
	w := newWorld(t, 5, 40, 0)
	e := mustFit(t, w.reels)
	slices.Reverse(w.reels)
	f := mustFit(t, w.reels)
	for i := range w.reels {
		a, b := encode(e, &w.reels[i]), encode(f, &w.reels[i])
		for j := range a {
			if math.Abs(float64(a[j]-b[j])) > 1e-5 { // sums round differently
				t.Fatalf("number %d is %g and %g", j, a[j], b[j])
			}
		}
	}
}

func TestManyMayEncodeAtOnce(t *testing.T) {
	w := newWorld(t, 6, 20, 0)
	e := mustFit(t, w.reels)
	want := encode(e, &w.reels[7])
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				if !slices.Equal(encode(e, &w.reels[7]), want) {
					t.Error("a concurrent vector differs")
				}
			}
		})
	}
	wg.Wait()
}

func TestVectorDoesNotAllocate(t *testing.T) {
	w := newWorld(t, 6, 20, 0)
	e := mustFit(t, w.reels)
	dst := make([]float32, ReelDim)
	if n := testing.AllocsPerRun(100, func() { e.Vector(dst, &w.reels[3]) }); n != 0 {
		t.Errorf("%g allocations per vector, want 0", n)
	}
}

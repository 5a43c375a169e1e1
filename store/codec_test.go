package store_test

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
	"github.com/reelrank/reelrank/store/storetest"
)

// wideWorld draws ids of any size.
var wideWorld = storetest.World{Users: math.MaxInt64, Reels: math.MaxInt64, Creators: math.MaxInt64, IDs: 1000, Now: 1_700_000_000}

func TestRecordIsReadAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := store.Record{
			Offset: store.Offset(rapid.Uint64().Draw(t, "offset")),
			Time:   rapid.Int64Range(0, reel.MaxTime*1000).Draw(t, "accepted"),
			Body:   wideWorld.Body().Draw(t, "body"),
		}
		got, err := store.DecodeRecord(want.Offset, store.AppendRecord(nil, want))
		if err != nil {
			t.Fatal(err)
		}
		if !storetest.SameRecord(got, want) {
			t.Fatalf("read %+v, want %+v", got, want)
		}
	})
}

func TestProfileIsReadAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := wideWorld.Profile().Draw(t, "profile")
		got, err := store.DecodeProfile(store.AppendProfile(nil, want))
		if err != nil || !store.SameProfile(got, want) {
			t.Fatalf("read %+v, %v, want %+v", got, err, want)
		}
	})
}

func TestBitsOfWatchTimeAndDurationSurvive(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 100_000 {
		it := reel.Interaction{Watch: reel.WatchTime(random.Float32()), Duration: float32(random.Float64() * reel.MaxDuration)}
		switch i % 4 {
		case 1: // what JSON with three digits becomes
			it.Watch = reel.WatchTime(float32(float64(random.IntN(1001)) / 1000))
			it.Duration = float32(float64(random.IntN(3000)) / 10)
		case 2: // any bits at all
			it.Watch = reel.WatchTime(math.Float32frombits(random.Uint32()))
			it.Duration = math.Float32frombits(random.Uint32())
		case 3:
			it.Duration = float32(random.IntN(reel.MaxDuration + 1))
		}
		r := store.Record{Time: 1_700_000_000_000, Body: store.Event{Interaction: it}}
		got, err := store.DecodeRecord(0, store.AppendRecord(nil, r))
		if err != nil {
			t.Fatal(err)
		}
		e := got.Body.(store.Event)
		if math.Float32bits(float32(e.Watch)) != math.Float32bits(float32(it.Watch)) || math.Float32bits(e.Duration) != math.Float32bits(it.Duration) {
			t.Fatalf("watch %x and duration %x are read as %x and %x", it.Watch, it.Duration, e.Watch, e.Duration)
		}
	}
}

// typicalProfile is a user with 50 interactions of sittings of about twelve
// reels each, ids below ten million, watch times of three digits.
func typicalProfile(random *rand.Rand) *reel.Profile {
	p := reel.NewProfile(reel.UserID(random.IntN(1e7)))
	now, position, session, device := int64(1_700_000_000), 0, int64(random.IntN(1e6)), "android"
	for range reel.HistoryLen {
		now += 5 + int64(random.IntN(40))
		if position++; random.IntN(12) == 0 {
			now += 3600 + int64(random.IntN(86400))
			session, position = session+1+int64(random.IntN(1e6)), 0
			device = []string{"android", "ios"}[random.IntN(4)/3]
		}
		it := reel.Interaction{
			User: p.User, Reel: reel.ReelID(random.IntN(1e7)), Creator: reel.CreatorID(random.IntN(1e6)), Time: now,
			Watch: reel.WatchTime(float32(float64(random.IntN(1001)) / 1000)), Duration: float32(5 + random.IntN(55)), Observed: reel.AllObserved,
			Context: reel.Context{Device: device, Place: "BR", Session: session, Position: position},
		}
		if random.IntN(8) == 0 {
			it.Signals = reel.Liked
		}
		p.Apply(it)
	}
	return p
}

func TestTypicalProfileTakesLessThan700Bytes(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 100 {
		p := typicalProfile(random)
		p.Seen = reel.ReelSet{} // grows for ever, and is stored by the reel
		if n := len(store.AppendProfile(nil, p)); n > 700 {
			t.Errorf("the profile takes %d bytes", n)
		}
	}
}

func TestProfileOfUnroundWatchTimesTakesLessThanAKilobyte(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	p := typicalProfile(random)
	for i := range p.Recent {
		p.Recent[i].Watch = reel.WatchTime(random.Float32())
		p.Recent[i].Reel += 1 << 40 // ids that carry a time
	}
	p.Seen = reel.ReelSet{}
	if n := len(store.AppendProfile(nil, p)); n > 1000 {
		t.Errorf("the profile takes %d bytes", n)
	}
}

func TestTruncatedAndLengthenedBytesAreRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := store.AppendRecord(nil, store.Record{Time: 1_700_000_000_000, Body: storetest.SmallWorld.Body().Draw(t, "body")})
		cut := rapid.IntRange(0, len(whole)-1).Draw(t, "cut")
		if _, err := store.DecodeRecord(1, whole[:cut]); !errors.Is(err, store.ErrEncoding) {
			t.Fatalf("the first %d of %d bytes are read: %v", cut, len(whole), err)
		}
		if _, err := store.DecodeRecord(1, append(whole, 0)); !errors.Is(err, store.ErrEncoding) {
			t.Fatalf("a byte too many is read: %v", err)
		}
	})
}

func TestUnknownVersionIsNamed(t *testing.T) {
	_, err := store.DecodeRecord(7, []byte{2<<4 | 1, 0})
	if !errors.Is(err, store.ErrEncoding) || err.Error() != "record 7 is of version 2, want 1: not a valid encoding" {
		t.Errorf("error %v", err)
	}
}

func TestFalseCountsReserveNoMemory(t *testing.T) {
	huge := []byte{0xff, 0xff, 0xff, 0xff, 0x7f}
	for _, input := range [][]byte{
		slices.Concat([]byte{1, 50}, huge),
		slices.Concat([]byte{1, 50, 0}, huge),
		slices.Concat([]byte{1, 50, 0, 0}, huge),
	} {
		if n := testing.AllocsPerRun(1, func() {
			if _, err := store.DecodeProfile(input); !errors.Is(err, store.ErrEncoding) {
				t.Errorf("%x is read: %v", input, err)
			}
		}); n > 20 {
			t.Errorf("%x makes the decoder allocate %g times", input, n)
		}
	}
}

func FuzzDecodeRecord(f *testing.F) {
	for seed := range 64 {
		f.Add(store.AppendRecord(nil, store.Record{Time: 1_700_000_000_000, Body: storetest.SmallWorld.Body().Example(seed)}))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := store.DecodeRecord(1, b); err == nil {
			once := store.AppendRecord(nil, r)
			again, err := store.DecodeRecord(1, once)
			checkRewritten(t, once, err, func() []byte { return store.AppendRecord(nil, again) })
		}
	})
}

func FuzzDecodeProfile(f *testing.F) {
	for seed := range 16 {
		f.Add(store.AppendProfile(nil, storetest.SmallWorld.Profile().Example(seed)))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := store.DecodeProfile(b); err == nil {
			once := store.AppendProfile(nil, p)
			again, err := store.DecodeProfile(once)
			checkRewritten(t, once, err, func() []byte { return store.AppendProfile(nil, again) })
		}
	})
}

func FuzzDecodeCatalog(f *testing.F) {
	f.Add(store.AppendReel(nil, &reel.Reel{ID: 1, Caption: "tea", Duration: 3}))
	f.Add(store.AppendCreator(nil, &reel.Creator{ID: 1, Name: "Ana"}))
	f.Add(store.AppendVectors(nil, &reel.Reel{Video: []float32{1, 2}, Text: []float32{}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := store.DecodeReel(b); err == nil {
			once := store.AppendReel(nil, &r)
			again, err := store.DecodeReel(once)
			checkRewritten(t, once, err, func() []byte { return store.AppendReel(nil, &again) })
		}
		if c, err := store.DecodeCreator(b); err == nil {
			once := store.AppendCreator(nil, &c)
			again, err := store.DecodeCreator(once)
			checkRewritten(t, once, err, func() []byte { return store.AppendCreator(nil, &again) })
		}
		var r, again reel.Reel
		if err := store.DecodeVectors(b, &r); err == nil {
			once := store.AppendVectors(nil, &r)
			err := store.DecodeVectors(once, &again)
			checkRewritten(t, once, err, func() []byte { return store.AppendVectors(nil, &again) })
		}
	})
}

// checkRewritten compares what was read by its bytes, since a NaN that somebody
// made up is not equal to itself.
func checkRewritten(t *testing.T, once []byte, err error, twice func() []byte) {
	t.Helper()
	if err != nil {
		t.Fatalf("%x was written and cannot be read: %v", once, err)
	}
	if again := twice(); !bytes.Equal(again, once) {
		t.Fatalf("%x was read and is written as %x", once, again)
	}
}

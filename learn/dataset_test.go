package learn

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/dataset"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// records is a log in memory.
type records []store.Body

func (r records) Last() store.Offset { return store.Offset(len(r)) }

func (r records) Read(_ context.Context, from store.Offset, fn func(store.Record) error) error {
	for k := int(from) - 1; k < len(r); k++ {
		if err := fn(store.Record{Offset: store.Offset(k + 1), Body: r[k]}); err != nil {
			return err
		}
	}
	return nil
}

func TestTheLogOfASeededStoreIsTheBundlesData(t *testing.T) {
	d := deployed(t, brief().Learn)
	got, err := Dataset(t.Context(), d, d.Last())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Interactions, past().Interactions) {
		t.Errorf("%d interactions, and not those %d of the bundle", len(got.Interactions), len(past().Interactions))
	}
	if !reflect.DeepEqual(got.Reels, past().Reels) {
		t.Errorf("%d reels, and not those %d of the bundle", len(got.Reels), len(past().Reels))
	}
	d.liveOn(t)
	if got, err = Dataset(t.Context(), d, d.Last()); err != nil || !reflect.DeepEqual(got.Interactions, tiny().Interactions) {
		t.Errorf("%d interactions, %v; want the whole log of the world", len(got.Interactions), err)
	}
}

func at(time int64, user reel.UserID, id reel.ReelID, creator reel.CreatorID) store.Event {
	return store.Event{Interaction: reel.Interaction{User: user, Reel: id, Creator: creator, Time: time, Duration: 5, Observed: reel.AllObserved}}
}

// times lists "time/reel" of the interactions, and reels "id/creator".
func summary(ds *dataset.Dataset) (times []int64, reels map[reel.ReelID]reel.CreatorID) {
	reels = map[reel.ReelID]reel.CreatorID{}
	for _, it := range ds.Interactions {
		times = append(times, it.Time)
	}
	for _, r := range ds.Reels {
		reels[r.ID] = r.Creator
	}
	return times, reels
}

var changing = records{
	store.ReelPut{Reel: reel.Reel{ID: 1, Creator: 10, Duration: 9}}, // 1
	at(100, 1, 1, 10), // 2
	at(300, 2, 2, 20), // 3: nobody ever put reel 2
	at(200, 1, 2, 20), // 4: it comes late
	store.ReelPut{Reel: reel.Reel{ID: 1, Creator: 11, Duration: 9, Category: "opera"}}, // 5: another creator
	store.ReelPut{Reel: reel.Reel{ID: 3, Creator: 30}},                                 // 6
	store.ReelDeleted{ID: 3},  // 7
	store.UserErased{User: 9}, // 8
	at(400, 2, 2, 21),         // 9: and now by somebody else
}

func TestTheNewestThatIsKnownOfAReelHolds(t *testing.T) {
	ds, err := Dataset(t.Context(), changing, 9)
	if err != nil {
		t.Fatal(err)
	}
	times, reels := summary(ds)
	if !slices.Equal(times, []int64{100, 200, 300, 400}) {
		t.Errorf("interactions at %v", times)
	}
	if want := map[reel.ReelID]reel.CreatorID{1: 11, 2: 21, 3: 30}; !reflect.DeepEqual(reels, want) {
		t.Errorf("reels by %v, want %v", reels, want)
	}
	if ds.Interactions[0].Creator != 11 || ds.Interactions[1].Creator != 21 || ds.Reels[0].Category != "opera" || ds.Reels[1].Duration != 5 {
		t.Errorf("%+v\n%+v", ds.Interactions, ds.Reels)
	}
}

func TestNothingAfterTheOffsetIsInTheDataset(t *testing.T) {
	ds, err := Dataset(t.Context(), changing, 4)
	if err != nil {
		t.Fatal(err)
	}
	times, reels := summary(ds)
	if !slices.Equal(times, []int64{100, 200, 300}) || reels[1] != 10 || len(reels) != 2 {
		t.Errorf("interactions at %v, reels by %v", times, reels)
	}
	if _, err := Dataset(t.Context(), changing, 10); err == nil || !strings.Contains(err.Error(), "ends at 9") {
		t.Errorf("an offset after the end: %v", err)
	}
}

func TestOnlyTheNewestInteractionsAreKept(t *testing.T) {
	for most, want := range map[int][]int64{1: {400}, 2: {200, 400}, 3: {200, 300, 400}, 4: {100, 200, 300, 400}, 9: {100, 200, 300, 400}} {
		ds, err := Newest(t.Context(), changing, 9, most)
		if err != nil {
			t.Fatal(err)
		}
		if times, _ := summary(ds); !slices.Equal(times, want) {
			t.Errorf("the newest %d are at %v, want %v", most, times, want)
		}
	}
}

func TestReadingStopsWithItsContext(t *testing.T) {
	d := deployed(t, brief().Learn)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Dataset(ctx, d, d.Last()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

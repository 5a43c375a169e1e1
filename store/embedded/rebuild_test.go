package embedded

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
	"github.com/reelrank/reelrank/store/storetest"
)

func TestViewsMadeAnewAreThoseThatWereThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		now := time.Unix(storetest.SmallWorld.Now, 0)
		oracle := &storetest.Oracle{Now: func() time.Time { return now }, RememberIDs: DefaultRememberIDs}
		s, err := Open(Options{Dir: "store", FS: vfs.NewMem(), Now: oracle.Now, tune: smallTables})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for range rapid.IntRange(1, 6).Draw(t, "steps") {
			bodies := rapid.SliceOfN(storetest.SmallWorld.Body(), 1, 12).Draw(t, "bodies")
			if _, err := s.Append(ctx, bodies...); err != nil {
				t.Fatal(err)
			}
			oracle.Append(bodies...)
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(4*24*time.Hour)).Draw(t, "wait")))
			if rapid.Bool().Draw(t, "retain") {
				before := now.Add(-time.Duration(rapid.Int64Range(0, int64(8*24*time.Hour)).Draw(t, "age")))
				if _, err := s.Retain(ctx, before); err != nil {
					t.Fatal(err)
				}
				oracle.Retain(before)
			}
			checkViews(t, s)
			if err := s.Rebuild(ctx); err != nil {
				t.Fatal(err)
			}
			checkViews(t, s)
			if err := storetest.Compare(s, oracle, storetest.SmallWorld.Users); err != nil {
				t.Fatalf("after making views anew: %v", err)
			}
		}
	})
}

func checkViews(t *rapid.T, s *Store) {
	t.Helper()
	if differences, err := s.Differences(context.Background()); err != nil || len(differences) > 0 {
		t.Fatalf("%q, %v", differences, err)
	}
}

func TestDifferencesFindsEveryBrokenView(t *testing.T) {
	one := store.AppendProfile(nil, reel.NewProfile(1))
	for _, c := range []struct {
		name string
		harm func(*pebble.Batch)
		want string
	}{
		{"index entry gone", func(b *pebble.Batch) { _ = b.Delete(key2(indexKey, int64(1), int64(1)), nil) }, "the index of user 1 lacks record 1"},
		{"index entry of a reel's record", func(b *pebble.Batch) { _ = b.Set(key2(indexKey, int64(1), int64(2)), nil, nil) }, "the index names 2 records"},
		{"profile of before", func(b *pebble.Batch) { _ = b.Set(key1(profileKey, int64(1)), one, nil) }, "the profile of user 1"},
		{"profile of nobody", func(b *pebble.Batch) { _ = b.Set(key1(profileKey, int64(2)), one, nil) }, "there are 2 profiles"},
		{"reel seen by nobody", func(b *pebble.Batch) { _ = b.Set(key2(seenKey, int64(2), int64(1)), nil, nil) }, "2 reels are noted as seen"},
		{"id forgotten", func(b *pebble.Batch) { over := all(idKey); _ = b.DeleteRange(over.start, over.end, nil) }, "the id of record 1"},
		{"id of nothing", func(b *pebble.Batch) { _ = b.Set(keyOfID(1<<40, 1, "x"), appendPosition(nil, 1, 1<<50), nil) }, "2 ids are remembered"},
		{"reel gone", func(b *pebble.Batch) { _ = b.Delete(key1(reelKey, int64(10)), nil) }, "the catalogue has 0 reels"},
		{"reel of before", func(b *pebble.Batch) {
			_ = b.Set(key1(reelKey, int64(10)), store.AppendReel(nil, &reel.Reel{ID: 10}), nil)
		}, "reel 10 is not what record 2 says"},
		{"work of a creator gone", func(b *pebble.Batch) { _ = b.Delete(key2(workKey, int64(5), int64(10)), nil) }, "lists 0 by creator"},
		{"creator of before", func(b *pebble.Batch) {
			_ = b.Set(key1(creatorKey, int64(5)), store.AppendCreator(nil, &reel.Creator{ID: 5}), nil)
		}, "creator 5 is not what record 3 says"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := openAt(t, Options{Dir: "store", FS: vfs.NewMem()})
			if _, err := s.Append(context.Background(), store.Event{ID: "a", Interaction: reel.Interaction{User: 1, Reel: 10}},
				store.ReelPut{Reel: reel.Reel{ID: 10, Creator: 5}}, store.CreatorPut{Creator: reel.Creator{ID: 5, Name: "Ana"}}); err != nil {
				t.Fatal(err)
			}
			b := s.db.NewBatch()
			c.harm(b)
			if err := b.Commit(pebble.Sync); err != nil {
				t.Fatal(err)
			}
			found, err := s.Differences(context.Background())
			if err != nil || !strings.Contains(strings.Join(found, "; "), c.want) {
				t.Errorf("found %q, %v, want %q", found, err, c.want)
			}
			if err := s.Rebuild(context.Background()); err != nil {
				t.Fatal(err)
			}
			if found, err := s.Differences(context.Background()); err != nil || len(found) > 0 {
				t.Errorf("made anew: %q, %v", found, err)
			}
		})
	}
}

func TestVerifyReadsABackupThrough(t *testing.T) {
	dir := t.TempDir()
	s := openAt(t, Options{Dir: filepath.Join(dir, "store")})
	ctx := context.Background()
	if _, err := s.Append(ctx, store.Event{Interaction: reel.Interaction{User: 1}}, store.ReelPut{Reel: reel.Reel{ID: 10}}, store.CreatorPut{}); err != nil {
		t.Fatal(err)
	}
	backup := filepath.Join(dir, "backup")
	if err := s.Backup(ctx, backup); err != nil {
		t.Fatal(err)
	}
	for range 2 { // reading changes nothing
		got, err := Verify(ctx, backup, nil)
		if want := (Summary{Records: 3, Last: 3, Users: 1, Reels: 1, Creators: 1}); err != nil || got != want {
			t.Fatalf("found %+v, %v, want %+v", got, err, want)
		}
	}
	if err := s.Backup(ctx, filepath.Join(dir, "store", "backup")); err == nil {
		t.Error("a backup was written into the store itself")
	}
	_, err := Verify(ctx, filepath.Join(dir, "store"), nil)
	if !errors.As(err, new(*store.InUseError)) {
		t.Errorf("of a store in use: %v", err)
	}
	if _, err := Verify(ctx, filepath.Join(dir, "nothing"), nil); err == nil {
		t.Error("a directory that is not there is verified")
	}
}

package dataset

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/reelrank/reelrank/reel"
)

// drawDataset draws a dataset that passes Validate, with every field in use.
func drawDataset(t *rapid.T) *Dataset {
	ds := &Dataset{Source: rapid.SampledFrom([]string{"csv", "simulated", "ünïcode"}).Draw(t, "source")}
	vector := func(dim int, name string) []float32 {
		if !rapid.Bool().Draw(t, name) {
			return nil
		}
		v := make([]float32, dim)
		for i := range v {
			v[i] = float32(i)
		}
		v[0] = rapid.Float32Range(-1e30, 1e30).Draw(t, name+"[0]")
		return v
	}
	n := rapid.IntRange(1, 5).Draw(t, "reels")
	for i := range n {
		ds.Reels = append(ds.Reels, reel.Reel{
			ID:       reel.ReelID(i*7 + rapid.IntRange(0, 6).Draw(t, "id")),
			Creator:  reel.CreatorID(rapid.Int64Range(0, math.MaxInt64).Draw(t, "creator")),
			Category: rapid.SampledFrom([]string{"", "cooking", "日本"}).Draw(t, "category"),
			Caption:  rapid.String().Draw(t, "caption"),
			Duration: rapid.Float32Range(0, reel.MaxDuration).Draw(t, "duration"),
			Uploaded: rapid.Int64Range(reel.MinTime, reel.MaxTime).Draw(t, "uploaded"),
			Video:    vector(reel.VideoDim, "video"), Audio: vector(reel.AudioDim, "audio"), Text: vector(reel.TextDim, "text"),
		})
	}
	for range rapid.IntRange(0, 20).Draw(t, "interactions") {
		ds.Interactions = append(ds.Interactions, drawInteraction(t, ds.Reels))
	}
	ds.Sort()
	return ds
}

func drawInteraction(t *rapid.T, reels []reel.Reel) reel.Interaction {
	r := reels[rapid.IntRange(0, len(reels)-1).Draw(t, "reel")]
	return reel.Interaction{
		User: reel.UserID(rapid.Int64Range(0, math.MaxInt64).Draw(t, "user")), Reel: r.ID, Creator: r.Creator,
		Time:     rapid.Int64Range(reel.MinTime, reel.MaxTime).Draw(t, "time"),
		Watch:    reel.WatchTime(rapid.Float32Range(0, 1).Draw(t, "watch")),
		Duration: rapid.Float32Range(0, reel.MaxDuration).Draw(t, "length"),
		Signals:  reel.Signals(rapid.IntRange(0, 255).Draw(t, "signals")) &^ reel.Watched,
		Observed: reel.Signals(rapid.IntRange(0, 255).Draw(t, "observed")),
		Context: reel.Context{
			Device:  rapid.SampledFrom([]string{"", "android", "ios"}).Draw(t, "device"),
			Place:   rapid.SampledFrom([]string{"", "BR", "São Paulo"}).Draw(t, "place"),
			Session: rapid.Int64Range(0, math.MaxInt64).Draw(t, "session"), Position: rapid.IntRange(0, 1000).Draw(t, "position"),
		},
	}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawDataset(t)
		var its, reels bytes.Buffer
		if err := errors.Join(WriteInteractions(context.Background(), &its, want.Interactions), WriteReels(context.Background(), &reels, want.Reels)); err != nil {
			t.Fatal(err)
		}
		gotInteractions, err := ReadInteractions(context.Background(), bytes.NewReader(its.Bytes()), int64(its.Len()))
		if err != nil {
			t.Fatal(err)
		}
		if len(gotInteractions)+len(want.Interactions) > 0 && !reflect.DeepEqual(gotInteractions, want.Interactions) {
			t.Fatalf("got %+v\nwant %+v", gotInteractions, want.Interactions)
		}
		gotReels, err := ReadReels(context.Background(), bytes.NewReader(reels.Bytes()), int64(reels.Len()))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(gotReels, want.Reels) {
			t.Fatalf("got %+v\nwant %+v", gotReels, want.Reels)
		}
	})
}

// More rows than a batch and than a row group, so that their borders are met.
func TestManyRowsAreWrittenAndReadBack(t *testing.T) {
	want := &Dataset{Source: "simulated"}
	for i := range reelsPerGroup + batchRows + 1 {
		r := reel.Reel{ID: reel.ReelID(i), Creator: reel.CreatorID(i % 7)}
		if i%1000 == 1 {
			r.Audio = make([]float32, reel.AudioDim)
			r.Audio[3] = float32(i)
		}
		want.Reels = append(want.Reels, r)
		want.Interactions = append(want.Interactions, reel.Interaction{User: 1, Reel: r.ID, Creator: r.Creator, Time: int64(i)})
	}
	dir := filepath.Join(t.TempDir(), "made", "here")
	if err := want.Write(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	got, err := Read(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Error("the dataset is another than the one that was written")
	}
	if err := small().Write(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	if got, err := Read(context.Background(), dir); err != nil || !reflect.DeepEqual(got, small()) {
		t.Errorf("after it was replaced: %v", err)
	}
	if left, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(left) != 1 {
		t.Errorf("beside the dataset lie %v (%v), want nothing", left, err)
	}
}

func small() *Dataset {
	return &Dataset{
		Source: "test",
		Reels:  []reel.Reel{{ID: 1, Creator: 10, Video: make([]float32, reel.VideoDim)}, {ID: 2, Creator: 20}},
		Interactions: []reel.Interaction{
			{User: 1, Reel: 1, Creator: 10, Time: 100, Watch: 0.5, Observed: reel.Watched},
			{User: 2, Reel: 2, Creator: 20, Time: 200, Signals: reel.Liked, Observed: reel.Watched | reel.Liked},
		},
	}
}

func TestManifestSaysWhatTheDatasetHolds(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ds")
	if err := small().Write(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	got, err := ReadManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Files) != 2 || got.Files[ReelsFile].Bytes == 0 {
		t.Errorf("files: %+v", got.Files)
	}
	got.Files = nil
	want := Manifest{FormatVersion: 1, Source: "test", Interactions: 2, Reels: 2, Users: 2, Creators: 2, From: 100, To: 200,
		Observed: map[string]float64{"watch_time": 1, "liked": 0.5}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestADamagedDatasetIsRefusedWithTheFileNamed(t *testing.T) {
	for _, damage := range []struct {
		name, file string
		do         func(b []byte) []byte
		want       error
	}{
		{"truncated", InteractionsFile, func(b []byte) []byte { return b[:len(b)-9] }, ErrDamaged},
		{"one bit", ReelsFile, func(b []byte) []byte { b[len(b)/2] ^= 1; return b }, ErrDamaged},
		{"gone", ReelsFile, nil, ErrDamaged},
		{"manifest gone", ManifestFile, nil, ErrNotDataset},
		{"manifest not JSON", ManifestFile, func([]byte) []byte { return []byte("{") }, ErrDamaged},
		{"other version", ManifestFile, func(b []byte) []byte {
			return []byte(strings.Replace(string(b), `"format_version": 1`, `"format_version": 2`, 1))
		}, ErrNotDataset},
		{"other counts", ManifestFile, func(b []byte) []byte {
			return []byte(strings.Replace(string(b), `"reels": 2`, `"reels": 3`, 1))
		}, ErrDamaged},
	} {
		t.Run(damage.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "ds")
			if err := small().Write(context.Background(), dir); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, damage.file)
			if damage.do == nil {
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
			} else {
				b, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, damage.do(b), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			_, err := Read(context.Background(), dir)
			if !errors.Is(err, damage.want) || !strings.Contains(err.Error(), damage.file) {
				t.Errorf("got %v, want %v naming %s", err, damage.want, damage.file)
			}
		})
	}
}

// The bundle reads the two files with its own hashes, so the decoder itself
// must stand any bytes.
func TestDamagedParquetIsAnErrorNeverAPanic(t *testing.T) {
	dir := t.TempDir()
	its, reels := filepath.Join(dir, "i"), filepath.Join(dir, "r")
	if err := small().WriteFiles(context.Background(), its, reels); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(its)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		b := append([]byte(nil), good...)
		for range rapid.IntRange(1, 4).Draw(rt, "changes") {
			b[rapid.IntRange(0, len(b)-1).Draw(rt, "at")] = rapid.Byte().Draw(rt, "byte")
		}
		b = b[:rapid.IntRange(len(b)/2, len(b)).Draw(rt, "cut")]
		if err := os.WriteFile(its, b, 0o644); err != nil {
			rt.Fatal(err)
		}
		ds, err := ReadFiles(context.Background(), its, reels)
		if err == nil && ds.Validate() != nil {
			rt.Fatal("read a dataset that is not valid")
		}
	})
	if _, err := ReadFiles(context.Background(), reels, reels); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "watch_time") {
		t.Errorf("reels read as interactions: %v", err)
	}
}

func TestWriteLeavesOtherFoldersAlone(t *testing.T) {
	dir := t.TempDir()
	mine := filepath.Join(dir, "thesis.txt")
	if err := os.WriteFile(mine, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := small().Write(context.Background(), dir); !errors.Is(err, ErrNotDataset) {
		t.Errorf("got %v, want ErrNotDataset", err)
	}
	if b, err := os.ReadFile(mine); err != nil || string(b) != "mine" {
		t.Errorf("the folder's file: %q, %v", b, err)
	}
}

func TestAFailedWriteKeepsTheOldDataset(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ds")
	if err := small().Write(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := small().Write(ctx, dir); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want context.Canceled", err)
	}
	if _, err := Read(context.Background(), dir); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(filepath.Dir(dir)); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestWriteRefusesADatasetThatBreaksTheInvariant(t *testing.T) {
	for name, spoil := range map[string]func(*Dataset){
		"2 of 2: timestamp":            func(ds *Dataset) { ds.Interactions[1].Time = 5 },
		"1 of 2: watch_time":           func(ds *Dataset) { ds.Interactions[0].Watch = reel.WatchTime(math.NaN()) },
		"2 of 2: reel_id: 9":           func(ds *Dataset) { ds.Interactions[1].Reel = 9 },
		"1 of 2: creator_id: 20":       func(ds *Dataset) { ds.Interactions[0].Creator = 20 },
		"2 of 2: reel_id 1 is there":   func(ds *Dataset) { ds.Reels[1].ID = 1 },
		"reel 1 of 2: video: has 3 nu": func(ds *Dataset) { ds.Reels[0].Video = []float32{1, 2, 3} },
	} {
		ds := small()
		spoil(ds)
		err := ds.Write(context.Background(), filepath.Join(t.TempDir(), "ds"))
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want %q", err, name)
		}
	}
}

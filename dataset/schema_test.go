package dataset

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/reelrank/reelrank/reel"
)

// foreignRow is a log as another program may write it: other number types,
// nulls, a timestamp type, columns of no interest.
type foreignRow struct {
	Place     *string  `parquet:"place,optional"`
	When      int64    `parquet:"timestamp,timestamp(microsecond)"`
	User      int32    `parquet:"user_id"`
	Reel      string   `parquet:"reel_id"`
	Creator   float64  `parquet:"creator_id"`
	WatchTime *float64 `parquet:"watch_time,optional"`
	Liked     *bool    `parquet:"liked,optional"`
	Shared    int64    `parquet:"shared"`
	Mood      string   `parquet:"mood"`
}

func parquetText[T any](t *testing.T, rows []T) string {
	t.Helper()
	var b bytes.Buffer
	if err := parquet.Write(&b, rows); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestParquetOfOtherProgramsIsRead(t *testing.T) {
	place, half, nan, yes := "BR", 0.5, math.NaN(), true
	got := importFiles(t, Parquet, "log.parquet", parquetText(t, []foreignRow{
		{Place: &place, When: 1700000000_999999, User: 1, Reel: "10", Creator: 5, WatchTime: &half, Liked: &yes},
		{When: 1700000001_000000, User: 2, Reel: "11", Creator: 5, Shared: 1},
		{When: 1700000002_000000, User: 3, Reel: "12", Creator: 5, WatchTime: &nan},
		{When: 1700000003_000000, User: 4, Reel: "x", Creator: 5},
		{When: 1700000004_000000, User: 4, Reel: "13", Creator: 5.5},
		{When: 1700000005_000000, User: -4, Reel: "14", Creator: 5},
		{When: 1700000006_000000, User: 4, Reel: "15", Creator: 5, Shared: 2},
	}))
	if got.err != nil {
		t.Fatal(got.err)
	}
	want := []reel.Interaction{
		{User: 1, Reel: 10, Creator: 5, Time: 1700000000, Watch: 0.5, Signals: reel.Liked, Observed: reel.Watched | reel.Liked | reel.Shared, Context: reel.Context{Place: "BR"}},
		{User: 2, Reel: 11, Creator: 5, Time: 1700000001, Signals: reel.Shared, Observed: reel.Shared},
	}
	if !reflect.DeepEqual(got.ds.Interactions, want) {
		t.Errorf("kept %+v\nwant %+v", got.ds.Interactions, want)
	}
	for _, reject := range []string{
		`"line":3,"field":"watch_time","value":"NaN"`, `"line":4,"field":"reel_id","value":"x"`,
		`"line":5,"field":"creator_id","value":"5.5"`, `"line":6,"field":"user_id","value":"-4"`, `"line":7,"field":"shared","value":"2"`,
	} {
		if !strings.Contains(got.rejects, reject) {
			t.Errorf("rejects lack %s:\n%s", reject, got.rejects)
		}
	}
}

func TestParquetColumnsOfTheWrongShapeAreRefused(t *testing.T) {
	type listed struct {
		User    []int64 `parquet:"user_id,list"`
		Reel    int64   `parquet:"reel_id"`
		Creator int64   `parquet:"creator_id"`
		Time    int64   `parquet:"timestamp"`
		Liked   bool    `parquet:"liked"`
	}
	got := importFiles(t, Parquet, "log.parquet", parquetText(t, []listed{{User: []int64{1}}}))
	if got.err == nil || !strings.Contains(got.err.Error(), "column user_id: holds lists") {
		t.Errorf("a list of ids: %v", got.err)
	}
	got = importFiles(t, Parquet, "log.parquet", parquetText(t, []struct {
		User int64 `parquet:"user_id"`
	}{{1}}))
	if got.err == nil || !strings.Contains(got.err.Error(), "missing column reel_id, creator_id, timestamp") {
		t.Errorf("missing columns: %v", got.err)
	}
}

// A dataset's own files can be imported, and nothing is lost on the way.
func TestADatasetCanBeImportedAgain(t *testing.T) {
	t.Chdir(t.TempDir())
	want := small()
	want.Reels[0].Video[7] = 0.25
	want.Reels[1] = reel.Reel{ID: 2, Creator: 20, Category: "tv", Language: "pt", Region: "BR", Caption: "hi\nthere", Duration: 3, Uploaded: 50, Text: make([]float32, reel.TextDim)}
	want.Interactions[0].Context = reel.Context{Device: "ios", Session: 4, Position: 2}
	want.Interactions[1].Duration = 3
	if err := want.Write(t.Context(), "ds"); err != nil {
		t.Fatal(err)
	}
	got := importPaths(t, Options{Format: Parquet, Paths: []string{"ds/" + InteractionsFile}, Reels: "ds/" + ReelsFile})
	if got.err != nil || got.rejects != "" {
		t.Fatal(got.err, got.rejects)
	}
	want.Source = string(Parquet)
	if !reflect.DeepEqual(got.ds, want) {
		t.Errorf("got %+v\nwant %+v", got.ds, want)
	}
}

// importReels imports a file of reels beside a log of reels 1 and 2 that names
// no creators.
func importReels(t *testing.T, name, text string) imported {
	t.Helper()
	t.Chdir(t.TempDir())
	log := "user_id,reel_id,watch_time,timestamp\n1,1,0.5,1700000000\n1,2,0.5,1700000001\n"
	for name, text := range map[string]string{"log.csv": log, name: text} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return importPaths(t, Options{Format: CSV, Paths: []string{"log.csv"}, Reels: name})
}

func numbers(n int, gap string) string { return strings.TrimSuffix(strings.Repeat("0.5"+gap, n), gap) }

func TestReelsOfAnyFormatBringTheirVectors(t *testing.T) {
	half := make([]float32, reel.VideoDim)
	packed := make([]byte, 0, 4*reel.VideoDim)
	double := make([]float64, reel.VideoDim)
	for i := range half {
		half[i], double[i] = 0.5, 0.5
		packed = binary.LittleEndian.AppendUint32(packed, math.Float32bits(0.5))
	}
	type bytesRow struct {
		ID      int64  `parquet:"reel_id"`
		Creator int64  `parquet:"creator_id"`
		Video   []byte `parquet:"video"`
	}
	type listRow struct {
		ID      int64     `parquet:"reel_id"`
		Creator int64     `parquet:"creator_id"`
		Video   []float64 `parquet:"video,list"`
	}
	for name, text := range map[string]string{
		"reels.csv":     "reel_id,creator_id,video\n1,7," + numbers(reel.VideoDim, " ") + "\n2,8,\n",
		"reels.csv.gz":  gzipped(t, "reel_id;creator_id;video\n1;7;["+numbers(reel.VideoDim, ", ")+"]\n2;8;\n"),
		"reels.jsonl":   `{"reel_id":1,"creator_id":7,"video":[` + numbers(reel.VideoDim, ",") + "]}\n" + `{"reel_id":2,"creator_id":8,"video":null}`,
		"reels.unknown": parquetText(t, []bytesRow{{1, 7, packed}, {2, 8, nil}}),
		"reels.parquet": parquetText(t, []listRow{{1, 7, double}, {2, 8, nil}}),
	} {
		t.Run(name, func(t *testing.T) {
			got := importReels(t, name, text)
			if got.err != nil {
				t.Fatal(got.err)
			}
			want := []reel.Reel{{ID: 1, Creator: 7, Video: half}, {ID: 2, Creator: 8}}
			if name == "reels.unknown" {
				// Bytes cannot be absent in a required column: no bytes, no numbers.
				if !strings.Contains(got.rejects, `"line":2,"field":"video"`) {
					t.Errorf("rejects: %s", got.rejects)
				}
				want = want[:1]
			}
			if !reflect.DeepEqual(got.ds.Reels, want) {
				t.Errorf("got %+v\nrejects %s", got.ds.Reels, got.rejects)
			}
			if got.ds.Interactions[0].Creator != 7 {
				t.Errorf("the interaction's creator is %d, want the reel's", got.ds.Interactions[0].Creator)
			}
		})
	}
}

func TestBadReelsAreRejected(t *testing.T) {
	got := importReels(t, "reels.csv", "reel_id,creator_id,category,uploaded,video,text\n"+
		"1,7,tv,1600000000000,,\n"+
		"2,8,,,"+numbers(511, " ")+",\n"+
		"3,8,,,"+numbers(513, " ")+",\n"+
		"4,8,,,,NaN "+numbers(383, " ")+"\n"+
		"5,8,,,,1e300 "+numbers(383, " ")+"\n"+
		"6,,,,,\n"+
		"7,8,"+strings.Repeat("x", 1025)+",,,\n"+
		"1,9,,,,\n")
	if got.err != nil {
		t.Fatal(got.err)
	}
	if want := []reel.Reel{{ID: 1, Creator: 7, Category: "tv", Uploaded: 1600000000}}; !reflect.DeepEqual(got.ds.Reels, want) {
		t.Errorf("reels %+v", got.ds.Reels)
	}
	for _, reject := range []string{
		`"line":3,"field":"video"`, `"line":4,"field":"video"`, `"line":5,"field":"text"`, `"line":6,"field":"text"`,
		`"line":7,"field":"creator_id","value":"","reason":"missing"`, `"line":8,"field":"category"`,
		`"line":9,"field":"reel_id","value":"1","reason":"` + reasonDuplicateReel + `","first_line":2}`,
		`"file":"log.csv","line":3,"field":"creator_id","value":"","reason":"missing"`,
	} {
		if !strings.Contains(got.rejects, reject) {
			t.Errorf("rejects lack %s:\n%s", reject, got.rejects)
		}
	}
}

func TestReelAndInteractionAreMadeToAgree(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"log.csv":   header + "1,1,99,0.5,0,0,0,0,1700000000\n1,2,5,0.5,0,0,0,20,1700000001\n1,2,6,0.5,0,0,0,0,1700000002\n",
		"reels.csv": "reel_id,creator_id,duration\n1,7,14\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got := importPaths(t, Options{Format: CSV, Paths: []string{"log.csv"}, Reels: "reels.csv"})
	if got.err != nil {
		t.Fatal(got.err)
	}
	its := got.ds.Interactions
	if its[0].Creator != 7 || its[0].Duration != 14 || its[2].Creator != 5 || its[2].Duration != 20 {
		t.Errorf("interactions %+v", its)
	}
	story := got.story(t)
	for _, want := range []string{"named another creator than their reel has, now with the reel's: 2", "known by their interactions alone: 1"} {
		if !strings.Contains(story, want) {
			t.Errorf("the report lacks %q:\n%s", want, story)
		}
	}
}

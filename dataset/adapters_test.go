package dataset

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/reel"
)

const (
	kuairandLog = "user_id,video_id,date,hourmin,time_ms,is_click,is_like,is_follow,is_comment,is_forward,is_hate,long_view,play_time_ms,duration_ms,tab,author_id,tag\n" +
		"1,10,20220425,0,1650812741436,1,1,0,0,1,0,1,61802,49866,1,500,39\n" +
		"1,11,20220425,0,1650812750000,1,0,1,1,0,1,0,5000,20000,0,501,unknown\n" +
		"2,12,20220425,0,1650812760000,1,0,0,0,0,0,0,5000,0,1,502,\"7,3\"\n" +
		"2,10,20220425,0,1650812770000,1,0,0,0,0,0,0,-5,20000,1,500,39\n"
	kuairandVideoRows = "video_id,author_id,video_type,upload_dt,upload_type,visible_status,video_duration,tag\n" +
		"10,500,NORMAL,2022-04-10,LongImport,0.0,49866.0,\"39,68\"\n" +
		"11,501,AD,2022-04-09,Web,0.0,,\n" +
		"13,503,NORMAL,yesterday,Web,0.0,1000,\n"
	kuairandHistoryRows = "user_id,history_len,last_time_ms,watch_seq,like_seq,long_watch_seq\n" +
		"1,4,1650000000999,10 11 10 11,11,99 10 11\n" +
		"3,1,1650000000999,77,\"\",\n" +
		"4,1,,10,,\n" +
		"5,1,1650000000999,10 x,,\n"
)

func writeFolder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestKuaiRandMapping(t *testing.T) {
	dir := writeFolder(t, map[string]string{
		"interactions_x.csv.gz": gzipped(t, kuairandLog), "video_features_basic_pure.csv": kuairandVideoRows,
		"user_history_x.csv": kuairandHistoryRows, "user_features_pure.csv": "not read", "LICENSE.txt": "not read",
	})
	got := importPaths(t, Options{Format: KuaiRand, Paths: []string{dir}})
	if got.err != nil {
		t.Fatal(got.err)
	}
	flags := reel.Liked | reel.Shared | reel.Followed | reel.Commented | reel.NotInterested
	long := reel.WatchTime(18 / float32(49.866))
	want := []reel.Interaction{
		{User: 1, Reel: 10, Creator: 500, Time: 1649999820, Duration: 49.866, Observed: reel.Liked},
		{User: 1, Reel: 11, Creator: 501, Time: 1649999880, Duration: 20, Observed: reel.Liked},
		{User: 1, Reel: 10, Creator: 500, Time: 1649999940, Watch: long, Duration: 49.866, Observed: reel.Liked},
		{User: 1, Reel: 11, Creator: 501, Time: 1650000000, Duration: 20, Signals: reel.Liked, Observed: reel.Liked},
		{User: 1, Reel: 10, Creator: 500, Time: 1650812741, Watch: 1, Duration: 49.866, Signals: reel.Liked | reel.Shared, Observed: flags | reel.Watched, Context: reel.Context{Place: "tab-1"}},
		{User: 1, Reel: 11, Creator: 501, Time: 1650812750, Watch: 0.25, Duration: 20, Signals: reel.Followed | reel.Commented | reel.NotInterested, Observed: flags | reel.Watched, Context: reel.Context{Place: "tab-0"}},
		{User: 2, Reel: 12, Creator: 502, Time: 1650812760, Observed: flags, Context: reel.Context{Place: "tab-1"}},
	}
	if !reflect.DeepEqual(got.ds.Interactions, want) {
		t.Errorf("got  %+v\nwant %+v", got.ds.Interactions, want)
	}
	wantReels := []reel.Reel{
		{ID: 10, Creator: 500, Category: "39", Caption: "upload LongImport, type NORMAL, tags 39 68", Duration: 49.866, Uploaded: 1649520000},
		{ID: 11, Creator: 501, Caption: "upload Web, type AD", Duration: 20, Uploaded: 1649433600},
		{ID: 12, Creator: 502, Category: "7"},
	}
	if !reflect.DeepEqual(got.ds.Reels, wantReels) {
		t.Errorf("got  %+v\nwant %+v", got.ds.Reels, wantReels)
	}
	for _, reject := range []string{
		`"line":4,"field":"upload_dt","value":"yesterday"`, `"line":5,"field":"play_time_ms","value":"-5"`,
		`"line":3,"field":"watch_seq","value":"","reason":"` + reasonUnknownVideo, `"line":4,"field":"last_time_ms"`, `"line":5,"field":"watch_seq","value":"10 x"`,
	} {
		if !strings.Contains(got.rejects, reject) {
			t.Errorf("rejects lack %s:\n%s", reject, got.rejects)
		}
	}
}

func TestKuaiRandHistoryModes(t *testing.T) {
	dir := writeFolder(t, map[string]string{"log_standard_1.csv": kuairandLog, "video_features_basic_pure.csv": kuairandVideoRows, "user_history_x.csv": kuairandHistoryRows})
	for mode, want := range map[History]struct {
		rows     int
		observed reel.Signals
	}{
		HistoryNone:    {3, reel.Watched | reel.Liked | reel.Shared | reel.Followed | reel.Commented | reel.NotInterested},
		HistoryShown:   {7, reel.Liked},
		HistoryWatched: {7, reel.Liked | reel.Watched},
	} {
		got := importPaths(t, Options{Format: KuaiRand, Paths: []string{dir}, History: mode})
		if got.err != nil {
			t.Fatal(got.err)
		}
		if its := got.ds.Interactions; len(its) != want.rows || its[0].Observed != want.observed {
			t.Errorf("%s: %d rows, the first observes %v", mode, len(its), signalNames(its[0].Observed))
		}
	}
	if got := importPaths(t, Options{Format: KuaiRand, Paths: []string{dir}, History: "some"}); got.err == nil || !strings.Contains(got.err.Error(), "shown, watched, none") {
		t.Errorf("an unknown mode: %v", got.err)
	}
}

func TestKuaiRandWithoutVideoFeatures(t *testing.T) {
	dir := writeFolder(t, map[string]string{"interactions_1.csv": kuairandLog})
	got := importPaths(t, Options{Format: KuaiRand, Paths: []string{dir}})
	if got.err != nil || len(got.ds.Reels) != 3 || got.ds.Reels[0].Creator != 500 || got.ds.Reels[2].Category != "7" {
		t.Errorf("error %v, %+v", got.err, got.ds)
	}
}

func TestMarkLatest(t *testing.T) {
	for _, c := range []struct {
		shown, chosen []reel.ReelID
		want          []bool
	}{
		{[]reel.ReelID{1, 2, 3}, []reel.ReelID{2}, []bool{false, true, false}},
		{[]reel.ReelID{1, 2, 1}, []reel.ReelID{1}, []bool{false, false, true}},
		{[]reel.ReelID{1, 2, 1}, []reel.ReelID{1, 2}, []bool{true, true, false}},
		{[]reel.ReelID{1, 2, 1}, []reel.ReelID{1, 1}, []bool{true, false, true}},
		{[]reel.ReelID{3, 4}, []reel.ReelID{9, 8, 3}, []bool{true, false}}, // chosen reaches further back
		{[]reel.ReelID{3, 4}, nil, []bool{false, false}},
	} {
		if got := markLatest(c.shown, c.chosen); !slices.Equal(got, c.want) {
			t.Errorf("shown %v, chosen %v: got %v, want %v", c.shown, c.chosen, got, c.want)
		}
	}
}

func TestMovieLensMapping(t *testing.T) {
	dir := writeFolder(t, map[string]string{
		"ml-1m_events.csv":          "user_id,item_id,pos,rating,ts_lo,ts_hi\n1,2,1,3,956875461,956875461\n1,1,0,4,956875461,956875461\n2,3,0,,,956000000\n2,1,1,,,\n2,2,2,6,956875461,\n",
		"sas_to_original_items.txt": "1 1198\n2 3552\n3 99\nx 5\n",
		"movies.dat":                "1198::Am\xe9lie (2001)::Comedy|Romance\n3552::Caddyshack (1980)::Comedy\nbroken\n",
	})
	got := importPaths(t, Options{Format: MovieLens, Paths: []string{dir}})
	if got.err != nil {
		t.Fatal(got.err)
	}
	want := []reel.Interaction{
		{User: 2, Reel: 3, Creator: 3, Time: 956000000, Watch: 1, Observed: reel.Watched},
		{User: 1, Reel: 1, Creator: 1, Time: 956875461, Watch: 1, Signals: reel.Liked, Observed: reel.Watched | reel.Liked},
		{User: 1, Reel: 2, Creator: 2, Time: 956875461, Watch: 1, Observed: reel.Watched | reel.Liked},
	}
	if !reflect.DeepEqual(got.ds.Interactions, want) {
		t.Errorf("got  %+v\nwant %+v", got.ds.Interactions, want)
	}
	wantReels := []reel.Reel{
		{ID: 1, Creator: 1, Category: "Comedy", Caption: "Amélie (2001) Comedy Romance"},
		{ID: 2, Creator: 2, Category: "Comedy", Caption: "Caddyshack (1980) Comedy"},
		{ID: 3, Creator: 3},
	}
	if !reflect.DeepEqual(got.ds.Reels, wantReels) {
		t.Errorf("got  %+v\nwant %+v", got.ds.Reels, wantReels)
	}
	for _, reject := range []string{`"line":5,"field":"ts_lo"`, `"line":6,"field":"rating","value":"6"`, `"line":3,"field":"","value":"broken"`, `"line":4,"field":"","value":"x 5"`} {
		if !strings.Contains(got.rejects, reject) {
			t.Errorf("rejects lack %s:\n%s", reject, got.rejects)
		}
	}
}

// realData returns a folder of the public data sets, which are not part of the
// repository.
func realData(t *testing.T, name string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("reads a whole public data set")
	}
	root := os.Getenv("REELRANK_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "data")
	}
	dir := filepath.Join(root, name)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no %s: set REELRANK_DATA to the folder that holds it", dir)
	}
	return dir
}

func TestTheRealKuaiRandIsRead(t *testing.T) {
	dir := realData(t, "kuairand_pure")
	got := importPaths(t, Options{Format: KuaiRand, Paths: []string{dir}, History: HistoryNone})
	if got.err != nil {
		t.Fatal(got.err)
	}
	if n := len(got.ds.Interactions); n != 222_437 || len(got.ds.Reels) != 7_583 || got.report.Users != 25_156 {
		t.Errorf("%d interactions, %d reels, %d users", n, len(got.ds.Reels), got.report.Users)
	}
	if got.report.From != 1650812741 || got.report.To != 1652025130 {
		t.Errorf("window %d to %d", got.report.From, got.report.To)
	}
	if r := got.report.Reasons; len(r) != 1 || r[0].Reason != reasonDuplicate || r[0].Count != 5_892 {
		t.Errorf("rejected: %+v", r)
	}
}

func TestTheRealMovieLensIsRead(t *testing.T) {
	dir := realData(t, "ml1m")
	got := importPaths(t, Options{Format: MovieLens, Paths: []string{dir}})
	if got.err != nil {
		t.Fatal(got.err)
	}
	if n := len(got.ds.Interactions); n != 904_050 || len(got.ds.Reels) != 3_416 || got.report.Users != 5_398 {
		t.Errorf("%d interactions, %d reels, %d users", n, len(got.ds.Reels), got.report.Users)
	}
	if c := got.ds.Reels[0]; c.Caption == "" || c.Category == "" {
		t.Errorf("the first reel has no title: %+v", c)
	}
}

// BenchmarkReadReels loads as many reels as the seed preset has, all with
// their three vectors.
func BenchmarkReadReels(b *testing.B) {
	const n = 37_088
	reels := make([]reel.Reel, n)
	vector := make([]float32, reel.VideoDim)
	for i := range vector {
		vector[i] = float32(i) * 0.37
	}
	for i := range reels {
		reels[i] = reel.Reel{ID: reel.ReelID(i), Video: vector, Audio: vector[:reel.AudioDim], Text: vector[:reel.TextDim]}
	}
	path := filepath.Join(b.TempDir(), ReelsFile)
	if err := (&Dataset{Reels: reels}).WriteFiles(context.Background(), path+".interactions", path); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		got, err := readFile(context.Background(), path, ReadReels)
		if err != nil || len(got) != n {
			b.Fatal(len(got), err)
		}
	}
}

package dataset

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/reel"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const header = "user_id,reel_id,creator_id,watch_time,liked,shared,followed,duration,timestamp\n"

// imported is what came of an import: the dataset or the error, the report,
// and the text of the reject report.
type imported struct {
	ds      *Dataset
	report  *Report
	rejects string
	err     error
}

// importFiles writes the files into an empty working directory, so that
// reports name them as they are called here, and imports the first.
func importFiles(t *testing.T, format Format, files ...string) imported {
	t.Helper()
	t.Chdir(t.TempDir())
	var names []string
	for i := 0; i < len(files); i += 2 {
		if err := os.WriteFile(files[i], []byte(files[i+1]), 0o644); err != nil {
			t.Fatal(err)
		}
		names = append(names, files[i])
	}
	return importPaths(t, Options{Format: format, Paths: names})
}

func importPaths(t *testing.T, opts Options) imported {
	t.Helper()
	var b bytes.Buffer
	opts.Rejects = &b
	var got imported
	got.ds, got.report, got.err = Import(context.Background(), opts)
	got.rejects = b.String()
	if got.err == nil {
		if err := got.ds.Validate(); err != nil {
			t.Fatalf("the dataset is not valid: %v", err)
		}
	}
	for _, f := range got.report.Files {
		if f.Rows != f.Kept+f.Rejected {
			t.Errorf("%s: %d rows, but %d kept and %d rejected", f.File, f.Rows, f.Kept, f.Rejected)
		}
	}
	return got
}

// golden compares with a file of testdata, or writes it with -update. The
// path is taken before a test changes its working directory.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", filepath.Base(path), got, want)
	}
}

func goldenPath(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func (got imported) story(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := got.report.Print(&b); err != nil {
		t.Fatal(err)
	}
	return b.String() + "\n" + got.rejects
}

const messyCSV = "\ufeffUser_ID, reel_id ,creator_id,watch_time,liked,shared,followed,duration,timestamp,mood\r\n" +
	"1,10,5,0.9,1,0,0,14,1700000300,good\r\n" +
	"\r\n" +
	"1,11,5,NaN,0,0,0,14,1700000000,good\r\n" +
	"1,11,5,Inf,0,0,0,14,1700000000,good\r\n" +
	"1,11,5,-0.1,0,0,0,14,1700000000,good\r\n" +
	"1,11,5,1e999,0,0,0,14,1700000000,good\r\n" +
	"1,11,5,12.5,0,0,0,14,1700000000,good\r\n" +
	"1,11,5,0.5,2,0,0,14,1700000000,good\r\n" +
	"1,11,5,0.5,0,yes,0,14,1700000000,good\r\n" +
	"-1,11,5,0.5,0,0,0,14,1700000000,good\r\n" +
	"1,99999999999999999999,5,0.5,0,0,0,14,1700000000,good\r\n" +
	"1,11,,0.5,0,0,0,14,1700000000,good\r\n" +
	"1,11,5,0.5,0,0,0,14000000,1700000000,good\r\n" +
	"1,11,5,0.5,0,0,0,14,17000000000000000,good\r\n" +
	"1,11,5,0.5,0,0,0,14,soon,good\r\n" +
	"1,11,5,0.5,0,0,0,14\r\n" +
	"1,11,5,0.5,0,0,0,14,1700000000,good,bye\r\n" +
	"1;11;5;0.5;0;0;0;14;1700000000;good\r\n" +
	"1,11,5,0.5,0,0,0,14,1700000000,g\xffod\r\n" +
	"\"1,11,5,0.5,0,0,0,14,1700000000,good\r\n" +
	"\"1\"x,11,5,0.5,0,0,0,14,1700000000,good\r\n" +
	"2,12,6,,true,FALSE,,,1700000100500,\"so, \"\"so\"\"\"\r\n" +
	"1,10,5,0.2,0,0,0,14,1700000300,again"

func TestRejectReportOfAMessyCSV(t *testing.T) {
	path := goldenPath(t, "messy_csv.golden")
	got := importFiles(t, CSV, "messy.csv", messyCSV)
	if got.err != nil {
		t.Fatal(got.err)
	}
	golden(t, path, got.story(t))
	want := []reel.Interaction{
		{User: 2, Reel: 12, Creator: 6, Time: 1700000100, Signals: reel.Liked, Observed: reel.Liked | reel.Shared},
		{User: 1, Reel: 10, Creator: 5, Time: 1700000300, Watch: 0.9, Duration: 14, Signals: reel.Liked, Observed: reel.AllObserved},
	}
	if !reflect.DeepEqual(got.ds.Interactions, want) {
		t.Errorf("kept %+v\nwant %+v", got.ds.Interactions, want)
	}
}

const messyJSONL = `{"user_id":1,"reel_id":"10","creator_id":5,"watch_time":0.9,"liked":true,"timestamp":1700000300,"context":{"device":"ios","place":"S\u00e3o Paulo","session":7,"position":3}}

{"user_id":1,"reel_id":11,"creator_id":5,"watch_time":NaN,"timestamp":1700000000}
{"user_id":1,"reel_id":11,"creator_id":5,"watch_time":1.01,"timestamp":1700000000}
{"user_id":1.5,"reel_id":11,"creator_id":5,"watch_time":0.5,"timestamp":1700000000}
{"user_id":1,"creator_id":5,"watch_time":0.5,"timestamp":1700000000}
{"user_id":1,"reel_id":null,"creator_id":5,"watch_time":0.5,"timestamp":1700000000}
{"user_id":1,"reel_id":[11],"creator_id":5,"watch_time":0.5,"timestamp":1700000000}
{"user_id":1,"reel_id":11,"creator_id":5,"liked":7,"timestamp":1700000000}
{"user_id":1,"reel_id":11,"creator_id":5,"watch_time":0.5,"timestamp":{"s":1}}
{"user_id":1,"reel_id":11
"just text"
[1,2]
{"user_id":1,"reel_id":11,"creator_id":5,"caption":"` + "\xff" + `","watch_time":0.5,"timestamp":1700000000}
{"user_id":2,"reel_id":12,"creator_id":6,"skip":1,"not_interested":"1","timestamp":1700000100.9,"extra":{"a":[1,{"b":"}"}]}}
`

func TestRejectReportOfAMessyJSONL(t *testing.T) {
	path := goldenPath(t, "messy_jsonl.golden")
	got := importFiles(t, JSONL, "messy.jsonl", messyJSONL)
	if got.err != nil {
		t.Fatal(got.err)
	}
	golden(t, path, got.story(t))
	want := []reel.Interaction{
		{User: 2, Reel: 12, Creator: 6, Time: 1700000100, Signals: reel.Skipped | reel.NotInterested, Observed: reel.Skipped | reel.NotInterested},
		{User: 1, Reel: 10, Creator: 5, Time: 1700000300, Watch: 0.9, Signals: reel.Liked, Observed: reel.Watched | reel.Liked,
			Context: reel.Context{Device: "ios", Place: "São Paulo", Session: 7, Position: 3}},
	}
	if !reflect.DeepEqual(got.ds.Interactions, want) {
		t.Errorf("kept %+v\nwant %+v", got.ds.Interactions, want)
	}
}

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// manyRows are n good rows of distinct times; their digits hardly compress.
func manyRows(n int) string {
	var b strings.Builder
	b.WriteString(header)
	for i := range n {
		for _, v := range []int{i * 7919 % 10007, i * 104729 % 99991, 5} {
			b.WriteString(decimal(v) + ",")
		}
		b.WriteString("0.5,1,0,0,14," + decimal(1700000000+i) + "\n")
	}
	return b.String()
}

func decimal(v int) string { return string(appendFloat(nil, float64(v), 64)) }

func TestATruncatedGzipKeepsTheRowsBeforeTheBreak(t *testing.T) {
	whole := gzipped(t, manyRows(3000))
	for _, share := range []int{2, 5, 9} {
		got := importFiles(t, CSV, "log.csv.gz", whole[:len(whole)*share/10])
		if got.err != nil {
			t.Fatal(got.err)
		}
		kept := got.report.Files[0].Kept
		if kept == 0 || kept >= 3000 || got.report.Files[0].Rejected != 1 {
			t.Errorf("%d/10 of the file: %+v, want some rows kept and the break rejected", share, got.report.Files[0])
		}
		want := `"line":` + decimal(int(kept)+2) + `,"field":"","value":"","reason":"the gzip stream is cut off"}`
		if !strings.Contains(got.rejects, want) {
			t.Errorf("rejects: %s\nwant %s", got.rejects, want)
		}
	}
}

func TestAGzipCutBeforeItsFirstRowIsAnError(t *testing.T) {
	whole := gzipped(t, manyRows(3000))
	for _, n := range []int{3, 10, 25} {
		got := importFiles(t, CSV, "log.csv.gz", whole[:n])
		if got.err == nil || !strings.Contains(got.err.Error(), "gzip") {
			t.Errorf("%d bytes: got %v, want an error on the gzip stream", n, got.err)
		}
	}
}

func TestADamagedGzipIsReported(t *testing.T) {
	whole := []byte(gzipped(t, manyRows(3000)))
	whole[len(whole)-5] ^= 0xff // in the checksum
	got := importFiles(t, CSV, "log.csv.gz", string(whole))
	if got.err != nil || !strings.Contains(got.rejects, reasonGzipBad) || got.report.Files[0].Kept != 3000 {
		t.Errorf("error %v, %+v, rejects %s", got.err, got.report.Files[0], got.rejects)
	}
}

func TestDelimitersAreDetected(t *testing.T) {
	for _, comma := range delimiters {
		text := strings.ReplaceAll(header+"1,10,5,0.9,1,0,0,14,1700000300\n", ",", string(comma))
		if got := importFiles(t, CSV, "log.csv", text); got.err != nil || len(got.ds.Interactions) != 1 {
			t.Errorf("delimiter %q: %v", comma, got.err)
		}
	}
}

func TestAWrongDelimiterIsAClearError(t *testing.T) {
	got := importFiles(t, CSV, "log.csv", strings.ReplaceAll(header, ",", " ")+"1 10 5 0.9 1 0 0 14 1700000300\n")
	var columns *ColumnsError
	if !errors.As(got.err, &columns) || !strings.Contains(got.err.Error(), "the delimiter must be") {
		t.Errorf("spaces: got %v", got.err)
	}
	got = importFiles(t, CSV, "log.csv", header+"1;10;5;0.9;1;0;0;14;1700000300\n")
	var none *NoGoodRowError
	if !errors.As(got.err, &none) || !strings.Contains(got.err.Error(), "does the row use the header's delimiter?") {
		t.Errorf("rows unlike the header: got %v", got.err)
	}
}

func TestErrorsSayWhatIsWrongWithTheFile(t *testing.T) {
	for _, c := range []struct {
		name   string
		format Format
		text   string
		want   string
	}{
		{"missing columns", CSV, "user,reel_id,creator_id,liked,timestamp\n1,2,3,1,5\n", `missing column user_id; found: "user", "reel_id", "creator_id", "liked", "timestamp"; expected: user_id, reel_id,`},
		{"no signal", CSV, "user_id,reel_id,creator_id,timestamp\n1,2,3,5\n", "at least one of watch_time, liked, shared, followed"},
		{"column twice", CSV, "user_id,user_id,reel_id,creator_id,liked,timestamp\n", "column user_id is there twice"},
		{"no header", CSV, "1,2,3,0.5,1,0,0,14,1700000000\n", "the first line must be a header"},
		{"empty", CSV, "", "the file holds no row"},
		{"header only", CSV, header, "the file holds no row"},
		{"JSONL as CSV", CSV, "{\"user_id\":1}\n", "import it with the format jsonl"},
		{"array", JSONL, "[{\"user_id\":1}]\n", "one object per line"},
		{"empty JSONL", JSONL, "\n\n", "the file holds no row"},
		{"UTF-16", CSV, "\xff\xfeu\x00", "save it as UTF-8"},
		{"zip", CSV, "PK\x03\x04rest", "unpack it first"},
		{"Parquet as CSV", CSV, "PAR1rest", "import it with the format parquet"},
		{"CSV as Parquet", Parquet, header, "not a Parquet file"},
		{"broken Parquet", Parquet, "PAR1restPAR1", "truncated or damaged"},
		{"format", "xml", header, `unknown format "xml": choose one of [csv jsonl parquet kuairand movielens]`},
		{"file for folder", KuaiRand, header, "name the folder"},
		{"every row bad", CSV, header + "1,2,3,7,1,0,0,14,1700000000\n1,2,3,8,1,0,0,14,1700000000\nx,2,3,0,1,0,0,14,1700000000\n",
			"none of its 3 rows can be imported: 2 x watch_time: not within 0..1 (the share of the duration that was watched) (first: line 2); 1 x user_id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := importFiles(t, c.format, "log.txt", c.text)
			if got.err == nil || !strings.Contains(got.err.Error(), c.want) {
				t.Errorf("got %v, want %q", got.err, c.want)
			}
			if got.ds != nil || got.report == nil {
				t.Error("an error must come with the report and without a dataset")
			}
		})
	}
}

func TestUnsortedAndMixedTimesAreSorted(t *testing.T) {
	got := importFiles(t, CSV, "log.csv", header+
		"1,10,5,0.1,0,0,0,14,1700000300\n"+
		"1,11,5,0.2,0,0,0,14,1700000100999\n"+
		"1,12,5,0.3,0,0,0,14,1700000200\n"+
		"1,13,5,0.4,0,0,0,14,1700000100\n")
	if got.err != nil {
		t.Fatal(got.err)
	}
	var ids []reel.ReelID
	for _, it := range got.ds.Interactions {
		ids = append(ids, it.Reel)
	}
	if want := []reel.ReelID{11, 13, 12, 10}; !reflect.DeepEqual(ids, want) {
		t.Errorf("order %v, want %v: by time, ties as they were read", ids, want)
	}
	if got.report.Milliseconds != 1 || got.report.Unsorted != 2 {
		t.Errorf("%d in milliseconds, %d unsorted; want 1 and 2", got.report.Milliseconds, got.report.Unsorted)
	}
}

func TestADuplicateNamesTheLineThatWasKept(t *testing.T) {
	got := importFiles(t, CSV,
		"a.csv", header+"1,10,5,0.1,0,0,0,14,1700000300\n2,10,5,0.1,0,0,0,14,1700000300\n1,10,5,0.1,0,0,0,14,1700000301\n",
		"b.csv", header+"3,10,5,0.1,0,0,0,14,1700000300\n1,10,5,0.9,0,0,0,14,1700000300999\n")
	if got.err != nil {
		t.Fatal(got.err)
	}
	want := `{"file":"b.csv","line":3,"field":"","value":"","reason":"` + reasonDuplicate + `","first_line":2,"first_file":"a.csv"}` + "\n"
	if got.rejects != want {
		t.Errorf("got %s\nwant %s", got.rejects, want)
	}
	if len(got.ds.Interactions) != 4 || got.ds.Interactions[0].Watch != 0.1 {
		t.Errorf("kept %+v, want the first of the two", got.ds.Interactions)
	}
}

func TestSignalsThatAFileDoesNotRecordAreNotObserved(t *testing.T) {
	got := importFiles(t, CSV, "log.csv", "timestamp,user_id,reel_id,creator_id,liked,save\n1700000000,1,2,3,0,\n")
	if got.err != nil {
		t.Fatal(got.err)
	}
	if observed := got.ds.Interactions[0].Observed; observed != reel.Liked {
		t.Errorf("observed %v, want the like alone", signalNames(observed))
	}
	if story := got.story(t); !strings.Contains(story, "no row records watch_time, shared, followed") {
		t.Errorf("the report does not say what is missing:\n%s", story)
	}
}

func TestACancelledImportStops(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.csv")
	if err := os.WriteFile(path, []byte(manyRows(5000)), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	_, _, err := Import(ctx, Options{Format: CSV, Paths: []string{path}, Progress: func(done, total int64) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func TestProgressEndsAtAllBytes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.csv")
	text := manyRows(20000)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var calls int
	var last int64
	_, _, err := Import(context.Background(), Options{Format: CSV, Paths: []string{path}, Progress: func(done, total int64) {
		if calls++; done < last || total != int64(len(text)) {
			t.Errorf("progress %d of %d after %d", done, total, last)
		}
		last = done
	}})
	if err != nil || calls < 2 || last != int64(len(text)) {
		t.Errorf("error %v, %d calls, ended at %d of %d", err, calls, last, len(text))
	}
}

// A disk that is full must not let rejected rows vanish in silence.
func TestAReportThatCannotBeWrittenIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.csv")
	if err := os.WriteFile(path, []byte(header+"1,10,5,0.1,0,0,0,14,1700000300\nx,10,5,0.1,0,0,0,14,1700000301\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	full := errors.New("disk full")
	_, _, err := Import(context.Background(), Options{Format: CSV, Paths: []string{path}, Rejects: failingWriter{full}})
	if !errors.Is(err, full) {
		t.Errorf("got %v, want %v", err, full)
	}
}

type failingWriter struct{ err error }

func (f failingWriter) Write([]byte) (int, error) { return 0, f.err }

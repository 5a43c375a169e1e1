package dataset

import (
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/reelrank/reelrank/reel"
)

// captions imports reels and returns their captions: the field in which text
// of any kind must survive.
func captions(t *testing.T, rows string) ([]string, imported) {
	t.Helper()
	importFiles(t, CSV, "log.csv", header+"1,1,5,0.5,1,0,0,14,1700000000\n")
	if err := os.WriteFile("reels.csv", []byte("reel_id,creator_id,caption\n"+rows), 0o644); err != nil {
		t.Fatal(err)
	}
	got := importPaths(t, Options{Format: CSV, Paths: []string{"log.csv"}, Reels: "reels.csv"})
	if got.err != nil {
		t.Fatal(got.err)
	}
	var texts []string
	for i := range got.ds.Reels {
		texts = append(texts, got.ds.Reels[i].Caption)
	}
	return texts, got
}

func TestQuotedFieldsHoldAnyText(t *testing.T) {
	for _, c := range []struct {
		name, rows string
		want       []string
	}{
		{"delimiter", "1,5,\"a, b\"\n", []string{"a, b"}},
		{"doubled quote", "1,5,\"say \"\"hi\"\"\"\n", []string{`say "hi"`}},
		{"line ends", "1,5,\"a\nb\n\nc\"\n2,5,d\n", []string{"a\nb\n\nc", "d"}},
		{"quote in plain text", "1,5,5\" screen\n", []string{`5" screen`}},
		{"no end of line", "1,5,last", []string{"last"}},
		{"CRLF", "1,5,a\r\n2,5,b\r\n", []string{"a", "b"}},
		{"empty", "1,5,\n2,5,\"\"\n", []string{"", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, story := captions(t, c.rows)
			if !reflect.DeepEqual(got, c.want) || story.rejects != "" {
				t.Errorf("got %q, want %q; rejects %s", got, c.want, story.rejects)
			}
		})
	}
}

func TestAStrayQuoteCostsOneRowOnly(t *testing.T) {
	got, story := captions(t, "7,5,\"never closed\n2,5,x\n3,5,y\n")
	if want := []string{"", "x", "y"}; !reflect.DeepEqual(got, want) { // reel 1 is known by its interaction
		t.Errorf("got %q, want the rows after the stray quote", got)
	}
	if !strings.Contains(story.rejects, `"line":2,`) || !strings.Contains(story.rejects, reasonOpenQuote) {
		t.Errorf("rejects %s", story.rejects)
	}
}

func TestAVeryLongLineIsRejectedWithoutBeingHeld(t *testing.T) {
	for name, long := range map[string]string{
		"plain":  "9,5," + strings.Repeat("x", maxLine),
		"quoted": "9,5,\"" + strings.Repeat("x", maxLine) + "\"",
	} {
		t.Run(name, func(t *testing.T) {
			got, story := captions(t, "1,5,a\n"+long+"\n2,5,b\n")
			if !reflect.DeepEqual(got, []string{"a", "b"}) {
				t.Errorf("kept %q", got)
			}
			if !strings.Contains(story.rejects, `"line":3,`) || !strings.Contains(story.rejects, reasonLong) {
				t.Errorf("rejects %.300s", story.rejects)
			}
		})
	}
}

// What encoding/csv writes is read back, so files of other programs are too.
func TestCSVReadsWhatOtherProgramsWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "reels.csv")
	log := filepath.Join(t.TempDir(), "log.csv")
	if err := os.WriteFile(log, []byte(header+"1,0,5,0.5,1,0,0,14,1700000000\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(rapid.StringOf(rapid.SampledFrom([]rune("ab\",;\n 'é日"))), 1, 8).Draw(t, "texts")
		var b strings.Builder
		w := csv.NewWriter(&b)
		w.Comma = rapid.SampledFrom([]rune(delimiters)).Draw(t, "comma")
		rows := [][]string{{"reel_id", "creator_id", "caption"}}
		for i, text := range texts {
			rows = append(rows, []string{decimal(i), "5", text})
		}
		if err := w.WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		ds, report, err := Import(context.Background(), Options{Format: CSV, Paths: []string{log}, Reels: path})
		if err != nil {
			t.Fatal(err)
		}
		if report.Rejected() != 0 || len(ds.Reels) != len(texts) {
			t.Fatalf("%+v", report)
		}
		for i, text := range texts {
			if got := ds.Reels[i].Caption; got != strings.TrimSpace(text) {
				t.Fatalf("row %d: got %q, want %q", i, got, text)
			}
		}
	})
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte(messyCSV))
	f.Add([]byte("user_id;reel_id;creator_id;liked;timestamp\n1;2;3;1;4\n\"1\";2;3;\"0\n\";5\n"))
	f.Add([]byte("\xef\xbb\xbfuser_id\treel_id\tcreator_id\tskip\ttimestamp\r\n1\t2\t3\ttrue\t1e9\r\n"))
	f.Add([]byte("\x1f\x8b\x08\x00\x00"))
	fuzzFormat(f, CSV)
}

func FuzzJSONL(f *testing.F) {
	f.Add([]byte(messyJSONL))
	f.Add([]byte(`{"user_id":"1","reel_id":2,"creator_id":3,"timestamp":1e3,"context":{"context":{"place":"\ud800"}}}`))
	f.Add([]byte(`{"a":[[[{"}":"]"}]]],"user_id" : 1 , "user_id":2}`))
	fuzzFormat(f, JSONL)
}

// fuzzFormat checks that any bytes give a valid dataset or an error, and that
// every row is accounted for.
func fuzzFormat(f *testing.F, format Format) {
	path := filepath.Join(f.TempDir(), "log")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		got := importPaths(t, Options{Format: format, Paths: []string{path}})
		if got.err == nil && len(got.ds.Interactions) == 0 {
			t.Error("success without a row")
		}
		if lines := int64(strings.Count(got.rejects, "\n")); lines != got.report.Rejected() {
			t.Errorf("%d lines in the reject report, %d rows rejected", lines, got.report.Rejected())
		}
		if !utf8.ValidString(got.rejects) {
			t.Error("the reject report is not UTF-8")
		}
	})
}

// Every format carries the same rows to the same dataset.
func TestTextFormatsCarryEveryInteraction(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		want := drawDataset(t)
		if len(want.Interactions) == 0 {
			return
		}
		for i := range want.Reels {
			want.Reels[i] = reel.Reel{ID: want.Reels[i].ID, Creator: want.Reels[i].Creator}
		}
		for i := range want.Interactions {
			want.Interactions[i].User = reel.UserID(i) // no duplicates
			want.Interactions[i].Time = want.Interactions[i].Time % fromMillis
			want.Interactions[i].Duration = 0
		}
		csvText, jsonText := asText(want)
		for format, text := range map[Format]string{CSV: csvText, JSONL: jsonText} {
			path := filepath.Join(dir, string(format))
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			got, report, err := Import(context.Background(), Options{Format: format, Paths: []string{path}})
			if err != nil || report.Rejected() != 0 {
				t.Fatalf("%s: %v, %+v", format, err, report)
			}
			if !reflect.DeepEqual(got.Interactions, want.Interactions) {
				t.Fatalf("%s: got %+v\nwant %+v", format, got.Interactions, want.Interactions)
			}
		}
	})
}

// asText writes the interactions as CSV and as JSON lines.
func asText(ds *Dataset) (csvText, jsonText string) {
	var c, j strings.Builder
	table := interactionTable(false)
	for i, column := range table.columns {
		if i > 0 {
			c.WriteByte(',')
		}
		c.WriteString(column.name)
	}
	c.WriteByte('\n')
	for i := range ds.Interactions {
		values := cellsOf(&ds.Interactions[i])
		j.WriteByte('{')
		for k, v := range values {
			if k > 0 {
				c.WriteByte(',')
				j.WriteByte(',')
			}
			c.WriteString(v)
			if k == colDevice || k == colPlace {
				v = `"` + v + `"`
			}
			j.WriteString(`"` + table.columns[k].name + `":` + v)
		}
		c.WriteByte('\n')
		j.WriteString("}\n")
	}
	return c.String(), j.String()
}

func cellsOf(it *reel.Interaction) []string {
	flag := func(bit reel.Signals) string {
		if it.Signals.Has(bit) {
			return "1"
		}
		return "false"
	}
	whole := func(v int64) string { return strconv.FormatInt(v, 10) }
	values := make([]string, colPosition+1)
	values[colUser], values[colReel], values[colCreator] = whole(int64(it.User)), whole(int64(it.Reel)), whole(int64(it.Creator))
	values[colTime], values[colDuration] = whole(it.Time), string(appendFloat(nil, float64(it.Duration), 32))
	values[colWatch] = string(appendFloat(nil, float64(it.Watch), 32))
	for i, s := range signals[1:] {
		values[colLiked+i] = flag(s.bit)
	}
	values[colObserved] = whole(int64(it.Observed))
	values[colDevice], values[colPlace] = it.Context.Device, it.Context.Place
	values[colSession], values[colPosition] = whole(it.Context.Session), whole(int64(it.Context.Position))
	return values
}

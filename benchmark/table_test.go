package benchmark

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/evaluate"
)

func example() *Table {
	t := &Table{Title: "a set", Columns: []Column{{"NDCG@10", 4}, {"cases", 0}}, Notes: []string{"All users."}}
	t.Add("popular", Measured, evaluate.Estimate{Value: .0179, Lo: .016, Hi: .02}, Point(6040))
	t.Add("SASRec", Published, Point(.1259), Missing()).Note = "a paper"
	return t
}

func TestTextShowsIntervalsSourcesAndGaps(t *testing.T) {
	var out strings.Builder
	if err := example().Print(&out); err != nil {
		t.Fatal(err)
	}
	want := "a set\n\n" +
		"         NDCG@10                  cases  source\n" +
		"popular  0.0179 [0.0160, 0.0200]  6040   measured here\n" +
		"SASRec   0.1259                   -      published, a paper\n" +
		"\nAll users.\n"
	if out.String() != want {
		t.Errorf("printed\n%swant\n%s", out.String(), want)
	}
}

func TestJSONKeepsWhatTextRounds(t *testing.T) {
	raw, err := json.Marshal(example())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`{"name":"popular","source":"measured here","values":[{"value":0.0179,"lo":0.016,"hi":0.02},{"value":6040,"lo":null,"hi":null}]}`,
		`"values":[{"value":0.1259,"lo":null,"hi":null},{"value":null,"lo":null,"hi":null}],"note":"a paper"`,
	} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("%s\ndoes not hold %s", raw, want)
		}
	}
}

func TestAMissingFolderIsNamedWithWhatToDo(t *testing.T) {
	dir := t.TempDir()
	_, err := Folder(dir, "ml1m")
	if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "--data") {
		t.Errorf("error %v, want the folder and the flag", err)
	}
}

package evaluate

import (
	"bytes"
	"encoding/json"
	"testing"
)

// sourceCases are two people: of the first, similar finds one relevant reel
// that fresh does not; of the second, both find the one there is.
func sourceCases() []SourceCase {
	return []SourceCase{
		{
			Relevant: ids(1, 2, 3, 4), Merged: ids(1, 2, 50, 51),
			Sources: []SourceLists{
				{"similar", 3, ids(1, 2, 50), ids(2, 51, 52, 53), ids(1, 50)},
				{"fresh", 1, ids(2), ids(1, 2, 50, 54), ids(51)},
			},
		},
		{
			Relevant: ids(9), Merged: ids(9, 60, 61, 62),
			Sources: []SourceLists{
				{"similar", 3, ids(60, 61, 9), ids(9, 62), ids(60, 61)},
				{"fresh", 1, ids(62), ids(60, 61, 9), ids(62)},
			},
		},
	}
}

func TestSourcesByHand(t *testing.T) {
	table := Sources(sourceCases(), 4, Options{Bootstrap: 100, Seed: 1})
	near(t, "recall of all", table.Recall.Value, (2./4+1)/2)
	if table.Cases != 2 || table.Relevant != 5 || table.Candidates != 4 || len(table.Rows) != 2 {
		t.Fatalf("table is %+v", table)
	}
	for n, want := range []struct {
		source             string
		quota, alone       int
		own, without, gain float64
	}{
		{"similar", 3, 1, (2./4 + 1) / 2, (1./4 + 1) / 2, (1./4 + 0) / 2},
		{"fresh", 1, 0, (1./4 + 0) / 2, (2./4 + 1) / 2, 0},
	} {
		row := table.Rows[n]
		if row.Source != want.source || row.Quota != want.quota || row.Alone != want.alone {
			t.Errorf("row is %+v, want %+v", row, want)
		}
		near(t, want.source+" own", row.Own.Value, want.own)
		near(t, want.source+" without", row.Without.Value, want.without)
		near(t, want.source+" gain", row.Gain.Value, want.gain)
		if !row.Gain.HasInterval() || row.Gain.Lo > row.Gain.Value || row.Gain.Hi < row.Gain.Value {
			t.Errorf("the gain of %s is %v", want.source, row.Gain)
		}
	}
}

func TestSourcesWithoutCasesAreNoTable(t *testing.T) {
	if table := Sources(nil, 4, Options{}); table != nil {
		t.Errorf("got %+v", table)
	}
}

func TestSourcesAreInTheJSON(t *testing.T) {
	var b bytes.Buffer
	if err := (&Report{Sources: Sources(sourceCases(), 4, Options{})}).WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var back struct {
		Sources struct {
			Recall struct{ Value float64 }
			Rows   []struct {
				Source string
				Gain   struct{ Value float64 }
			}
		}
	}
	if err := json.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	s := back.Sources
	if s.Recall.Value != 0.75 || len(s.Rows) != 2 || s.Rows[0].Source != "similar" || s.Rows[0].Gain.Value != 0.125 {
		t.Errorf("the JSON is %s", b.String())
	}
}

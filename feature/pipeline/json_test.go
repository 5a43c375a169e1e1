package pipeline

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestReloadedPipelineTransformsBitIdentically(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		specs, table := anyTable(t)
		p, err := Fit(specs, table)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var reloaded Pipeline
		if err := json.Unmarshal(b, &reloaded); err != nil {
			t.Fatalf("%v\n%s", err, b)
		}
		want, err := p.Transform(table)
		if err != nil {
			t.Fatal(err)
		}
		got, err := reloaded.Transform(table)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Values, want.Values) || !slices.Equal(got.Names, want.Names) {
			t.Fatalf("got %v, want %v\n%s", got, want, b)
		}
	})
}

// state is a small saved pipeline, which the cases below spoil one at a time.
const state = `{"version":1,"columns":[` +
	`{"name":"x","kind":"numeric","max_missing":1,"missing":"mean","scaling":"standard","fitted_number":2,"scaler":{"center":2,"spread":1}},` +
	`{"name":"city","kind":"categorical","max_missing":1,"missing":"mode","encoding":"ordinal","unseen":"error","scaling":"none",` +
	`"fitted_label":"a","vocabulary":{"labels":["a","b"],"shares":[0.5,0.5]},"scaler":{"center":0,"spread":1}}]}`

func TestStateIsReadStrictly(t *testing.T) {
	var p Pipeline
	if err := json.Unmarshal([]byte(state), &p); err != nil {
		t.Fatalf("the unspoilt state: %v", err)
	}
	for _, c := range []struct{ old, new, want string }{
		{`"version":1`, `"version":2`, "version 2, this program reads version 1: fit again"},
		{`"version":1,`, ``, "version 0"},
		{`"columns"`, `"column"`, "unknown field"},
		{`"center":2`, `"centre":2`, "unknown field"},
		{`"missing":"mean"`, `"missing":"magic"`, `missing "magic" is unknown: choose one of`},
		{`"spread":1}},`, `"spread":0}},`, "spread 0 is not positive"},
		{`"spread":1}},`, `"spread":-1}},`, "spread -1 is not positive"},
		{`["a","b"]`, `["b","a"]`, "out of order"},
		{`["a","b"]`, `["a","a"]`, "out of order or twice"},
		{`["a","b"]`, `["a"]`, "1 labels and 2 shares"},
		{`[0.5,0.5]`, `[0.5,1.5]`, "share 1.5"},
		{`"vocabulary":{"labels":["a","b"],"shares":[0.5,0.5]},`, ``, "has a vocabulary"},
		{`{"labels":["a","b"],"shares":[0.5,0.5]}`, `{"labels":[],"shares":[]}`, "vocabulary is empty"},
		{`"fitted_number":2,`, `"vocabulary":{"labels":["a"],"shares":[1]},`, "has a vocabulary"},
		{`"name":"city"`, `"name":"x"`, "specified twice"},
	} {
		spoilt := strings.Replace(state, c.old, c.new, 1)
		if spoilt == state {
			t.Fatalf("%q is not in the state", c.old)
		}
		var got Pipeline
		err := json.Unmarshal([]byte(spoilt), &got)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s -> %s: error is %v, want %q in it", c.old, c.new, err, c.want)
		}
		if got.Width() != 0 {
			t.Errorf("%s -> %s: a refused state was kept", c.old, c.new)
		}
	}
}

func FuzzUnmarshal(f *testing.F) {
	f.Add([]byte(state))
	f.Add([]byte(`{"version":1,"columns":[]}`))
	f.Add([]byte(`{"version":1,"columns":[{"name":"x","kind":"numeric","missing":"drop","scaling":"none","scaler":{"center":0,"spread":5e-324}}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var p Pipeline
		if p.UnmarshalJSON(b) != nil {
			return
		}
		// What is accepted must be usable and survive another round.
		dst := make([]float64, p.Width())
		for _, cell := range []Cell{{}, absent, {Number: 1e300, Label: "a"}} {
			_ = p.TransformRow(dst, slices.Repeat([]Cell{cell}, len(p.Specs())))
		}
		again, err := p.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var q Pipeline
		if err := q.UnmarshalJSON(again); err != nil {
			t.Fatalf("%v\n%s", err, again)
		}
	})
}

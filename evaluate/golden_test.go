package evaluate

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// tinyOptions measure the tiny world.
func tinyOptions(w tinyWorld) Options {
	return Options{Catalog: w.cat, K: []int{5, 10, 20}, NewWindow: 48 * time.Hour, Bootstrap: 300, Confidence: 0.95, Seed: 3}
}

// tinyTable is the baselines' table on the tiny world.
func tinyTable(t testing.TB, opts func(*Options)) (*Table, CaseCounts, []string) {
	t.Helper()
	w := newTinyWorld(t)
	cases, counts, err := Cases(w.train, w.test, w.cat)
	if err != nil {
		t.Fatal(err)
	}
	baselines, notes, err := Baselines(context.Background(), w.train, w.cat, 3)
	if err != nil {
		t.Fatal(err)
	}
	o := tinyOptions(w)
	if opts != nil {
		opts(&o)
	}
	table, err := Run(context.Background(), baselines, cases, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	return table, counts, notes
}

func TestBaselinesOnTheTinyWorldKeepTheirTable(t *testing.T) {
	table, counts, notes := tinyTable(t, nil)
	var b strings.Builder
	fmt.Fprintf(&b, "%+v\n%s\n", counts, strings.Join(notes, "\n"))
	for _, k := range table.K {
		fmt.Fprintf(&b, "\n%s", table.Text(k))
	}
	golden(t, "table.golden", b.String())
}

package config

import (
	"bytes"
	"os"
	"reflect"
	"strings"
	"testing"
)

const (
	docsPage   = "../docs/configuration.md"
	tableBegin = "<!-- The table is written by go generate ./config from the structs. -->\n"
	tableEnd   = "<!-- end of the table -->\n"
)

func TestConfigurationTableIsCurrent(t *testing.T) {
	page, err := os.ReadFile(docsPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(page), tableBegin)
	_, after, ended := strings.Cut(rest, tableEnd)
	if !found || !ended {
		t.Fatalf("%s has no place for the table, between %q and %q", docsPage, tableBegin, tableEnd)
	}
	var table bytes.Buffer
	if err := WriteReference(&table); err != nil {
		t.Fatal(err)
	}
	want := before + tableBegin + table.String() + tableEnd + after
	if *update {
		if err := os.WriteFile(docsPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(page) != want {
		t.Errorf("the table of %s is not current: run go generate ./config", docsPage)
	}
}

func TestWrittenFileLoadsAsTheSameConfiguration(t *testing.T) {
	l, err := Load(Options{Set: []string{
		"seed=18446744073709551615", `train.checkpoint_dir=a "quoted": #path` + "\n\t'with' ünïcode", "server.address=[::1]:0",
		"evaluate.k=1,2,3", "train.learning_rate=1e-05", "server.read_timeout=1h0m0s", "model.preset=seed",
	}})
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := l.WriteYAML(&text); err != nil {
		t.Fatal(err)
	}
	again, err := Load(Options{File: write(t, text.String())})
	if err != nil {
		t.Fatalf("%v\n%s", err, text.String())
	}
	if !reflect.DeepEqual(again.Config, l.Config) {
		t.Errorf("got  %+v\nwant %+v", again.Config, l.Config)
	}
}

func TestTableIsAlignedAndNamesOrigins(t *testing.T) {
	l, err := Load(Options{Env: []string{"REELRANK_SEED=7"}})
	if err != nil {
		t.Fatal(err)
	}
	var table, markdown bytes.Buffer
	if err := l.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	if err := l.WriteMarkdown(&markdown); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(table.String(), "\n"), "\n")
	if len(lines) != len(Fields())+1 {
		t.Fatalf("%d lines for %d settings", len(lines), len(Fields()))
	}
	column := strings.Index(lines[0], "FROM")
	for _, line := range lines[1:] {
		if line[column-1] != ' ' || line[column] == ' ' {
			t.Errorf("%q is not aligned with %q", line, lines[0])
		}
	}
	if got := lines[1][column:]; got != "env REELRANK_SEED" {
		t.Errorf("the seed comes from %q", got)
	}
	if row := "| `seed` | `7` | env REELRANK_SEED |"; !strings.Contains(markdown.String(), row) {
		t.Errorf("the Markdown table lacks %q", row)
	}
}

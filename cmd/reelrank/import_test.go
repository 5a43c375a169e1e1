package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/dataset"
)

func runImport(t *testing.T, cmd importCmd) (out string, err error) {
	t.Helper()
	var b bytes.Buffer
	err = cmd.Run(context.Background(), &console{out: &b, err: &b})
	return b.String(), err
}

func writeLog(t *testing.T, rows ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log.csv")
	text := "user_id,reel_id,creator_id,watch_time,liked,shared,followed,duration,timestamp\n" + strings.Join(rows, "\n") + "\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestImportKeepsTheGoodRowsAndTellsOfTheBadOnes(t *testing.T) {
	log := writeLog(t, "1,10,5,0.9,1,0,0,14,1700000000", "1,11,5,1.7,1,0,0,14,1700000060")
	out := filepath.Join(t.TempDir(), "new", "ds")
	text, err := runImport(t, importCmd{Format: dataset.CSV, Out: out, Paths: []string{log}})
	if err != nil {
		t.Fatal(err)
	}
	report := out + ".rejects.jsonl"
	for _, want := range []string{"2 rows, 1 kept, 1 rejected", "watch_time: not within 0..1", "rejects   " + report, "written   " + out} {
		if !strings.Contains(text, want) {
			t.Errorf("the output lacks %q:\n%s", want, text)
		}
	}
	ds, err := dataset.Read(context.Background(), out)
	if err != nil || len(ds.Interactions) != 1 {
		t.Errorf("the dataset: %+v, %v", ds, err)
	}
	b, err := os.ReadFile(report)
	if err != nil || !strings.Contains(string(b), `"line":3,"field":"watch_time","value":"1.7"`) {
		t.Errorf("the reject report: %s, %v", b, err)
	}
}

func TestAnImportWithoutRejectsLeavesNoReport(t *testing.T) {
	out := filepath.Join(t.TempDir(), "ds")
	text, err := runImport(t, importCmd{Format: dataset.CSV, Out: out, Paths: []string{writeLog(t, "1,10,5,0.9,1,0,0,14,1700000000")}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(out + ".rejects.jsonl"); !errors.Is(err, os.ErrNotExist) || strings.Contains(text, "rejects   ") {
		t.Errorf("there is a reject report (%v):\n%s", err, text)
	}
}

func TestAnImportWithoutAGoodRowFailsAndSaysWhereItsReportLies(t *testing.T) {
	out := filepath.Join(t.TempDir(), "ds")
	_, err := runImport(t, importCmd{Format: dataset.CSV, Out: out, Paths: []string{writeLog(t, "1,10,5,9,1,0,0,14,1700000000")}})
	var none *dataset.NoGoodRowError
	if !errors.As(err, &none) || !strings.Contains(err.Error(), out+".rejects.jsonl") {
		t.Errorf("got %v, want a *NoGoodRowError that names the report", err)
	}
	if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a dataset was written: %v", err)
	}
}

func TestAFailedImportKeepsTheOldDataset(t *testing.T) {
	out := filepath.Join(t.TempDir(), "ds")
	if _, err := runImport(t, importCmd{Format: dataset.CSV, Out: out, Paths: []string{writeLog(t, "1,10,5,0.9,1,0,0,14,1700000000")}}); err != nil {
		t.Fatal(err)
	}
	if _, err := runImport(t, importCmd{Format: dataset.CSV, Out: out, Paths: []string{filepath.Join(out, "nowhere.csv")}}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want a missing file", err)
	}
	if _, err := dataset.Read(context.Background(), out); err != nil {
		t.Error(err)
	}
}

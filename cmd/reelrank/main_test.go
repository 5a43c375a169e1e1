package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"reelrank": main})
}

// TestScripts runs the stories under testdata/script. Besides testscript's own
// commands they have those of the table below.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			// Small enough for a test; the commands' own defaults are for real data.
			return os.WriteFile(filepath.Join(env.WorkDir, "brief.yaml"), []byte(brief), 0o644)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"await": await, "ask": ask, "sigterm": sigterm, "untimed": untimed, "json": jsonField, "wide": wide,
		},
	})
}

const brief = `
model: {preset: compact}
train: {epochs: 1, batch_events: 400, negatives: 64}
evaluate: {bootstrap: 50}
server: {address: "127.0.0.1:0"}
`

// patience is how long a script waits for a process that runs beside it.
const patience = 60 * time.Second

// await FILE [REGEXP] waits until the file is there, and matches.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: await FILE [REGEXP]")
	}
	want := regexp.MustCompile(strings.Join(args[1:], ""))
	var content []byte
	for start := time.Now(); time.Since(start) < patience; time.Sleep(2 * time.Millisecond) {
		var err error
		if content, err = os.ReadFile(ts.MkAbs(args[0])); err == nil && want.Match(content) {
			return
		}
	}
	ts.Fatalf("waited %s for %s to match %q; it is now:\n%s", patience, args[0], want, content)
}

// address is how the server says where it listens.
var address = regexp.MustCompile(`live on (http://\S+?),`)

// ask FILE STATUS METHOD PATH [BODY] sends a request to the server whose output
// goes to the file, and prints the answer.
func ask(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 || len(args) > 5 {
		ts.Fatalf("usage: ask FILE STATUS METHOD PATH [BODY]")
	}
	found := address.FindStringSubmatch(ts.ReadFile(args[0]))
	if found == nil {
		ts.Fatalf("%s names no address:\n%s", args[0], ts.ReadFile(args[0]))
	}
	req, err := http.NewRequest(args[2], found[1]+args[3], strings.NewReader(strings.Join(args[4:], "")))
	ts.Check(err)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%s\n", body)
	if fmt.Sprint(resp.StatusCode) != args[1] {
		ts.Fatalf("%s %s answered %s, want %s:\n%s", args[2], args[3], resp.Status, args[1], body)
	}
}

// sigterm asks the background processes to end.
func sigterm(ts *testscript.TestScript, _ bool, _ []string) {
	for _, cmd := range ts.BackgroundCmds() {
		ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	}
}

// measured are the parts of an output that differ from run to run.
var measured = regexp.MustCompile(`[0-9.]+ ?(ns|µs|ms|s)\b|\b[0-9]+m[0-9.]+s|"latency_ms":[0-9.e-]+|"slate_id":"[0-9a-f]+"|127\.0\.0\.1:[0-9]+|time=\S+`)

// untimed FILE OUT writes the file again without its times, ports and slate ids.
func untimed(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: untimed FILE OUT")
	}
	text := regexp.MustCompile(` +~`).ReplaceAllString(measured.ReplaceAllString(ts.ReadFile(args[0]), "~"), " ~")
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o644))
}

// jsonField FILE PATH... checks that a file is one JSON value that has each of
// the dotted paths.
func jsonField(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: json FILE PATH...")
	}
	var value any
	d := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	if err := d.Decode(&value); err != nil || d.More() {
		ts.Fatalf("%s is not one JSON value: %v", args[0], err)
	}
	for _, path := range args[1:] {
		at := value
		for key := range strings.SplitSeq(path, ".") {
			object, ok := at.(map[string]any)
			if !ok || object[key] == nil {
				ts.Fatalf("%s has no %s", args[0], path)
			}
			at = object[key]
		}
	}
}

// wide FILE COLUMNS checks that no line of a file is longer than that.
func wide(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: wide FILE COLUMNS")
	}
	var most int
	if _, err := fmt.Sscan(args[1], &most); err != nil {
		ts.Fatalf("columns: %v", err)
	}
	for line := range bytes.Lines([]byte(ts.ReadFile(args[0]))) {
		if n := len([]rune(string(bytes.TrimRight(line, "\n")))); n > most {
			ts.Fatalf("a line of %s has %d columns, at most %d are wanted:\n%s", args[0], n, most, line)
		}
	}
}

package config

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite golden files and the table of docs/configuration.md")

// write puts a configuration file into a folder of the test.
func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "reelrank.yaml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// faults loads and wants a *FaultsError.
func faults(t testing.TB, o Options) []Fault {
	t.Helper()
	_, err := Load(o)
	var list *FaultsError
	if !errors.As(err, &list) {
		t.Fatalf("Load(%+v) returns %v, want faults", o, err)
	}
	return list.Faults
}

func TestNothingSetGivesTheDefaults(t *testing.T) {
	l, err := Load(Options{Env: []string{"PATH=/bin", "HOME=/root"}})
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	for _, s := range l.Settings() {
		if s.Value != s.Text(&want) || s.Origin.String() != "default" {
			t.Errorf("%s = %s from %s, want %s from default", s.Key, s.Value, s.Origin, s.Text(&want))
		}
	}
}

func TestLaterLayerWinsAndIsNamed(t *testing.T) {
	file := write(t, "seed: 2\nserver:\n  max_batch: 20\n  max_top_k: 30\n  read_timeout: 1m\n")
	base := Default()
	base.Train.Epochs, base.Train.Patience = 3, 1
	l, err := Load(Options{
		Base: &base,
		File: file,
		Env:  []string{"REELRANK_SERVER_MAX_TOP_K=40", "REELRANK_SERVER_READ_TIMEOUT=2m", "REELRANK_TRAIN_PATIENCE=0"},
		Set:  []string{"server.read_timeout=3m", "evaluate.k=1,3", "server.read_timeout=4m"},
	})
	if err != nil {
		t.Fatal(err)
	}
	c := l.Config
	if c.Seed != 2 || c.Server.MaxBatch != 20 || c.Server.MaxTopK != 40 || c.Server.ReadTimeout != 4*time.Minute ||
		!slices.Equal(c.Evaluate.K, []int{1, 3}) || c.Train.Epochs != 3 || c.Train.Patience != 0 || c.Server.Address != "127.0.0.1:8000" {
		t.Errorf("effective configuration %+v", c)
	}
	want := map[string]string{
		"seed": file + ":1", "server.max_batch": file + ":3", "server.max_top_k": "env REELRANK_SERVER_MAX_TOP_K",
		"server.read_timeout": "flag --set", "evaluate.k": "flag --set", "server.address": "default",
		"train.epochs": "program", "train.patience": "env REELRANK_TRAIN_PATIENCE",
	}
	for _, s := range l.Settings() {
		if origin, ok := want[s.Key]; ok && s.Origin.String() != origin {
			t.Errorf("%s comes from %s, want %s", s.Key, s.Origin, origin)
		}
	}
}

func TestAllFaultsAreListedAtOnce(t *testing.T) {
	_, err := Load(Options{
		File: "testdata/faults.yaml",
		Env:  []string{"REELRANK_SERVER_ADRESS=:1", "REELRANK_TRAIN_TEST_SHARE=NaN", "REELRANK_FOO=1", "REELRANK_RERANK_MAX_PER_CREATOR="},
		Set:  []string{"server.max_body_bytes=1e6", "trian.epochs=4", "epochs=4", "server=:8000", "verbose", "train.negatives=99999999999999999999"},
	})
	if err == nil {
		t.Fatal("no fault is found")
	}
	const golden = "testdata/faults.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(err.Error()+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, readErr := os.ReadFile(golden)
	if readErr != nil {
		t.Fatal(readErr)
	}
	if err.Error()+"\n" != string(want) {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestFileIsReadStrictly(t *testing.T) {
	for _, c := range []struct{ name, text, reason string }{
		{"empty", "", ""},
		{"comments alone", "# nothing\n\n# here\n", ""},
		{"empty document", "---\n", ""},
		{"byte order mark", "\ufeffseed: 2\n", ""},
		{"sections without keys", "server:\nmodel:\n  # preset: seed\n", ""},
		{"dotted keys", "server.max_batch: 5\n", ""},
		{"numbers with separators", "server: {max_body_bytes: 2_000_000}\n", ""},
		{"a quoted number", "seed: \"4\"\n", ""},
		{"key twice", "seed: 1\nmodel: {}\nseed: 2\n", "given twice, first on line 1"},
		{"section twice", "server: {max_batch: 5}\nserver: {max_top_k: 5}\n", "given twice"},
		{"key twice, once dotted", "server:\n  max_batch: 5\nserver.max_batch: 6\n", "given twice"},
		{"not a mapping", "- a\n- b\n", "settings belong here"},
		{"a text", "hello\n", "settings belong here"},
		{"section as a value", "server: 8000\n", "settings belong here"},
		{"value as a section", "seed:\n  value: 4\n", "a plain value belongs here"},
		{"broken YAML", "server:\n\taddress: x\n", "not valid YAML"},
		{"unclosed quote", "seed: \"4\n", "not valid YAML"},
		{"two documents", "seed: 1\n---\nseed: 2\n", "more than one YAML document"},
		{"alias", "seed: &a 1\ntrain: {epochs: *a}\n", "a plain value belongs here"},
		{"recursive alias", "server: &a\n  address: *a\n", "a plain value belongs here"},
		{"merge", "server: {<<: {max_batch: 5}}\n", "merges and compound keys"},
		{"compound key", "[a, b]: 5\n", "compound keys"},
		{"no value", "seed:\n", "no value"},
		{"nested list", "evaluate: {k: [[1]]}\n", "plain value"},
		{"list for a number", "seed: [1]\n", "a list where one value belongs"},
		{"empty list", "evaluate: {k: []}\n", "the list is empty"},
		{"fraction for a whole number", "train: {epochs: 2.5}\n", "not a whole number"},
		{"octal is decimal", "seed: 0o17\n", "not a whole number"},
		{"bare duration", "server: {read_timeout: 10}\n", "not a duration"},
		{"negative duration", "server: {read_timeout: -10s}\n", "too small"},
		{"infinity", "train: {learning_rate: .inf}\n", "not a finite number"},
		{"port too large", "server: {address: \"x:70000\"}\n", "port"},
		{"rule over two keys", "train: {validation_share: 0.5, test_share: 0.5}\n", "nothing to train on"},
		{"no address of a server", "retrieve: {index: weaviate, weaviate_url: \"127.0.0.1:8080\"}\n", "http://127.0.0.1:8080"},
		{"no source", "retrieve: {similar: 0, trending: 0, creators: 0, fresh: 0, cowatched: 0}\n", "no candidates"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := write(t, c.text)
			if c.reason == "" {
				if _, err := Load(Options{File: path}); err != nil {
					t.Error(err)
				}
				return
			}
			list := faults(t, Options{File: path})
			if len(list) != 1 || !strings.Contains(list[0].Reason, c.reason) {
				t.Fatalf("faults %v, want one that says %q", list, c.reason)
			}
			if !strings.Contains(list[0].Origin.String(), path) {
				t.Errorf("the fault is said to come from %s", list[0].Origin)
			}
		})
	}
}

func TestFileThatCannotBeReadSaysWhatToDo(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "no.yaml")
	large := write(t, strings.Repeat("# long\n", 200_000))
	for path, reason := range map[string]string{missing: "create it with: reelrank config", t.TempDir(): "cannot read", large: "larger than"} {
		for _, o := range []Options{{File: path}, {Env: []string{"REELRANK_CONFIG=" + path}}} {
			list := faults(t, o)
			if len(list) != 1 || !strings.Contains(list[0].Reason, reason) || !strings.Contains(list[0].Reason, path) && path != large {
				t.Errorf("%s: %v, want %q", path, list, reason)
			}
		}
	}
}

func TestVariablesOfKubernetesAreNoMistakes(t *testing.T) {
	_, err := Load(Options{Env: []string{
		"REELRANK_SERVICE_HOST=10.0.0.1", "REELRANK_SERVICE_PORT=80", "REELRANK_SERVICE_PORT_HTTP=80", "REELRANK_PORT=tcp://10.0.0.1:80",
		"REELRANK_PORT_80_TCP=tcp://10.0.0.1:80", "REELRANK_PORT_80_TCP_PROTO=tcp", "REELRANK_SERVER_PORT_80_TCP_ADDR=10.0.0.1",
	}})
	if err != nil {
		t.Error(err)
	}
	if list := faults(t, Options{Env: []string{"REELRANK_SERVER_PORT=8000"}}); len(list) != 1 {
		t.Errorf("a person's REELRANK_SERVER_PORT is let pass: %v", list)
	}
}

// FuzzFile: no text makes Load panic, loop, or fail otherwise than by faults.
func FuzzFile(f *testing.F) {
	for _, seed := range []string{"seed: 1\n", "server:\n  address: ':1'\n", "a: &a [*a]\n", "? [x]\n: y\n", "evaluate: {k: [1, 2]}\n", "\xff", "{", "<<: *x\n", "!!binary x: !!float y\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file := &yamlFile{name: "f.yaml", schema: newSchema(), lines: map[string]int{}}
		file.parse([]byte(text))
		for _, a := range file.assignments {
			field := file.schema.byKey[a.key]
			if _, err := field.parse(a.texts, a.isList); err != nil && err.Error() == "" {
				t.Error("an error without words")
			}
		}
		for _, fault := range file.faults {
			if fault.Reason == "" || fault.Origin.Layer != FromFile {
				t.Errorf("fault %+v", fault)
			}
		}
	})
}

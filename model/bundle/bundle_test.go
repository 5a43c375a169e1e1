package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// write puts a small bundle at dir; fill tells bundles apart by their weights.
func write(t testing.TB, dir string, fill float32) Manifest {
	t.Helper()
	m, err := tryWrite(dir, fill, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func tryWrite(dir string, fill float32, r replacer) (Manifest, error) {
	w, err := Create(dir)
	if err != nil {
		return Manifest{}, err
	}
	defer w.Close()
	if r != nil {
		w.replacer = r
	}
	if err := w.AddTensors([]Tensor{{"gru.bias", []int{3}, []float32{fill, 1, 2}}, {"dense.weight", []int{2, 2}, []float32{fill, 3, 4, 5}}}, nil); err != nil {
		return Manifest{}, err
	}
	if err := w.Add("reels.bin", func(out io.Writer) error { _, err := out.Write([]byte("nine reels")); return err }); err != nil {
		return Manifest{}, err
	}
	return w.Commit(Manifest{
		Kind: KindBundle, Preset: "seed", Created: 1_700_000_000,
		Config: json.RawMessage(`{"hidden":[512,256,128],"note":"a<b"}`), Pipeline: json.RawMessage(`[{"step":"scale"}]`),
		Metrics:    map[string]float64{"ndcg@10": 0.25, "auc": 0.75},
		DataWindow: DataWindow{From: 1, To: 2, Interactions: 3, Users: 4, Reels: 5},
	})
}

func TestABundleComesBackAsItWasWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "models", "feed")
	written := write(t, dir, 7)
	b, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := json.Marshal(b.Manifest)
	want, _ := json.Marshal(written)
	if !bytes.Equal(got, want) {
		t.Errorf("manifest\n%s\nwant\n%s", got, want)
	}
	if string(b.Manifest.Config) != `{"hidden":[512,256,128],"note":"a<b"}` || b.Manifest.Vocabulary != nil {
		t.Errorf("config %s, vocabulary %s", b.Manifest.Config, b.Manifest.Vocabulary)
	}
	if x, ok := b.Tensor("gru.bias"); !ok || !slices.Equal(x.Data, []float32{7, 1, 2}) {
		t.Errorf("gru.bias %v %v", x, ok)
	}
	if _, ok := b.Tensor("gru"); ok {
		t.Error("a tensor that nobody wrote was found")
	}
	if content, err := b.ReadFile("reels.bin"); err != nil || string(content) != "nine reels" {
		t.Errorf("reels.bin %q, error %v", content, err)
	}
	if p := b.Manifest.Parameters; p.Total != 7 || len(p.Tensors) != 2 || p.Tensors[0].Name != "dense.weight" || p.Tensors[0].Count != 4 {
		t.Errorf("parameters %+v", p)
	}
	m, err := ReadManifest(dir)
	if err != nil || m.ModelVersion != written.ModelVersion || !strings.HasPrefix(m.ModelVersion, "seed-") || len(m.ModelVersion) != len("seed-")+12 {
		t.Errorf("model version %q, error %v", m.ModelVersion, err)
	}
}

// contents reads every file of a directory.
func contents(t testing.TB, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(data)
	}
	return files
}

func TestEqualContentGivesEqualBytes(t *testing.T) {
	a, b := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	write(t, a, 1)
	write(t, b, 1)
	if !maps.Equal(contents(t, a), contents(t, b)) {
		t.Error("two equal bundles differ on disk")
	}
}

func TestTheManifestReadsAsPinned(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "feed")
	write(t, dir, 1)
	golden, err := os.ReadFile("testdata/manifest.golden.json")
	if err != nil {
		t.Fatal(err)
	}
	if got := contents(t, dir)[ManifestFile]; got != string(golden) {
		t.Errorf("manifest\n%s\nwant\n%s", got, golden)
	}
}

func TestTheWriterRefuses(t *testing.T) {
	weights := []Tensor{{"a", nil, []float32{1}}}
	good := Manifest{Kind: KindBundle, Preset: "seed"}
	text := func(out io.Writer) error { _, err := out.Write([]byte("x")); return err }
	for _, c := range []struct {
		name, want string
		do         func(w *Writer) error
	}{
		{"a bundle without weights", "no weights", func(w *Writer) error { _, err := w.Commit(good); return err }},
		{"a file twice", "twice", func(w *Writer) error { return errors.Join(w.Add("x", text), w.Add("x", text)) }},
		{"a path out of the bundle", "../x", func(w *Writer) error { return w.Add("../x", text) }},
		{"an absolute path", "/x", func(w *Writer) error { return w.Add("/x", text) }},
		{"the manifest's own name", "taken", func(w *Writer) error { return w.Add(ManifestFile, text) }},
		{"a source file that is not there", "nowhere", func(w *Writer) error { return w.AddFile("x", filepath.Join(w.partial, "nowhere")) }},
		{"weights that do not fit", "needs", func(w *Writer) error { return w.AddTensors([]Tensor{{"a", []int{2}, []float32{1}}}, nil) }},
		{"an unknown kind", "kind", func(w *Writer) error {
			_, err := w.Commit(Manifest{Preset: "seed"})
			return errors.Join(w.AddTensors(weights, nil), err, commit(w, Manifest{Kind: "model", Preset: "seed"}))
		}},
		{"no preset", "preset", func(w *Writer) error {
			return errors.Join(w.AddTensors(weights, nil), commit(w, Manifest{Kind: KindBundle}))
		}},
		{"a metric that is not a number", `"loss"`, func(w *Writer) error {
			m := good
			m.Metrics = map[string]float64{"loss": nan()}
			return errors.Join(w.AddTensors(weights, nil), commit(w, m))
		}},
		{"configuration that is not JSON", "config is not valid JSON", func(w *Writer) error {
			m := good
			m.Config = json.RawMessage(`{`)
			return errors.Join(w.AddTensors(weights, nil), commit(w, m))
		}},
		{"configuration with a key twice", "twice", func(w *Writer) error {
			m := good
			m.Config = json.RawMessage(`{"a":1,"a":2}`)
			return errors.Join(w.AddTensors(weights, nil), commit(w, m))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "feed")
			w, err := Create(dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.do(w); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
			if err := w.Close(); err != nil {
				t.Error(err)
			}
			if left := contents(t, filepath.Dir(dir)); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func nan() float64 { zero := 0.0; return zero / zero }

func commit(w *Writer, m Manifest) error {
	_, err := w.Commit(m)
	return err
}

func TestAFailedFileIsNotPartOfTheBundle(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "feed")
	w, err := Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	boom := errors.New("boom")
	if err := w.Add("index.bin", func(io.Writer) error { return boom }); !errors.Is(err, boom) {
		t.Errorf("error %v", err)
	}
	if err := errors.Join(w.AddTensors(nil, nil), commit(w, Manifest{Kind: KindCheckpoint, Preset: "seed"})); err != nil {
		t.Fatal(err)
	}
	b, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.ReadFile("index.bin"); !errors.Is(err, ErrMissing) {
		t.Errorf("reading the failed file: %v", err)
	}
	if err := w.Add("late.bin", func(io.Writer) error { return nil }); err == nil {
		t.Error("a file was added after the commit")
	}
	if err := commit(w, Manifest{Kind: KindBundle, Preset: "seed"}); err == nil {
		t.Error("committed twice")
	}
}

func TestOnlyABundleIsReplaced(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "thesis.txt"), []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(dir); err == nil || !strings.Contains(err.Error(), "thesis.txt") {
		t.Errorf("error %v, want one that names what is there", err)
	}
	for _, dir := range []string{".", "..", "/", ""} {
		if w, err := Create(dir); err == nil {
			t.Errorf("a bundle at %q was accepted: %v", dir, w.Close())
		}
	}
	empty := t.TempDir()
	write(t, empty, 1)
	if _, err := Open(empty); err != nil {
		t.Error(err)
	}
}

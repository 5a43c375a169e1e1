package bundle

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// wantFault opens dir and demands an error of the kind that names the file.
func wantFault(t *testing.T, dir, file string, kind error, says ...string) {
	t.Helper()
	_, err := Open(dir)
	var fault *FileError
	if !errors.As(err, &fault) {
		t.Fatalf("error %v, want a *FileError", err)
	}
	if fault.File != file || !errors.Is(err, kind) {
		t.Errorf("%q is about %s; want %s %v", err, fault.File, file, kind)
	}
	for _, s := range append(says, file, dir) {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("%q does not say %q", err, s)
		}
	}
}

func put(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestEveryFlippedByteIsFoundAndItsFileNamed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "feed")
	write(t, dir, 1)
	for name, content := range contents(t, dir) {
		path := filepath.Join(dir, name)
		for at := range content {
			flipped := []byte(content)
			flipped[at] ^= 1 << (at % 8)
			put(t, path, flipped)
			_, err := Open(dir)
			var fault *FileError
			if !errors.As(err, &fault) || !errors.Is(err, ErrAltered) {
				t.Fatalf("%s with byte %d flipped: error %v", name, at, err)
			}
			if fault.File != name && name != ChecksumFile {
				t.Fatalf("%s with byte %d flipped: the error is about %s", name, at, fault.File)
			}
		}
		put(t, path, []byte(content))
	}
	if _, err := Open(dir); err != nil {
		t.Errorf("after the repair: %v", err)
	}
}

func TestEveryTruncationAndExtensionIsFound(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "feed")
	write(t, dir, 1)
	for name, content := range contents(t, dir) {
		path := filepath.Join(dir, name)
		for n := range content {
			put(t, path, []byte(content[:n]))
			if _, err := Open(dir); !errors.Is(err, ErrTruncated) && !(name == ManifestFile && errors.Is(err, ErrAltered)) {
				t.Fatalf("%s of %d instead of %d bytes: error %v", name, n, len(content), err)
			}
		}
		put(t, path, []byte(content+"\n"))
		wantAny(t, dir, ErrAltered)
		put(t, path, []byte(content))
	}
}

func wantAny(t *testing.T, dir string, kind error) {
	t.Helper()
	if _, err := Open(dir); !errors.Is(err, kind) {
		t.Errorf("error %v, want one that %v", err, kind)
	}
}

func TestAMissingFileIsNamed(t *testing.T) {
	for _, name := range []string{ManifestFile, ChecksumFile, WeightsFile, "reels.bin"} {
		dir := filepath.Join(t.TempDir(), "feed")
		write(t, dir, 1)
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		wantFault(t, dir, name, ErrMissing)
	}
	wantFault(t, filepath.Join(t.TempDir(), "nowhere"), ManifestFile, ErrMissing, "train")
}

func TestALinkOrFolderInPlaceOfAFileIsRefused(t *testing.T) {
	for _, name := range []string{ManifestFile, ChecksumFile, WeightsFile, "reels.bin"} {
		dir := filepath.Join(t.TempDir(), "feed")
		write(t, dir, 1)
		path := filepath.Join(dir, name)
		elsewhere := filepath.Join(t.TempDir(), name)
		if err := errors.Join(os.Rename(path, elsewhere), os.Symlink(elsewhere, path)); err != nil {
			t.Fatal(err)
		}
		wantFault(t, dir, name, ErrUnsafe)
		if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o700)); err != nil {
			t.Fatal(err)
		}
		wantFault(t, dir, name, ErrUnsafe)
	}
}

func TestTheDirectoryItselfMayBeALink(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "feed")
	write(t, dir, 1)
	link := filepath.Join(t.TempDir(), "current")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(link); err != nil {
		t.Error(err)
	}
}

// reseal rewrites the manifest, as somebody would who knows of the checksum.
func reseal(t *testing.T, dir string, change func(map[string]any)) {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(contents(t, dir)[ManifestFile]), &m); err != nil {
		t.Fatal(err)
	}
	change(m)
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	resealText(t, dir, text)
}

func resealText(t *testing.T, dir string, text []byte) {
	t.Helper()
	put(t, filepath.Join(dir, ManifestFile), text)
	put(t, filepath.Join(dir, ChecksumFile), checksumLine(text))
}

func TestAManifestWithAFittingChecksumIsStillHeldToItsRules(t *testing.T) {
	type object = map[string]any
	moved := func(name string) func(object) {
		return func(m object) {
			files := m["files"].(object)
			files[name] = files["reels.bin"]
			delete(files, "reels.bin")
		}
	}
	sum := func(v string) func(object) {
		return func(m object) { m["files"].(object)["reels.bin"].(object)["sha256"] = v }
	}
	for _, c := range []struct {
		name   string
		file   string
		kind   error
		says   string
		change func(object)
	}{
		{"an older version", ManifestFile, ErrVersion, "version 0, this release reads version 1", func(m object) { m["format_version"] = 0 }},
		{"a newer version with new fields", ManifestFile, ErrVersion, "upgrade", func(m object) { m["format_version"] = 2; m["future"] = true }},
		{"no version", ManifestFile, ErrMalformed, "format_version", func(m object) { delete(m, "format_version") }},
		{"an unknown field", ManifestFile, ErrMalformed, "surprise", func(m object) { m["surprise"] = 1 }},
		{"another kind", ManifestFile, ErrMalformed, "kind", func(m object) { m["kind"] = "plugin" }},
		{"weights not listed", WeightsFile, ErrUnlisted, "required", func(m object) { delete(m["files"].(object), WeightsFile) }},
		{"a file above the bundle", ManifestFile, ErrUnsafe, "../x", moved("../x")},
		{"an absolute file", ManifestFile, ErrUnsafe, "/etc/passwd", moved("/etc/passwd")},
		{"a file in a folder", ManifestFile, ErrUnsafe, "a/b", moved("a/b")},
		{"a file with a backslash", ManifestFile, ErrUnsafe, `..\\x`, moved(`..\x`)},
		{"a hidden file", ManifestFile, ErrUnsafe, ".x", moved(".x")},
		{"a file without a name", ManifestFile, ErrUnsafe, `""`, moved("")},
		{"the manifest in itself", ManifestFile, ErrUnsafe, "taken", moved(ManifestFile)},
		{"a file that is not there", "ghost.bin", ErrMissing, "", moved("ghost.bin")},
		{"a short hash", ManifestFile, ErrMalformed, "64", sum("abcd")},
		{"a hash in capitals", ManifestFile, ErrMalformed, "64", sum(strings.Repeat("AB", 32))},
		{"another file's hash", "reels.bin", ErrAltered, "SHA-256", sum(strings.Repeat("ab", 32))},
		{"a negative size", ManifestFile, ErrMalformed, "negative", func(m object) { m["files"].(object)["reels.bin"].(object)["bytes"] = -1 }},
		{"an immense size", "reels.bin", ErrTruncated, "10 of", func(m object) { m["files"].(object)["reels.bin"].(object)["bytes"] = int64(1) << 60 }},
		{"another model's version", ManifestFile, ErrMalformed, "model_version", func(m object) { m["model_version"] = "seed-000000000000" }},
		{"another total", WeightsFile, ErrAltered, "in all", func(m object) { m["parameters"].(object)["total"] = 8 }},
		{"an empty table", WeightsFile, ErrAltered, `"dense.weight" is not listed`, func(m object) { m["parameters"].(object)["tensors"] = []any{} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "feed")
			write(t, dir, 1)
			reseal(t, dir, c.change)
			wantFault(t, dir, c.file, c.kind, c.says)
		})
	}
}

func TestAManifestThatIsNotOneStrictObjectIsRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "feed")
	write(t, dir, 1)
	good := contents(t, dir)[ManifestFile]
	for name, text := range map[string]string{
		"nothing":            "",
		"null":               "null",
		"an array":           "[]",
		"half":               good[:len(good)/2],
		"something after it": good + "{}",
		"a key twice":        strings.Replace(good, `"kind"`, `"kind": "bundle", "kind"`, 1),
		"a text for a table": strings.Replace(good, `"created": 1700000000`, `"created": "now"`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			resealText(t, dir, []byte(text))
			wantFault(t, dir, ManifestFile, ErrMalformed)
		})
	}
}

// The manifest lists which tensors a model has; weights of another model do
// not become this one by having their hash entered.
func TestWeightsWithOtherTensorsAreRefused(t *testing.T) {
	original := []Tensor{{"gru.bias", []int{3}, []float32{1, 1, 2}}, {"dense.weight", []int{2, 2}, []float32{1, 3, 4, 5}}}
	for _, c := range []struct {
		name, says string
		change     func([]Tensor) []Tensor
	}{
		{"a renamed tensor", `"gru.bios"`, func(x []Tensor) []Tensor { x[0].Name = "gru.bios"; return x }},
		{"an extra tensor", `"z"`, func(x []Tensor) []Tensor { return append(x, Tensor{"z", nil, []float32{1}}) }},
		{"a tensor less", `"gru.bias" is listed`, func(x []Tensor) []Tensor { return x[1:] }},
		{"another shape", "[4]", func(x []Tensor) []Tensor { x[1].Shape = []int{4}; return x }},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "feed")
			write(t, dir, 1)
			other := filepath.Join(t.TempDir(), "other")
			w, err := Create(other)
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			if err := errors.Join(w.AddTensors(c.change(slices.Clone(original)), nil), commit(w, Manifest{Kind: KindBundle, Preset: "seed"})); err != nil {
				t.Fatal(err)
			}
			m, err := ReadManifest(other)
			if err != nil {
				t.Fatal(err)
			}
			put(t, filepath.Join(dir, WeightsFile), []byte(contents(t, other)[WeightsFile]))
			reseal(t, dir, func(doc map[string]any) {
				doc["files"].(map[string]any)[WeightsFile] = m.Files[WeightsFile]
				doc["model_version"] = m.ModelVersion
			})
			wantFault(t, dir, WeightsFile, ErrAltered, c.says)
		})
	}
}

func TestWeightsThatAreNoSafetensorsAreRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "feed")
	write(t, dir, 1)
	content := "cos\nsystem\n(S'echo'\ntR." // what a pickle looks like: it stays text
	put(t, filepath.Join(dir, WeightsFile), []byte(content))
	sum := &summer{sha: sha256.New()}
	if _, err := sum.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	reseal(t, dir, func(doc map[string]any) {
		doc["files"].(map[string]any)[WeightsFile] = sum.file()
		doc["model_version"] = modelVersion("seed", sum.file().SHA256)
	})
	wantFault(t, dir, WeightsFile, ErrMalformed)
}

func TestWhatIsAlteredAfterOpenIsRefusedWhenRead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "feed")
	write(t, dir, 1)
	b, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "reels.bin"), []byte("nine apes!"))
	if _, err := b.ReadFile("reels.bin"); !errors.Is(err, ErrAltered) {
		t.Errorf("error %v", err)
	}
}

func FuzzDecodeManifest(f *testing.F) {
	dir := filepath.Join(f.TempDir(), "feed")
	write(f, dir, 1)
	f.Add([]byte(contents(f, dir)[ManifestFile]))
	f.Add([]byte(`{"format_version":2}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := decodeManifest(data)
		if err != nil {
			return
		}
		text, err := m.encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decodeManifest(text); err != nil {
			t.Fatalf("what was read cannot be written and read again: %v", err)
		}
	})
}

package ml1m

import (
	"compress/gzip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// written is a folder with a file of these lines.
func written(t *testing.T, lines string) string {
	t.Helper()
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := gzip.NewWriter(f)
	if _, err := z.Write([]byte(lines)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestTheLastTwoEventsAreTargets(t *testing.T) {
	d, err := Load(written(t, "1 3\n1 1\n1 2\n1 4\n2 2\n2 1\n2 3\n"))
	if err != nil {
		t.Fatal(err)
	}
	if d.Items != 4 {
		t.Errorf("%d items, want 4", d.Items)
	}
	for name, c := range map[string]struct{ got, want any }{
		"training":   {d.Training(), [][]int32{{2, 0}, {1}}},
		"validation": {d.Validation(), []Case{{[]int32{2, 0}, 1}, {[]int32{1}, 0}}},
		"test":       {d.Test(), []Case{{[]int32{2, 0, 1}, 3}, {[]int32{1, 0}, 2}}},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s is %v, want %v", name, c.got, c.want)
		}
	}
}

func TestDamagedFilesAreNamedByLine(t *testing.T) {
	for lines, want := range map[string]string{
		"1 1\n1 x\n":           "line 2",
		"1 1\n3 1\n":           "line 2: user 3 follows user 1",
		"1 1\n1 2\n1 0\n":      "line 3: item 0",
		"1 1\n1 2\n":           "user 1 has 2 events",
		"1 1\n1 2\n1 3\n2 1\n": "user 2 has 1 events",
	} {
		_, err := Load(written(t, lines))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want it to say %q", lines, err, want)
		}
	}
}

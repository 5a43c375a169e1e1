package bench

import (
	"os"
	"path/filepath"
	"testing"
)

func TestDiskMeasuresWritesAndLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	l, err := Disk(dir)
	if err != nil {
		t.Fatal(err)
	}
	if l.P50 <= 0 || l.Max < l.P99 {
		t.Errorf("got %+v", l)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left %v", left)
	}
	if _, err := Disk(filepath.Join(dir, "nowhere")); err == nil {
		t.Error("a directory that is not there was measured")
	}
}

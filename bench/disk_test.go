package bench

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestDiskMeasuresUntilItIsTold(t *testing.T) {
	dir := t.TempDir()
	ctx, stop := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer stop()
	l, err := Disk(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	if ctx.Err() == nil || l.P50 <= 0 || l.Max < l.P99 {
		t.Errorf("got %+v before the time was over", l)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left %v", left)
	}
	if _, err := Disk(ctx, filepath.Join(dir, "nowhere")); err == nil {
		t.Error("a directory that is not there was measured")
	}
}

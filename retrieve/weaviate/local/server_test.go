package local_test

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/reelrank/reelrank/retrieve/weaviate/local"
)

func TestAbsentServerSaysHowToBuildIt(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir()) // the cache folders of Linux
	t.Setenv("HOME", t.TempDir())           // and of macOS
	t.Setenv("LocalAppData", t.TempDir())   // and of Windows
	_, err := local.Start(t.Context())
	if !errors.Is(err, local.ErrAbsent) || !strings.Contains(err.Error(), "go run ./retrieve/weaviate/local/internal/install") {
		t.Errorf("%v", err)
	}
}

func TestStoppedServerLeavesNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s, err := local.Start(t.Context())
	if errors.Is(err, local.ErrAbsent) {
		t.Skip("SKIPPED: " + err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if response, err := http.Get(s.URL + "/v1/.well-known/live"); err == nil {
		response.Body.Close()
		t.Error("it still answers")
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) != 0 {
		t.Errorf("%v left, %v", left, err)
	}
}

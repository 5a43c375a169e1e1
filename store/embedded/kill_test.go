package embedded

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
	"github.com/reelrank/reelrank/store/storetest"
)

// killedDir names, for TestKilled, the directory to write to until it is killed.
const killedDir = "REELRANK_TEST_STORE_TO_KILL"

func TestWhatWasAcknowledgedSurvivesKill9(t *testing.T) {
	dir := t.TempDir()
	acknowledged := 0
	for range 3 {
		child := exec.Command(os.Args[0], "-test.run", "^TestKilled$")
		child.Env = append(os.Environ(), killedDir+"="+dir)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for read := 0; read < 300 && lines.Scan(); read++ {
			if _, err := fmt.Sscanf(lines.Text(), "acknowledged %d", &acknowledged); err != nil {
				t.Fatalf("the child says %q", lines.Text())
			}
		}
		_ = child.Process.Kill()
		_ = child.Wait()
	}
	s := openAt(t, Options{Dir: dir})
	all, err := storetest.ReadAll(s, 1)
	if err != nil || acknowledged < 900 || len(all) < acknowledged {
		t.Errorf("%d records are there, %v, %d were acknowledged", len(all), err, acknowledged)
	}
	if differences, err := s.Differences(context.Background()); err != nil || len(differences) > 0 {
		t.Errorf("%q, %v", differences, err)
	}
}

// TestKilled is the process that TestWhatWasAcknowledgedSurvivesKill9 kills.
func TestKilled(t *testing.T) {
	dir := os.Getenv(killedDir)
	if dir == "" {
		t.Skip("runs as the child of another test")
	}
	s := openAt(t, Options{Dir: dir})
	for i := 0; ; i++ {
		outcomes, err := s.Append(context.Background(), store.Event{Interaction: reel.Interaction{User: reel.UserID(i % 10), Reel: reel.ReelID(i)}})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("acknowledged", outcomes[0].Offset)
	}
}

package live

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// killRounds is how often a service is killed: `go test ./live -run Kill
// -kill.rounds 100` for a thorough one.
var killRounds = flag.Int("kill.rounds", 4, "how many times the kill test kills a service, in each of its parts")

// killWriters is how many write at the same time.
const killWriters = 4

func TestAKilledServiceLosesNothingAndCountsNothingTwice(t *testing.T) {
	for name, eventsOnly := range map[string]bool{"events and catalogue": false, "events alone": true} {
		t.Run(name, func(t *testing.T) {
			bundle, err := bundleOnce()
			if err != nil {
				t.Fatal(err)
			}
			k := &killing{t: t, random: rand.New(rand.NewPCG(1, 2)), bundle: bundle, dir: filepath.Join(t.TempDir(), "store"), eventsOnly: eventsOnly}
			for w := range killWriters {
				k.oracles = append(k.oracles, newOracle(newScript(w, eventsOnly)))
			}
			for round := range *killRounds {
				k.round()
				if t.Failed() {
					t.Fatalf("round %d", round)
				}
			}
			k.end()
		})
	}
}

// killing is a service that is killed again and again.
type killing struct {
	t           *testing.T
	random      *rand.Rand
	bundle, dir string
	eventsOnly  bool
	oracles     []*oracle // after what is in the store
	opened      int       // rounds in which the child got as far as writing
}

// round lets a child write, kills it, and looks at what it left, in a copy: the
// next child finds what this one left and nothing mended.
func (k *killing) round() {
	k.kill()
	if k.t.Failed() {
		return
	}
	left := filepath.Join(k.t.TempDir(), "copy")
	if err := os.CopyFS(left, os.DirFS(k.dir)); err != nil {
		k.t.Fatal(err)
	}
	k.check(left)
	os.RemoveAll(left)
	if k.random.IntN(3) == 0 {
		breakState(k.t, filepath.Join(k.dir, stateFolder), k.random)
	}
}

// kill starts a child, kills it at some moment, while it opens or while it
// writes, and takes into the oracles what it acknowledged.
func (k *killing) kill() {
	about := task{Dir: k.dir, Bundle: k.bundle, EventsOnly: k.eventsOnly}
	for _, o := range k.oracles {
		about.Next = append(about.Next, o.next)
	}
	c := startChild(k.t, about)
	moment := time.Duration(k.random.IntN(400)) * time.Millisecond
	left := 1 + k.random.IntN(400) // acknowledgements to wait for, but in one round of four
	if k.random.IntN(4) == 0 {
		timer := time.AfterFunc(moment, c.kill)
		defer timer.Stop()
		left = -1
	}
	for c.lines.Scan() {
		line := c.lines.Text()
		var w, n int
		switch {
		case line == "open":
			k.opened++
		case strings.HasPrefix(line, "fault "):
			k.t.Error(line)
			c.kill()
		case c.acknowledged(line, &w, &n):
			k.oracles[w].advance(n + 1)
			if left--; left == 0 {
				c.kill()
			}
		}
	}
	c.kill()
	_ = c.command.Wait() // it says that it was killed
}

// check opens a copy of what is left.
func (k *killing) check(dir string) {
	t := k.t
	s, err := Open(t.Context(), Options{Dir: dir, Bundle: k.bundle, Config: brief()})
	if err != nil {
		t.Fatalf("a killed service does not open: %v", err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, o := range k.oracles {
		o.check(t, s)
	}
	if k.random.IntN(4) == 0 { // it takes the longer the more there is
		k.checkViews(s)
	}
}

// checkViews compares what is made of the log with the log.
func (k *killing) checkViews(s *Service) {
	t := k.t
	if differences, err := s.store.Differences(t.Context()); err != nil || len(differences) > 0 {
		t.Fatalf("%q, %v", differences, err)
	}
	users := map[bool]int{true: len(everybody())}[s.store.Last() > 0]
	for _, o := range k.oracles {
		users += len(o.profiles)
	}
	if got := s.Facts().Users; got != users {
		t.Errorf("there are %d users, want %d", got, users)
	}
	if !k.eventsOnly { // what is counted of deleted reels may differ
		return
	}
	again, err := s.replay(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := s.world.Difference(again); d != "" {
		t.Errorf("the counts are not those of the log: %s", d)
	}
}

// end opens the store itself, twice.
func (k *killing) end() {
	for range 2 {
		k.check(k.dir)
	}
	steps := 0
	for _, o := range k.oracles {
		steps += o.next
	}
	k.t.Logf("killed %d times, %d of them while it wrote; %d steps", *killRounds, k.opened, steps)
	if steps == 0 {
		k.t.Error("nothing was written in all the rounds")
	}
}

// breakState does to the saved state what a kill may do at worst, and more.
func breakState(t *testing.T, dir string, random *rand.Rand) {
	t.Helper()
	name := filepath.Join(dir, []string{stateFile, countersFile, togetherFile}[random.IntN(3)])
	content, err := os.ReadFile(name)
	if err != nil {
		return // there is none
	}
	switch random.IntN(4) {
	case 0:
		err = os.Remove(name)
	case 1:
		err = os.WriteFile(name, content[:random.IntN(len(content))], 0o644)
	case 2:
		content[random.IntN(len(content))] ^= 1 << random.IntN(8)
		err = os.WriteFile(name, content, 0o644)
	case 3: // it got no further than to fill the next one
		err = errors.Join(os.RemoveAll(dir+".next"), os.Rename(dir, dir+".next"))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// child is a process that runs TestChild.
type child struct {
	command *exec.Cmd
	lines   *bufio.Scanner
}

func startChild(t *testing.T, about task) *child {
	t.Helper()
	text, err := json.Marshal(about)
	if err != nil {
		t.Fatal(err)
	}
	c := &child{command: exec.Command(os.Args[0], "-test.run", "^TestChild$")}
	c.command.Env = append(os.Environ(), taskVariable+"="+string(text), "TMPDIR="+t.TempDir())
	c.command.Stderr = os.Stderr
	out, err := c.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.lines = bufio.NewScanner(out)
	if err := c.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.kill)
	return c
}

// kill ends the child in the middle of whatever it does.
func (c *child) kill() { _ = c.command.Process.Kill() }

// acknowledged reads the line of an acknowledgement.
func (*child) acknowledged(line string, writer, step *int) bool {
	n, _ := fmt.Sscanf(line, "done %d %d", writer, step)
	return n == 2
}

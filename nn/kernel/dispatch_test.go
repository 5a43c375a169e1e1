package kernel

import (
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestPortableIsTheLastResortOfEveryProcessor(t *testing.T) {
	sets := Sets()
	if sets[len(sets)-1] != "portable" {
		t.Errorf("sets are %v", sets)
	}
	if runtime.GOARCH == "amd64" && !slices.Contains(sets, "sse2") {
		t.Errorf("SSE2 is part of the architecture, but sets are %v", sets)
	}
}

func TestSelectChangesTheSetAndBack(t *testing.T) {
	before := Active()
	for _, set := range Sets() {
		restore, err := Select(set)
		if err != nil {
			t.Fatal(err)
		}
		if Active() != set {
			t.Errorf("selected %s, active is %s", set, Active())
		}
		restore()
		if Active() != before {
			t.Errorf("%s before, %s after", before, Active())
		}
	}
}

func TestSelectRefusesWhatTheProcessorLacksAndNamesWhatItHas(t *testing.T) {
	before := Active()
	_, err := Select("mmx")
	if err == nil || !strings.Contains(err.Error(), `"mmx"`) || !strings.Contains(err.Error(), "portable") {
		t.Errorf("error %v", err)
	}
	if Active() != before {
		t.Errorf("%s before, %s after", before, Active())
	}
}

// The variable is read when a program starts, so each value needs a program.
func TestTheVariableForcesASetFromTheStart(t *testing.T) {
	const child = "REELRANK_TEST_CHILD"
	if os.Getenv(child) != "" {
		if err := Environment(); err != nil {
			t.Fatalf("fault: %v", err)
		}
		t.Logf("active=%s.", Active())
		return
	}
	for value, want := range map[string]string{
		"portable": "active=portable.",
		"":         "active=" + Sets()[0] + ".",
		"nonsense": "fault: " + Variable + `: kernels "nonsense"`,
	} {
		program := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		program.Env = append(os.Environ(), child+"=1", Variable+"="+value)
		out, _ := program.CombinedOutput() // it fails where it should
		if !strings.Contains(string(out), want) {
			t.Errorf("%s=%q gave no %q:\n%s", Variable, value, want, out)
		}
	}
}

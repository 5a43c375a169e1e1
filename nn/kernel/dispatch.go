package kernel

import (
	"fmt"
	"os"
	"strings"
)

// loops are the innermost loops of one instruction set. Everything around
// them, packing, blocking and the split over threads, is the same for all.
// Each group of loops has a file of its own with its portable form, and one
// with the forms in assembly; another set is one more value of this type.
type loops struct {
	name string
	gemmLoops
	vectorLoops
	layerLoops
	codeLoops
}

// portable runs wherever Go does.
var portable = loops{
	name:        "portable",
	gemmLoops:   portableGemm,
	vectorLoops: portableVector,
	layerLoops:  portableLayer,
	codeLoops:   portableCode,
}

// Variable is the environment variable that forces a set of kernels by its
// name; unset or empty, the fastest that the processor can run is used.
const Variable = "REELRANK_KERNELS"

// active is the set in use. It is chosen once, when the program starts.
var active, environmentFault = choose(os.Getenv(Variable))

// choose returns the named set, or the fastest one where there is no such.
func choose(name string) (loops, error) {
	sets := supported()
	if name == "" {
		return sets[0], nil
	}
	for _, s := range sets {
		if s.name == name {
			return s, nil
		}
	}
	return sets[0], fmt.Errorf("kernels %q: this processor can run %s", name, strings.Join(Sets(), ", "))
}

// Sets names the sets of kernels that this processor can run, fastest first.
func Sets() []string {
	var names []string
	for _, s := range supported() {
		names = append(names, s.name)
	}
	return names
}

// Active names the set of kernels in use.
func Active() string { return active.name }

// Environment tells whether what Variable asks for can be had. A program
// should stop at its error; without, the fastest set is used all the same.
func Environment() error {
	if environmentFault != nil {
		return fmt.Errorf("%s: %w", Variable, environmentFault)
	}
	return nil
}

// Select changes the set in use and returns a function that changes it back.
// It is for benchmarks and tests that compare sets: no kernel may be running,
// and operands that were packed before belong to the set before.
func Select(name string) (restore func(), err error) {
	set, err := choose(name)
	if err != nil {
		return nil, err
	}
	before := active
	active = set
	return func() { active = before }, nil
}

package config

import (
	"fmt"
	"strings"
)

// Layer is where a value can come from; a later layer wins.
type Layer int

// The layers, weakest first.
const (
	FromProgram Layer = iota // a Config built in code: Options.Base, or the argument of Validate
	FromDefault
	FromFile
	FromEnvironment
	FromFlag
)

// Origin is where one value came from.
type Origin struct {
	Layer Layer
	Name  string // the file or the environment variable
	Line  int    // of the file; 0 when unknown
}

// String is e.g. "default", "reelrank.yaml:12", "env REELRANK_SEED" or "flag --set".
func (o Origin) String() string {
	switch {
	case o.Layer == FromFile && o.Line > 0:
		return fmt.Sprintf("%s:%d", o.Name, o.Line)
	case o.Layer == FromFile:
		return o.Name
	case o.Layer == FromEnvironment:
		return "env " + o.Name
	case o.Layer == FromFlag:
		return "flag --set"
	case o.Layer == FromDefault:
		return "default"
	}
	return "program"
}

// Fault is one thing that is wrong with the configuration.
type Fault struct {
	Key     string // the key as it was written; empty when a whole layer is at fault
	Value   string // as it was written
	Origin  Origin
	Reason  string
	Allowed string // what the key may be; empty when the reason says it all
}

// longestValue is how much of a bad value a message repeats.
const longestValue = 60

func (f Fault) String() string {
	var b strings.Builder
	if f.Key != "" {
		b.WriteString(f.Key)
		if f.Value != "" || f.Allowed != "" {
			fmt.Fprintf(&b, " = %q", shorten(f.Value))
		}
		b.WriteByte(' ')
	}
	fmt.Fprintf(&b, "(%s): %s", f.Origin, f.Reason)
	if f.Allowed != "" {
		b.WriteString("; allowed: " + f.Allowed)
	}
	return b.String()
}

func shorten(text string) string {
	if len(text) <= longestValue {
		return text
	}
	return text[:longestValue] + "..."
}

// FaultsError lists everything that is wrong with the configuration.
type FaultsError struct {
	Faults []Fault
}

func (e *FaultsError) Error() string {
	var b strings.Builder
	noun := "fault"
	if len(e.Faults) > 1 {
		noun = "faults"
	}
	fmt.Fprintf(&b, "the configuration has %d %s:", len(e.Faults), noun)
	for _, f := range e.Faults {
		b.WriteString("\n  " + f.String())
	}
	return b.String()
}

func faultsError(faults []Fault) error {
	if len(faults) == 0 {
		return nil
	}
	return &FaultsError{faults}
}

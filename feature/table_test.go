package feature

import (
	"regexp"
	"testing"
)

func TestEverySlotHasItsOwnNameAndMeaning(t *testing.T) {
	name := regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	for title, table := range map[string][]Slot{"metadata": MetaSlots[:], "context": ContextSlots[:]} {
		if len(table) != 64 {
			t.Errorf("%s has %d slots, want 64", title, len(table))
		}
		at := make(map[string]int)
		for i, s := range table {
			if !name.MatchString(s.Name) || s.Doc == "" {
				t.Errorf("%s slot %d is %+v: want a snake_case name and a meaning", title, i, s)
			}
			if j, twice := at[s.Name]; twice {
				t.Errorf("%s slots %d and %d are both named %q", title, j, i, s.Name)
			}
			at[s.Name] = i
		}
	}
}

func TestLayoutIsTheDocumentedOne(t *testing.T) {
	for _, c := range []struct {
		what      string
		got, want int
	}{
		{"ReelDim", ReelDim, 1216}, {"AudioAt", AudioAt, 512}, {"TextAt", TextAt, 768},
		{"MetaAt", MetaAt, 1152}, {"EventAt", EventAt, 1208}, {"MetaAt + metaEvent", MetaAt + metaEvent, EventAt},
	} {
		if c.got != c.want {
			t.Errorf("%s is %d, want %d", c.what, c.got, c.want)
		}
	}
}

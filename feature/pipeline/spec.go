package pipeline

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Missing is what to do about missing values.
type Missing string

// The ways to handle missing values. Mean and Median are for numbers only.
const (
	Mean     Missing = "mean"     // the mean at fit
	Median   Missing = "median"   // the median at fit
	Mode     Missing = "mode"     // the most frequent value at fit, the smallest of equals
	Constant Missing = "constant" // Spec.FillNumber or Spec.FillLabel
	Drop     Missing = "drop"     // leave the whole row out
)

// Encoding is how labels become numbers.
type Encoding string

// The encodings.
const (
	Ordinal   Encoding = "ordinal"   // the label's place in sorted order, from 0
	OneHot    Encoding = "onehot"    // one output per label, 1 for the cell's own
	Frequency Encoding = "frequency" // the share of rows at fit that have the label
)

// Unseen is what to do about a label that Fit did not keep.
type Unseen string

// The policies for unseen labels.
const (
	UnseenError        Unseen = "error"         // refuse the table
	UnseenUnknown      Unseen = "unknown"       // ordinal: the place after the last label; one-hot and frequency: zeros
	UnseenMostFrequent Unseen = "most_frequent" // as if it were the most frequent label
)

// Scaling is how numbers are brought to a like range.
type Scaling string

// The scalings. A spread of zero divides by one.
const (
	Standard Scaling = "standard" // (x - mean) / standard deviation
	MinMax   Scaling = "minmax"   // (x - min) / (max - min)
	Robust   Scaling = "robust"   // (x - median) / (third quartile - first quartile)
	Unscaled Scaling = "none"     // x
)

var (
	kinds          = []Kind{Numeric, Categorical}
	missingNumbers = []Missing{Mean, Median, Mode, Constant, Drop}
	missingLabels  = []Missing{Mode, Constant, Drop}
	encodings      = []Encoding{Ordinal, OneHot, Frequency}
	unseens        = []Unseen{UnseenError, UnseenUnknown, UnseenMostFrequent}
	scalings       = []Scaling{Standard, MinMax, Robust, Unscaled}
	scalingsOneHot = []Scaling{Unscaled}
)

// Spec says what one column is and what is done to it. Every strategy is
// named: there are no silent defaults.
type Spec struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`

	// Required refuses a table without the column. Without it, an absent
	// column is one whose values are all missing.
	Required bool `json:"required,omitempty"`
	// MaxMissing is the largest share of missing values that Fit and Check
	// accept, 0..1. Transform does not look at it: a single request has
	// all or nothing.
	MaxMissing float64 `json:"max_missing"`

	Missing    Missing `json:"missing"`
	FillNumber float64 `json:"fill_number,omitempty"` // of Missing: Constant, numeric
	FillLabel  string  `json:"fill_label,omitempty"`  // of Missing: Constant, categorical

	Encoding Encoding `json:"encoding,omitempty"` // categorical only
	Unseen   Unseen   `json:"unseen,omitempty"`   // categorical only
	// MaxCategories keeps that many of the most frequent labels (of equals,
	// the first in sorted order), and FillLabel besides them where Missing
	// put it; the others are unseen. 0 keeps all.
	MaxCategories int `json:"max_categories,omitempty"`

	Scaling Scaling `json:"scaling"` // one-hot: Unscaled only
}

// required tells whether a table must have the column. Missing: Drop would
// drop every row without it, which nobody means.
func (s *Spec) required() bool { return s.Required || s.Missing == Drop }

// faults lists what is wrong with the spec itself.
func (s *Spec) faults() []Fault {
	var list []Fault
	add := func(reason string) {
		if reason != "" {
			list = append(list, Fault{s.Name, reason})
		}
	}
	if s.Name == "" {
		add("has no name")
	}
	if !(s.MaxMissing >= 0 && s.MaxMissing <= 1) {
		add(fmt.Sprintf("max_missing %g is not within 0..1", s.MaxMissing))
	}
	add(oneOf("kind", s.Kind, kinds))
	if s.Kind == Categorical {
		s.labelFaults(add)
	} else {
		s.numberFaults(add)
	}
	return list
}

func (s *Spec) numberFaults(add func(string)) {
	add(oneOf("missing", s.Missing, missingNumbers))
	add(oneOf("scaling", s.Scaling, scalings))
	if math.IsNaN(s.FillNumber) || math.IsInf(s.FillNumber, 0) {
		add(fmt.Sprintf("fill_number %g is not a finite number", s.FillNumber))
	}
	if s.Encoding != "" {
		add("encoding " + onlyForLabels)
	}
	if s.Unseen != "" {
		add("unseen " + onlyForLabels)
	}
	if s.MaxCategories != 0 {
		add("max_categories " + onlyForLabels)
	}
}

func (s *Spec) labelFaults(add func(string)) {
	add(oneOf("missing", s.Missing, missingLabels))
	add(oneOf("encoding", s.Encoding, encodings))
	add(oneOf("unseen", s.Unseen, unseens))
	if s.Encoding == OneHot {
		add(oneOf("scaling of a one-hot column", s.Scaling, scalingsOneHot))
	} else {
		add(oneOf("scaling", s.Scaling, scalings))
	}
	if s.Missing == Constant && s.FillLabel == "" {
		add(`missing "constant" needs a fill_label`)
	}
	if s.MaxCategories < 0 {
		add(fmt.Sprintf("max_categories %d is negative", s.MaxCategories))
	}
	if s.MaxCategories > 0 && s.Unseen == UnseenError {
		add(`max_categories makes rare labels unseen: choose unseen "unknown" or "most_frequent"`)
	}
}

const onlyForLabels = "is for categorical columns: leave it empty"

// oneOf is the reason why a value is not in the list, or "".
func oneOf[T ~string](field string, value T, valid []T) string {
	if slices.Contains(valid, value) {
		return ""
	}
	names := make([]string, len(valid))
	for i, v := range valid {
		names[i] = string(v)
	}
	return fmt.Sprintf("%s %q is unknown: choose one of %s", field, value, strings.Join(names, ", "))
}

func specFaults(specs []Spec) []Fault {
	if len(specs) == 0 {
		return []Fault{{"", "there are no columns to fit"}}
	}
	var list []Fault
	named := make(map[string]bool, len(specs))
	for i := range specs {
		list = append(list, specs[i].faults()...)
		if named[specs[i].Name] {
			list = append(list, Fault{specs[i].Name, "is specified twice"})
		}
		named[specs[i].Name] = true
	}
	return list
}

package pipeline

import (
	"cmp"
	"fmt"
	"slices"
)

// vocabulary is the fitted labels of a categorical column.
type vocabulary struct {
	Labels []string  `json:"labels"` // sorted, unique
	Shares []float64 `json:"shares"` // [len(Labels)] share of the rows at fit

	place        map[string]int // label -> index in Labels
	mostFrequent int            // index in Labels, the first of equals
}

// fitVocabulary counts labels, none of which is missing. keep > 0 keeps only
// that many of the most frequent, and filler besides them where it occurs.
func fitVocabulary(labels []string, keep int, filler string) *vocabulary {
	count := make(map[string]int)
	for _, l := range labels {
		count[l]++
	}
	unique := make([]string, 0, len(count))
	for l := range count {
		unique = append(unique, l)
	}
	if keep > 0 {
		unique = mostFrequent(unique, count, keep, filler)
	}
	slices.Sort(unique)
	v := &vocabulary{Labels: unique, Shares: make([]float64, len(unique))}
	for i, l := range unique {
		v.Shares[i] = float64(count[l]) / float64(len(labels))
	}
	v.index()
	return v
}

func mostFrequent(unique []string, count map[string]int, keep int, filler string) []string {
	slices.SortFunc(unique, func(a, b string) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b))
	})
	at := slices.Index(unique, filler)
	if at >= keep { // too rare to be among the kept
		return append(unique[:keep], filler)
	}
	if at >= 0 {
		keep++
	}
	return unique[:min(keep, len(unique))]
}

// index derives what is not saved.
func (v *vocabulary) index() {
	v.place = make(map[string]int, len(v.Labels))
	for i, l := range v.Labels {
		v.place[l] = i
		if v.Shares[i] > v.Shares[v.mostFrequent] {
			v.mostFrequent = i
		}
	}
}

// check refuses a vocabulary that fitVocabulary cannot have made.
func (v *vocabulary) check() error {
	if len(v.Labels) == 0 {
		return fmt.Errorf("the vocabulary is empty")
	}
	if len(v.Labels) != len(v.Shares) {
		return fmt.Errorf("the vocabulary has %d labels and %d shares", len(v.Labels), len(v.Shares))
	}
	for i, l := range v.Labels {
		if i > 0 && v.Labels[i-1] >= l {
			return fmt.Errorf("label %q of the vocabulary is out of order or twice", l)
		}
		if !(v.Shares[i] > 0 && v.Shares[i] <= 1) {
			return fmt.Errorf("share %g of label %q is not within 0..1", v.Shares[i], l)
		}
	}
	return nil
}

// find returns the label's index under the policy: len(Labels) means
// unknown, -1 refused.
func (v *vocabulary) find(label string, policy Unseen) int {
	if i, ok := v.place[label]; ok {
		return i
	}
	switch policy {
	case UnseenUnknown:
		return len(v.Labels)
	case UnseenMostFrequent:
		return v.mostFrequent
	}
	return -1
}

// encode writes the outputs of the label at index i, unknown when i is
// len(Labels).
func (v *vocabulary) encode(dst []float64, e Encoding, i int) {
	known := i < len(v.Labels)
	switch e {
	case Ordinal:
		dst[0] = float64(i)
	case Frequency:
		dst[0] = 0
		if known {
			dst[0] = v.Shares[i]
		}
	case OneHot:
		clear(dst)
		if known {
			dst[i] = 1
		}
	}
}

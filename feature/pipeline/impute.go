package pipeline

import "slices"

// fillNumber is what replaces a missing number: a statistic of the values
// present, or the spec's constant. With no value present it is 0, as of
// scikit-learn's SimpleImputer(keep_empty_features=True).
func fillNumber(s *Spec, present []float64) float64 {
	if s.Missing == Constant {
		return s.FillNumber
	}
	if len(present) == 0 {
		return 0
	}
	switch s.Missing {
	case Mean:
		return mean(present)
	case Median:
		return quantile(sorted(present), 0.5)
	case Mode:
		return modeOf(sorted(present))
	}
	return 0 // Drop: never read
}

// fillLabel is what replaces a missing label, "" when there is none.
func fillLabel(s *Spec, present []string) string {
	switch {
	case s.Missing == Constant:
		return s.FillLabel
	case s.Missing == Mode && len(present) > 0:
		return modeOf(sorted(present))
	}
	return ""
}

func sorted[T float64 | string](values []T) []T {
	c := slices.Clone(values)
	slices.Sort(c)
	return c
}

// modeOf is the most frequent of sorted values, the smallest of equals.
func modeOf[T comparable](sorted []T) T {
	best, bestRun, run := sorted[0], 0, 0
	for i, v := range sorted {
		if i > 0 && v != sorted[i-1] {
			run = 0
		}
		run++
		if run > bestRun {
			best, bestRun = v, run
		}
	}
	return best
}

func mean(values []float64) float64 {
	var sum float64
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// quantile interpolates linearly between the order statistics around
// q*(n-1), numpy's default.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	lo := int(at)
	hi := min(lo+1, len(sorted)-1)
	return sorted[lo] + (at-float64(lo))*(sorted[hi]-sorted[lo])
}

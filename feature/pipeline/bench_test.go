package pipeline

import (
	"fmt"
	"testing"
)

func BenchmarkTransformRow(b *testing.B) {
	labels := make([]string, 200)
	numbers := make([]float64, 200)
	for i := range labels {
		labels[i], numbers[i] = fmt.Sprint("city", i%40), float64(i)
	}
	p := mustFit(b, []Spec{number(Median, Robust), label(OneHot, UnseenUnknown)},
		Table{NumberColumn("x", numbers...), LabelColumn("city", labels...)})
	dst, cells := make([]float64, p.Width()), []Cell{{Number: 3}, {Label: "city7"}}
	b.ReportAllocs()
	for b.Loop() {
		_ = p.TransformRow(dst, cells)
	}
}

func BenchmarkFit(b *testing.B) {
	numbers := make([]float64, 10_000)
	labels := make([]string, len(numbers))
	for i := range numbers {
		numbers[i], labels[i] = float64(i*7919%10_007), fmt.Sprint("city", i%40)
	}
	specs := []Spec{number(Median, Robust), label(OneHot, UnseenUnknown)}
	table := Table{NumberColumn("x", numbers...), LabelColumn("city", labels...)}
	b.ReportAllocs()
	for b.Loop() {
		mustFit(b, specs, table)
	}
}

package bench

import (
	"regexp"
	"strings"
	"testing"
)

func TestTablesTellEveryFigureAndWhatIsNotMeasured(t *testing.T) {
	s := handmade()
	s.Acceptance = s.judge()
	var out strings.Builder
	if err := s.Print(&out); err != nil {
		t.Fatal(err)
	}
	if aligned := "\nkernels   1 thread  2 threads\navx2      100.0     200.0\nportable  10.0      20.0\n"; !strings.Contains(out.String(), aligned) {
		t.Errorf("no table %q", aligned)
	}
	text := "\n" + regexp.MustCompile(` {3,}|\t`).ReplaceAllString(out.String(), "  ")
	for _, line := range []string{
		"Abacus, amd64, 2 cores, L1d 32 KiB, L2 1 MiB",
		"instructions: AVX2",
		"go1.26, 2 threads, kernels avx2, portable",
		"medians of 5 rounds, 60 ms or more for each turn",
		"half of the figures have rounds at most 3 % apart; much more than 5 % tells of other work on the machine",
		"512  1536  512  NN  plain  gonum  0.0  -  -  0.0  -  -  2.00x",
		"512  1536  512  NN  plain  avx2  80.0  80 %  8.00x  128.0  64 %  8.00x  1.60x",
		"ranker step  512 examples  avx2  20000  26000  1.30x",
		"rank 100 candidates, user vector known  float32  avx2  612.3  1028",
		"loop  avx2  portable",
		"dot  0.021  0.250",
		"rank 100 candidates, user vector known  at most 500 us p50  612.3  NO  ",
		"GRU, forward and backward, all threads  at least 740 sequences/s  -  -  not measured in this run",
	} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("no line %q in:\n%s", line, out.String())
		}
	}
}

func TestFiguresHaveAsManyDigitsAsTheyDeserve(t *testing.T) {
	for v, want := range map[float64]string{0.7512: "0.75", 9.999: "10.00", 12.34: "12.3", 999.94: "999.9", 25_123.4: "25123"} {
		if got := short(v); got != want {
			t.Errorf("%g is written %q, want %q", v, got, want)
		}
	}
	for n, want := range map[int]string{32 << 10: "32 KiB", 1 << 20: "1 MiB", 1280 << 10: "1280 KiB", 48 << 20: "48 MiB"} {
		if got := kibibytes(n); got != want {
			t.Errorf("%d bytes are written %q, want %q", n, got, want)
		}
	}
}

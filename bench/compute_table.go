package bench

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Print writes the speeds as tables for people.
func (s Speeds) Print(out io.Writer) error {
	s.Machine.print(out)
	fmt.Fprintf(out, "medians of %d rounds, %d ms or more for each turn", s.Rounds, s.TurnMillis)
	if s.Quick {
		fmt.Fprint(out, "; a quick run: the figures mean nothing")
	}
	fmt.Fprintf(out, "\nhalf of the figures have rounds at most %s apart; much more than %s tells of other work on the machine\n",
		percent(s.Spread), percent(quietSpread))
	for _, table := range []struct {
		title string
		print func(w io.Writer)
	}{
		{"peak of float32 arithmetic in registers, GFLOP/s", s.printPeaks},
		{"products of [m,k] and [k,n], GFLOP/s", s.printProducts},
		{"throughput per second", s.printThroughput},
		{"scoring on one thread, microseconds", s.printScoring},
		{fmt.Sprintf("loops over %d elements on one thread, nanoseconds per element", loopElements), s.printLoops},
		{"acceptance", s.printAcceptance},
	} {
		fmt.Fprintf(out, "\n%s\n", table.title)
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		table.print(w)
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// quietSpread is how far the rounds lie apart on an idle machine.
const quietSpread = 0.05

func (m Machine) print(out io.Writer) {
	fmt.Fprintf(out, "%s, %s, %s", m.CPU, m.Architecture, plural(m.Cores, "core"))
	for _, cache := range []struct {
		name  string
		bytes int
	}{{"L1d", m.L1Bytes}, {"L2", m.L2Bytes}, {"L3", m.L3Bytes}} {
		if cache.bytes > 0 {
			fmt.Fprintf(out, ", %s %s", cache.name, kibibytes(cache.bytes))
		}
	}
	fmt.Fprintf(out, "\ninstructions: %s\n", strings.Join(m.Instructions, " "))
	fmt.Fprintf(out, "%s, %s, kernels %s\n", m.Go, plural(m.Threads, "thread"), strings.Join(m.Kernels, ", "))
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func kibibytes(n int) string {
	if n%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d KiB", n>>10)
}

func (s Speeds) printPeaks(w io.Writer) {
	fmt.Fprintf(w, "kernels\t1 thread\t%s\n", plural(s.Machine.Threads, "thread"))
	for _, p := range s.Peaks {
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\n", p.Kernels, p.OneThread, p.AllThreads)
	}
}

func (s Speeds) printProducts(w io.Writer) {
	all := plural(s.Machine.Threads, "thread")
	fmt.Fprintf(w, "m\tk\tn\tlayout\toperand\tkernels\t1 thread\tof peak\tof gonum\t%s\tof peak\tof gonum\tspeed-up\n", all)
	for _, p := range s.Products {
		fmt.Fprintf(w, "%d\t%d\t%d\t%s\t%s\t%s", p.M, p.K, p.N, p.Layout, p.Operand, p.Kernels)
		for _, r := range []Rate{p.OneThread, p.AllThreads} {
			fmt.Fprintf(w, "\t%.1f\t%s\t%s", r.GFLOPS, percent(r.PeakShare), times(r.OverGonum))
		}
		fmt.Fprintf(w, "\t%s\n", times(p.Speedup))
	}
}

// percent and times leave a figure out that was not measured.
func percent(share float64) string {
	if share == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}

func times(ratio float64) string {
	if ratio == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2fx", ratio)
}

func (s Speeds) printThroughput(w io.Writer) {
	fmt.Fprintf(w, "work\tbatch\tkernels\t1 thread\t%s\tspeed-up\n", plural(s.Machine.Threads, "thread"))
	for _, t := range s.Throughput {
		fmt.Fprintf(w, "%s\t%d %s\t%s\t%s\t%s\t%s\n", t.Work, t.Batch, t.Unit, t.Kernels,
			short(t.OneThread.PerSecond), short(t.AllThreads.PerSecond), times(t.Speedup))
	}
}

func (s Speeds) printScoring(w io.Writer) {
	fmt.Fprintf(w, "stage\tnumbers\tkernels\tp50\tbytes a reel\n")
	for _, r := range s.Scoring {
		size := "-"
		if r.ReelBytes > 0 {
			size = fmt.Sprint(r.ReelBytes)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.Stage, r.Precision, r.Kernels, short(r.P50Micros), size)
	}
}

// printLoops puts the sets side by side.
func (s Speeds) printLoops(w io.Writer) {
	fmt.Fprint(w, "loop")
	for _, p := range s.Peaks {
		fmt.Fprintf(w, "\t%s", p.Kernels)
	}
	for i, l := range s.Loops {
		if i%len(s.Peaks) == 0 {
			fmt.Fprintf(w, "\n%s", l.Loop)
		}
		fmt.Fprintf(w, "\t%.3f", l.NanosPerElement)
	}
	fmt.Fprintln(w)
}

func (s Speeds) printAcceptance(w io.Writer) {
	fmt.Fprintf(w, "what\ttarget\tmeasured\tmet\tdetail\n")
	for _, c := range s.Acceptance {
		measured, met := "-", "-"
		if c.Measured != nil {
			measured = short(*c.Measured)
		}
		if c.Met != nil {
			met = map[bool]string{true: "yes", false: "NO"}[*c.Met]
		}
		fmt.Fprintf(w, "%s\t%s %g %s\t%s\t%s\t%s\n", c.What, c.Bound, c.Target, c.Unit, measured, met, c.Detail)
	}
}

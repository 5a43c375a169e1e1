package bench

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// Print writes the figures as tables.
func (r *Retrieved) Print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "%d reels of %d numbers: built in %.1f s, %.1f bytes each, %d lists; at most %.2f GiB in use until then\n",
		r.Reels, r.Dim, r.BuildSeconds, r.BytesPerVector, r.Index.Lists, float64(r.PeakBytes)/(1<<30))
	if r.HNSW != nil {
		fmt.Fprintf(w, "hnswlib: built in %.1f s\n", r.HNSW.BuildSeconds)
	}
	if r.HNSWMissing != "" {
		fmt.Fprintln(w, r.HNSWMissing)
	}
	fmt.Fprintln(w, "\nqueries\tk\trecall\teffort\tQPS\tp50\tp99\thnswlib's QPS\tratio\t")
	for _, p := range r.Points {
		fmt.Fprintf(w, "%s\t%d\t%.4f\t%.2f\t%.0f\t%s\t%s\t", p.Queries, p.K, p.Recall, p.Effort, p.QPS, micros(p.P50), micros(p.P99))
		if rival, ok := r.HNSW.point(p); ok {
			fmt.Fprintf(w, "%.0f\t%.2f\t", rival.QPS, p.QPS/rival.QPS)
		} else {
			fmt.Fprint(w, "-\t-\t")
		}
		fmt.Fprintln(w)
	}
	if len(r.Filters) > 0 {
		fmt.Fprintln(w, "\nfilter passes\tk\trecall\teffort\tQPS\tp50\tp99\ttimes slower\t")
		for _, f := range r.Filters {
			fmt.Fprintf(w, "%g %%\t%d\t%.4f\t%.2f\t%.0f\t%s\t%s\t%.2f\t\n", 100*f.Passes, f.K, f.Recall, f.Effort, f.QPS, micros(f.P50), micros(f.P99), f.Slower)
		}
	}
	if c := r.Churn; c != nil {
		fmt.Fprintf(w, "\n%d reels replaced, %.0f a second: recall %.4f before, %.4f after; %d deleted ones returned by %d searches\n",
			c.Replaced, c.Rate, c.RecallBefore, c.RecallAfter, c.Deleted, c.Searches)
		fmt.Fprintf(w, "search p99 %s quiet, %s busy; insert p50 %s, p99 %s, longest %s; %.1f bytes each\n",
			micros(c.Quiet.P99), micros(c.Busy.P99), micros(c.InsertP50), micros(c.InsertP99), micros(c.InsertLongest), c.BytesPerVector)
	}
	return w.Flush()
}

func micros(d time.Duration) string { return d.Round(time.Microsecond).String() }

// point is hnswlib's point beside one of ours.
func (h *HNSW) point(p Point) (HNSWPoint, bool) {
	if h != nil {
		for _, rival := range h.Points {
			if rival.Queries == p.Queries && rival.K == p.K && rival.Wanted == p.Wanted {
				return rival, true
			}
		}
	}
	return HNSWPoint{}, false
}

package dataset

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/reelrank/reelrank/reel"
)

// Reject is one row that was not imported: a line of the reject report.
type Reject struct {
	File      string `json:"file"`
	Line      int64  `json:"line"`  // from 1; in Parquet the row
	Field     string `json:"field"` // empty: the row as a whole
	Value     string `json:"value"` // the first bytes of what was found, as valid UTF-8
	Reason    string `json:"reason"`
	FirstLine int64  `json:"first_line,omitempty"` // of a duplicate: the line that was kept
	FirstFile string `json:"first_file,omitempty"` // of a duplicate: its file, where it is another
}

// MaxRejects is how many rows the reject report lists; the summary counts all.
const MaxRejects = 1_000_000

// Report says what an import did.
type Report struct {
	Files   []FileReport
	Reasons []ReasonCount // most frequent first
	Notes   []string      // what a person should know, in the order it was found

	Interactions, Reels, Users int
	From, To                   int64 // unix seconds of the oldest and newest interaction
	Observed                   reel.Signals
	Milliseconds               int64 // timestamps that were in milliseconds
	Unsorted                   int64 // rows that were older than the row before
}

// FileReport counts the rows of one file. Rows = Kept + Rejected.
type FileReport struct {
	File                 string
	Rows, Kept, Rejected int64
}

// ReasonCount is how often rows were rejected for one reason.
type ReasonCount struct {
	Field, Reason string
	Count         int64
	File          string // where it was found first
	Line          int64
}

// NoGoodRowError says that nothing of a file could be imported.
type NoGoodRowError struct {
	File    string
	Rows    int64         // rows that were read, all rejected; 0: the file holds none
	Reasons []ReasonCount // why, most frequent first
}

func (e *NoGoodRowError) Error() string {
	if e.Rows == 0 {
		return e.File + ": the file holds no row"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: none of its %d rows can be imported:", e.File, e.Rows)
	const most = 5
	for i, c := range e.Reasons {
		if i == most {
			fmt.Fprintf(&b, " and %d more reasons;", len(e.Reasons)-most)
			break
		}
		fmt.Fprintf(&b, " %d x %s (first: line %d);", c.Count, fieldReason(c.Field, c.Reason), c.Line)
	}
	return strings.TrimSuffix(b.String(), ";")
}

// Rejected is how many rows were rejected in all files.
func (r *Report) Rejected() int64 {
	var n int64
	for _, f := range r.Files {
		n += f.Rejected
	}
	return n
}

// Print writes the report as text for a person.
func (r *Report) Print(w io.Writer) error {
	var b bytes.Buffer
	for _, f := range r.Files {
		fmt.Fprintf(&b, "read      %s: %d rows, %d kept, %d rejected\n", f.File, f.Rows, f.Kept, f.Rejected)
	}
	for _, c := range r.Reasons {
		fmt.Fprintf(&b, "rejected  %7d  %s (first: %s line %d)\n", c.Count, fieldReason(c.Field, c.Reason), c.File, c.Line)
	}
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "note      %s\n", note)
	}
	fmt.Fprintf(&b, "dataset   %d interactions, %d users, %d reels\n", r.Interactions, r.Users, r.Reels)
	if r.Interactions > 0 {
		fmt.Fprintf(&b, "window    %s to %s\n", clock(r.From), clock(r.To))
		fmt.Fprintf(&b, "signals   %s\n", strings.Join(signalNames(r.Observed), ", "))
	}
	_, err := w.Write(b.Bytes())
	return err
}

func clock(t int64) string { return time.Unix(t, 0).UTC().Format(time.RFC3339) }

func fieldReason(field, reason string) string {
	if field == "" {
		return reason
	}
	return field + ": " + reason
}

// signalNames lists the signals of the set in the schema's order.
func signalNames(set reel.Signals) []string {
	var names []string
	for _, s := range signals {
		if set.Has(s.bit) {
			names = append(names, s.name)
		}
	}
	return names
}

// rejects writes the reject report and counts what goes into it.
type rejects struct {
	w       *bufio.Writer
	encoder *json.Encoder
	written int
	counts  map[rejectKind]*ReasonCount
	err     error // the first failed write; kept until flush
}

type rejectKind struct{ file, field, reason string }

func newRejects(w io.Writer) *rejects {
	r := &rejects{counts: map[rejectKind]*ReasonCount{}}
	if w != nil {
		r.w = bufio.NewWriter(w)
		r.encoder = json.NewEncoder(r.w)
		r.encoder.SetEscapeHTML(false)
	}
	return r
}

func (r *rejects) add(reject Reject) {
	key := rejectKind{reject.File, reject.Field, reject.Reason}
	count := r.counts[key]
	if count == nil {
		count = &ReasonCount{Field: reject.Field, Reason: reject.Reason, File: reject.File, Line: reject.Line}
		r.counts[key] = count
	}
	count.Count++
	if r.encoder == nil || r.err != nil || r.written == MaxRejects {
		return
	}
	r.written++
	r.err = r.encoder.Encode(reject)
}

// reasons counts why rows of a file were rejected, or of all files where the
// name is empty: most frequent first.
func (r *rejects) reasons(file string) []ReasonCount {
	var counts []ReasonCount
	for _, c := range r.counts {
		if file == "" || c.File == file {
			counts = append(counts, *c)
		}
	}
	slices.SortFunc(counts, func(a, b ReasonCount) int {
		return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.File, b.File))
	})
	var merged []ReasonCount
	for _, c := range counts {
		if last := len(merged) - 1; last >= 0 && merged[last].Field == c.Field && merged[last].Reason == c.Reason {
			merged[last].Count += c.Count
			continue
		}
		merged = append(merged, c)
	}
	slices.SortStableFunc(merged, func(a, b ReasonCount) int { return cmp.Compare(b.Count, a.Count) })
	return merged
}

// flush completes the report.
func (r *rejects) flush() error {
	if r.err == nil && r.w != nil {
		r.err = r.w.Flush()
	}
	if r.err != nil {
		return fmt.Errorf("write the reject report: %w", r.err)
	}
	return nil
}

// maxExcerpt is how many bytes of a bad value the report shows.
const maxExcerpt = 80

// excerpt is the start of any bytes as valid UTF-8.
func excerpt(b []byte) string {
	cut := len(b) > maxExcerpt
	if cut {
		b = b[:maxExcerpt]
		for i := 0; i < utf8.UTFMax-1 && !utf8.RuneStart(b[len(b)-1]); i++ {
			b = b[:len(b)-1]
		}
		if r, size := utf8.DecodeLastRune(b); r == utf8.RuneError && size == 1 {
			b = b[:len(b)-1]
		}
	}
	s := strings.ToValidUTF8(string(b), "\uFFFD")
	if cut {
		s += "…"
	}
	return s
}

package dataset

import (
	"fmt"
	"slices"
	"strings"
)

// table is a kind of row that files are read into: its columns by name. The
// readers of CSV, JSONL and Parquet know nothing else of what they read.
type table struct {
	name    string // what a row is, in the plural
	columns []column
	anyOf   []int // columns of which a file must have at least one
}

type column struct {
	name string
	need need
}

type need uint8

const (
	optional need = iota
	required
)

// index returns the column of that name, or -1.
func (t *table) index(name string) int {
	return slices.IndexFunc(t.columns, func(c column) bool { return c.name == name })
}

// record is one row on its way from a reader: the text of each column of the
// table. It is valid until the reader goes on to the next row.
type record struct {
	line    int64        // from 1; in Parquet the row
	cells   [][]byte     // by column; empty: no value
	vectors [3][]float32 // Parquet only: video, audio, text
}

func (t *table) newRecord() *record { return &record{cells: make([][]byte, len(t.columns))} }

func (r *record) reset(line int64) {
	r.line = line
	clear(r.cells)
	r.vectors = [3][]float32{}
}

// ColumnsError says that a file lacks columns without which no row of it can
// be read.
type ColumnsError struct {
	File     string
	Missing  []string // required columns that are not there
	Found    []string // the file's columns, as it spells them
	Expected []string // all columns that are read; optional ones are so marked
	Hint     string   // what to do
}

func (e *ColumnsError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: missing column %s; found: %s; expected: %s",
		e.File, strings.Join(e.Missing, ", "), shortList(e.Found), strings.Join(e.Expected, ", "))
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

// check returns a *ColumnsError unless the file's columns, given by whether
// each of the table's was found, suffice.
func (t *table) check(file string, has func(column int) bool, found []string, hint string) error {
	var missing []string
	for i, c := range t.columns {
		if c.need == required && !has(i) {
			missing = append(missing, c.name)
		}
	}
	if len(t.anyOf) > 0 && !slices.ContainsFunc(t.anyOf, has) {
		var names []string
		for _, i := range t.anyOf {
			names = append(names, t.columns[i].name)
		}
		missing = append(missing, "(at least one of "+strings.Join(names, ", ")+")")
	}
	if missing == nil {
		return nil
	}
	return &ColumnsError{File: file, Missing: missing, Found: found, Expected: t.expected(), Hint: hint}
}

func (t *table) expected() []string {
	var names []string
	for _, c := range t.columns {
		if c.need == optional {
			names = append(names, c.name+" (optional)")
			continue
		}
		names = append(names, c.name)
	}
	return names
}

// shortList joins names that may be any text: at most 40 of them, each cut.
func shortList(names []string) string {
	const most = 40
	var quoted []string
	for i, n := range names {
		if i == most {
			quoted = append(quoted, fmt.Sprintf("and %d more", len(names)-most))
			break
		}
		quoted = append(quoted, fmt.Sprintf("%q", excerpt([]byte(n))))
	}
	return strings.Join(quoted, ", ")
}

package dataset

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

const delimiters = ",;\t|"

const (
	reasonFewFields  = "fewer fields than the header (does the row use the header's delimiter?)"
	reasonManyFields = "more fields than the header (is a text with the delimiter in it not quoted?)"
	reasonOpenQuote  = "a quote is opened and not closed"
	reasonAfterQuote = "text follows a closing quote"
)

// readCSV reads a CSV file with a header line in any order of columns. The
// delimiter is the one that splits the header into the most columns of the
// table. Quoting is as in RFC 4180: a quoted field may hold delimiters, line
// ends and doubled quotes; a quote inside an unquoted field is plain text.
func readCSV(ctx context.Context, in *input, t *table, emit func(*record)) error {
	l, err := in.text()
	if err != nil {
		return err
	}
	c := &csvReader{lines: l}
	columns, err := c.header(in, t)
	if err != nil {
		return err
	}
	rec := t.newRecord()
	for {
		if err := every(ctx, c.first); err != nil {
			return err
		}
		row, reason, err := c.read()
		if err != nil {
			return in.stopped(err, c.lines.number)
		}
		if reason == "" {
			reason = fieldCount(len(row), len(columns))
		}
		switch {
		case len(row) == 1 && len(row[0]) == 0:
			continue // a blank line
		case reason != "":
			in.reject(c.first, "", c.firstText, reason)
			continue
		}
		if at := slices.IndexFunc(row, func(cell []byte) bool { return !utf8.Valid(cell) }); at >= 0 {
			in.reject(c.first, c.names[at], row[at], reasonUTF8)
			continue
		}
		rec.reset(c.first)
		for i, cell := range row {
			if columns[i] >= 0 {
				rec.cells[columns[i]] = bytes.TrimSpace(cell)
			}
		}
		emit(rec)
	}
}

func fieldCount(got, want int) string {
	switch {
	case got < want:
		return reasonFewFields
	case got > want:
		return reasonManyFields
	}
	return ""
}

// csvReader splits lines into fields.
type csvReader struct {
	lines   *lines
	waiting []line // read ahead for a quote that was not closed; to be read again
	comma   byte
	names   []string // of the header

	first     int64  // line on which the last row started
	firstText []byte // and its text
	fields    csvFields
}

// header reads the first line that is not blank. It returns for each field of
// a row the column of the table, -1 for one that is not read.
func (c *csvReader) header(in *input, t *table) ([]int, error) {
	var head []byte
	for len(bytes.TrimSpace(head)) == 0 {
		l, err := c.lines.next()
		if err == io.EOF {
			return nil, in.noGoodRow()
		}
		if err != nil {
			if err := in.stopped(err, c.lines.number); err != nil {
				return nil, err
			}
			return nil, in.noGoodRow()
		}
		head = bytes.Clone(l.text)
	}
	best := -1
	var columns []int
	for _, comma := range []byte(delimiters) {
		names, matched := headerNames(head, comma)
		found, known := t.match(matched)
		if known > best {
			best, columns, c.comma, c.names = known, found, comma, names
		}
	}
	has := func(column int) bool { return slices.Contains(columns, column) }
	if err := t.check(in.name, has, c.names, headerHint(head, len(c.names))); err != nil {
		return nil, err
	}
	for i, column := range columns {
		if column >= 0 && slices.Contains(columns[i+1:], column) {
			return nil, fmt.Errorf("%s: column %s is there twice in the header: remove or rename one of the two", in.name, t.columns[column].name)
		}
	}
	in.noteIgnored(c.names, columns)
	return columns, nil
}

// headerNames splits the header at a delimiter: the names as they are spelt,
// and as they are compared.
func headerNames(head []byte, comma byte) (names, matched []string) {
	var f csvFields
	f.reset()
	f.feed(head, comma)
	for _, cell := range f.row() {
		name := strings.TrimSpace(strings.ToValidUTF8(string(cell), "\uFFFD"))
		names = append(names, name)
		matched = append(matched, strings.ToLower(name))
	}
	return names, matched
}

// match finds the table's column for each name, -1 where there is none, and
// counts those found.
func (t *table) match(names []string) (columns []int, known int) {
	for _, name := range names {
		i := t.index(name)
		columns = append(columns, i)
		if i >= 0 {
			known++
		}
	}
	return columns, known
}

// headerHint says what a header that lacks columns may be instead.
func headerHint(head []byte, fields int) string {
	switch {
	case bytes.HasPrefix(head, []byte("{")):
		return "the file looks like JSON lines: import it with the format " + string(JSONL)
	case fields == 1:
		return "the header is a single column: the delimiter must be a comma, a semicolon, a tab or a bar"
	case bytes.IndexFunc(head, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }) < 0:
		return "the first line must be a header with the names of the columns"
	}
	return "rename the columns in the header; their order is free"
}

// noteIgnored tells which columns of a file are not read.
func (in *input) noteIgnored(names []string, columns []int) {
	var ignored []string
	for i, column := range columns {
		if column < 0 {
			ignored = append(ignored, names[i])
		}
	}
	if len(ignored) > 0 && !in.imp.adapter {
		in.imp.note("%s: columns not read: %s", in.name, shortList(ignored))
	}
}

// read returns the next row, or the reason why there is none in these lines.
func (c *csvReader) read() (row [][]byte, reason string, err error) {
	l, err := c.next()
	if err != nil {
		return nil, "", err
	}
	c.first, c.firstText = l.number, l.text
	if l.tooLong {
		return nil, reasonLong, nil
	}
	c.fields.reset()
	c.fields.feed(l.text, c.comma)
	if c.fields.state == inQuotes {
		return c.continued(l)
	}
	return c.finish()
}

func (c *csvReader) finish() ([][]byte, string, error) {
	if c.fields.state == afterGarbage {
		return nil, reasonAfterQuote, nil
	}
	return c.fields.row(), "", nil
}

// continued goes on with a row whose quoted field runs over the end of the
// line. Where the quote is not closed within maxLine bytes, only the first
// line is given up and the others are read again: one stray quote must not
// swallow the file.
func (c *csvReader) continued(first line) ([][]byte, string, error) {
	c.firstText = bytes.Clone(first.text)
	var ahead []line
	for size := len(first.text); size < maxLine; {
		l, err := c.next()
		if err != nil {
			break // comes again once the lines that wait are read
		}
		l.text = bytes.Clone(l.text)
		ahead = append(ahead, l)
		size += len(l.text) + 1
		if l.tooLong {
			break
		}
		c.fields.feed([]byte("\n"), c.comma)
		c.fields.feed(l.text, c.comma)
		if c.fields.state == afterGarbage {
			break
		}
		if c.fields.state != inQuotes {
			return c.finish()
		}
	}
	c.waiting = append(ahead, c.waiting...)
	return nil, reasonOpenQuote, nil
}

func (c *csvReader) next() (line, error) {
	if len(c.waiting) > 0 {
		l := c.waiting[0]
		c.waiting = c.waiting[1:]
		return l, nil
	}
	return c.lines.next()
}

// csvFields is the row being read: the text of its fields one after the other,
// without quotes, and where each ends.
type csvFields struct {
	state csvState
	text  []byte
	ends  []int
	cells [][]byte
}

type csvState uint8

const (
	fieldStart csvState = iota
	inField
	inQuotes
	afterQuotes
	afterGarbage // text after a closing quote: the row is lost
)

func (f *csvFields) reset() {
	f.state, f.text, f.ends = fieldStart, f.text[:0], f.ends[:0]
}

// feed adds a line, or a part of one, to the row.
func (f *csvFields) feed(b []byte, comma byte) {
	for _, ch := range b {
		switch f.state {
		case fieldStart, inField:
			switch {
			case ch == comma:
				f.endField()
			case ch == '"' && f.state == fieldStart:
				f.state = inQuotes
			default:
				f.text, f.state = append(f.text, ch), inField
			}
		case inQuotes:
			if ch == '"' {
				f.state = afterQuotes
			} else {
				f.text = append(f.text, ch)
			}
		case afterQuotes:
			switch ch {
			case '"':
				f.text, f.state = append(f.text, '"'), inQuotes
			case comma:
				f.endField()
			default:
				f.state = afterGarbage
				return
			}
		}
	}
}

func (f *csvFields) endField() {
	f.ends = append(f.ends, len(f.text))
	f.state = fieldStart
}

// row ends the last field and returns all, valid until the next reset.
func (f *csvFields) row() [][]byte {
	f.endField()
	f.cells = f.cells[:0]
	start := 0
	for _, end := range f.ends {
		f.cells = append(f.cells, f.text[start:end:end])
		start = end
	}
	return f.cells
}

package dataset

import (
	"bytes"
	"context"
	"encoding/json"
	"unicode/utf8"
)

const (
	reasonJSON       = "not valid JSON"
	reasonJSONNumber = "not valid JSON (NaN and Infinity are no JSON numbers)"
	reasonNotObject  = "not a JSON object"
	reasonJSONArray  = "a JSON array (write one object per line, without brackets and commas around them)"
)

// readJSONL reads one JSON object per line. The keys are the names of the
// table's columns; those of the object "context", where there is one, count as
// the row's own. A value is a number, true or false, a string that holds one,
// an array of numbers, or null for none.
func readJSONL(ctx context.Context, in *input, t *table, emit func(*record)) error {
	l, err := in.text()
	if err != nil {
		return err
	}
	rec := t.newRecord()
	columns := map[string]int{}
	for i, c := range t.columns {
		columns[c.name] = i
	}
	for {
		row, err := l.next()
		if err != nil {
			return in.stopped(err, l.number)
		}
		if err := every(ctx, row.number); err != nil {
			return err
		}
		text := bytes.TrimSpace(row.text)
		if len(text) == 0 {
			continue
		}
		if reason := jsonFault(text, row.tooLong); reason != "" {
			in.reject(row.number, "", text, reason)
			continue
		}
		rec.reset(row.number)
		fillJSON(rec, columns, text)
		emit(rec)
	}
}

// jsonFault says why a line is not a JSON object, or nothing.
func jsonFault(text []byte, tooLong bool) string {
	switch {
	case tooLong:
		return reasonLong
	case !utf8.Valid(text):
		return reasonUTF8
	case text[0] == '[':
		return reasonJSONArray
	case json.Valid(text):
		if text[0] != '{' {
			return reasonNotObject
		}
		return ""
	case bytes.Contains(text, []byte("NaN")), bytes.Contains(text, []byte("Infinity")):
		return reasonJSONNumber
	}
	return reasonJSON
}

// fillJSON puts the values of a valid JSON object into the cells of the record.
func fillJSON(rec *record, columns map[string]int, object []byte) {
	eachMember(object, func(key, value []byte) {
		if value[0] == '{' && string(key) == `"context"` {
			fillJSON(rec, columns, value)
			return
		}
		column, known := columns[string(jsonText(key))]
		if known {
			rec.cells[column] = jsonText(value)
		}
	})
}

// jsonText is a value as the text of a cell: a string without its quotes,
// nothing for null, all else as it is written.
func jsonText(value []byte) []byte {
	switch {
	case value[0] == 'n':
		return nil
	case value[0] != '"':
		return value
	case bytes.IndexByte(value, '\\') < 0:
		return value[1 : len(value)-1]
	}
	var s string
	if err := json.Unmarshal(value, &s); err != nil {
		return value
	}
	return []byte(s)
}

// eachMember calls fn with the raw key and value of each member of a JSON
// object that is known to be valid.
func eachMember(object []byte, fn func(key, value []byte)) {
	rest := skipSpace(object[1:])
	for rest[0] != '}' {
		key := rest[:valueLen(rest)]
		rest = skipSpace(rest[len(key):])
		rest = skipSpace(rest[1:]) // the colon
		value := rest[:valueLen(rest)]
		fn(key, value)
		rest = skipSpace(rest[len(value):])
		if rest[0] == ',' {
			rest = skipSpace(rest[1:])
		}
	}
}

func skipSpace(b []byte) []byte { return bytes.TrimLeft(b, " \t\r\n") }

// valueLen is the length of the JSON value at the start of b, which is valid.
func valueLen(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			for i++; b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			if depth == 0 {
				return i + 1
			}
			if depth < 0 {
				return i // the end of the object around a number or a word
			}
		case ',', ' ', '\t', '\r', '\n', ':':
			if depth == 0 {
				return i
			}
		}
	}
	return len(b)
}

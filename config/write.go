package config

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"text/tabwriter"
)

// WriteTable writes every key with its effective value and its origin, aligned.
func (l *Loaded) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "KEY\tVALUE\tFROM")
	for _, s := range l.Settings() {
		value := s.Value
		if value == "" {
			value = `""`
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", s.Key, value, s.Origin)
	}
	return t.Flush()
}

// WriteYAML writes a file that, loaded alone, gives the same configuration.
// Each setting carries its meaning and what is allowed as comments.
func (l *Loaded) WriteYAML(w io.Writer) error {
	var b strings.Builder
	open := ""
	for _, s := range l.Settings() {
		section, name, nested := strings.Cut(s.Key, ".")
		indent := "  "
		if !nested {
			section, name, indent = "", s.Key, ""
		}
		if section != open {
			fmt.Fprintf(&b, "\n%s:\n", section)
			open = section
		}
		value, err := scalar(s)
		if err != nil {
			return fmt.Errorf("write %s: %w", s.Key, err)
		}
		fmt.Fprintf(&b, "%s# %s (%s)\n%s%s: %s\n", indent, s.Doc, s.Allowed, indent, name, value)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// scalar quotes texts, so that YAML reads none of them as something else: a
// JSON string is a YAML string.
func scalar(s Setting) (string, error) {
	if s.typ.Kind() != reflect.String {
		return s.Value, nil
	}
	quoted, err := json.Marshal(s.Value)
	return string(quoted), err
}

// WriteMarkdown writes the effective values as one table of a Markdown page.
func (l *Loaded) WriteMarkdown(w io.Writer) error {
	rows := [][]string{{"Key", "Value", "From", "Meaning", "Allowed"}}
	for _, s := range l.Settings() {
		rows = append(rows, []string{code(s.Key), code(s.Value), s.Origin.String(), s.Doc, s.Allowed})
	}
	return writeRows(w, rows)
}

// WriteReference writes the table of all settings that docs/configuration.md holds.
func WriteReference(w io.Writer) error {
	c := Default()
	rows := [][]string{{"Key", "Default", "Meaning", "Allowed"}}
	for _, f := range Fields() {
		rows = append(rows, []string{code(f.Key), code(f.Text(&c)), f.Doc, f.Allowed})
	}
	return writeRows(w, rows)
}

func code(text string) string {
	if text == "" {
		text = `""`
	}
	return "`" + text + "`"
}

// writeRows writes a Markdown table whose first row is the header.
func writeRows(w io.Writer, rows [][]string) error {
	var b strings.Builder
	for i, row := range rows {
		cells := make([]string, len(row))
		for j, cell := range row {
			cells[j] = strings.ReplaceAll(cell, "|", `\|`)
		}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
		if i == 0 {
			b.WriteString("|" + strings.Repeat(" --- |", len(row)) + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

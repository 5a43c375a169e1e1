package server

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// FuzzCursorKnowsJSON: the cursor accepts what encoding/json does, but for
// broken UTF-8 and absurd nesting.
func FuzzCursorKnowsJSON(f *testing.F) {
	for _, text := range []string{
		`{"a":[1,-0.5e+3,"x\u00e9\\",true,false,null,{}],"b":{}}`, `[]`, ` "a" `, `-`, `01`, `1.`, `1e`, `.5`, `+1`, `"\ud800"`, `"\q"`, `"\`, "\"\t\"", `nul`, `truefalse`,
		`[1 2]`, `{"a" 1}`, `{1:2}`, `{"a":1,}`, `[,]`, "1\x00", "\xff", "\ufeff1", `"\u12"`, strings.Repeat("[", 16) + strings.Repeat("]", 16), strings.Repeat("[", 17) + strings.Repeat("]", 17),
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c := newCursor(text)
		c.skip()
		err := c.end()
		if err != nil && strings.Contains(err.Error(), "nested deeper") {
			return
		}
		if want := json.Valid(text) && utf8.Valid(text); (err == nil) != want {
			t.Fatalf("%q: the cursor says %v, want it valid: %t", text, err, want)
		}
	})
}

// TestCursorReadsStringsAndNumbersAsEncodingJSON does.
func TestCursorReadsStringsAndNumbersAsEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		written, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		c := newCursor(written)
		if got := string(c.string()); got != strings.ToValidUTF8(text, "\ufffd") || c.end() != nil {
			t.Fatalf("%s is read as %q, %v", written, got, c.err)
		}
		number, err := json.Marshal(rapid.Float64().Draw(t, "number"))
		if err != nil {
			t.Fatal(err)
		}
		c = newCursor(append(number, ' '))
		if got := c.number(); string(got) != string(number) || c.end() != nil {
			t.Fatalf("%s is read as %s, %v", number, got, c.err)
		}
	})
}

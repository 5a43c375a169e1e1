package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// cursor walks once over a JSON text, from front to back, and builds nothing:
// bodies of a thousand events, or of megabytes of numbers, are read into their
// types without a tree between. At the first breach of the grammar it sets err
// and jumps to the end, where every method finds nothing more, so that only
// the outermost caller has to look.
type cursor struct {
	text  []byte
	at    int
	depth int
	err   error
}

// newCursor stands before the text, which has to be UTF-8.
func newCursor(text []byte) *cursor {
	c := &cursor{text: text}
	if !utf8.Valid(text) {
		c.err, c.at = errUTF8, len(text)
	}
	return c
}

var errUTF8 = errors.New("the body is not valid UTF-8")

// peek is the first byte of what comes next, which tells its kind; 0 at the end.
func (c *cursor) peek() byte {
	for c.at < len(c.text) {
		switch b := c.text[c.at]; b {
		case ' ', '\t', '\n', '\r':
			c.at++
		default:
			return b
		}
	}
	return 0
}

// object calls member at each member of an object, before its value, which
// member has to read. The name is valid until then.
func (c *cursor) object(member func(name []byte)) {
	c.enter('{')
	if c.take('}') {
		c.depth--
		return
	}
	for c.err == nil {
		name := c.string()
		if c.expect(':'); c.err != nil {
			return
		}
		member(name)
		if !c.take(',') {
			c.expect('}')
			c.depth--
			return
		}
	}
}

// list calls element before each value of a list, which element has to read.
func (c *cursor) list(element func()) {
	c.enter('[')
	if c.take(']') {
		c.depth--
		return
	}
	for c.err == nil {
		element()
		if !c.take(',') {
			c.expect(']')
			c.depth--
			return
		}
	}
}

// string reads a string. It may lie within the text: copy what is kept.
func (c *cursor) string() []byte {
	c.expect('"')
	for start := c.at; c.at < len(c.text); c.at++ {
		switch b := c.text[c.at]; {
		case b == '"':
			c.at++
			return c.text[start : c.at-1]
		case b == '\\':
			return c.escapedString(start)
		case b < ' ':
			c.unexpected()
			return nil
		}
	}
	c.unexpected()
	return nil
}

// escapedString reads on in a string that began at start and holds escapes,
// which are rare enough to leave them to encoding/json.
func (c *cursor) escapedString(start int) []byte {
	for c.at < len(c.text) && c.text[c.at] != '"' {
		if c.text[c.at] == '\\' {
			c.at++
		}
		c.at++
	}
	if c.at >= len(c.text) {
		c.unexpected()
		return nil
	}
	c.at++
	var s string
	if err := json.Unmarshal(c.text[start-1:c.at], &s); err != nil {
		c.at = start
		c.fail("a string with a broken escape")
		return nil
	}
	return []byte(s)
}

// number reads a number and returns its digits as they are written.
func (c *cursor) number() []byte {
	c.peek()
	start := c.at
	c.skipByte('-')
	if !c.skipByte('0') {
		c.digits()
	}
	if c.skipByte('.') {
		c.digits()
	}
	if c.skipByte('e') || c.skipByte('E') {
		_ = c.skipByte('+') || c.skipByte('-')
		c.digits()
	}
	if c.err != nil {
		return nil
	}
	return c.text[start:c.at]
}

// digits steps over one digit or more.
func (c *cursor) digits() {
	start := c.at
	for c.at < len(c.text) && '0' <= c.text[c.at] && c.text[c.at] <= '9' {
		c.at++
	}
	if c.at == start {
		c.unexpected()
	}
}

// word reads true, false or null, and tells whether it was the one asked for.
func (c *cursor) word(want string) bool {
	c.peek()
	for _, w := range []string{"true", "false", "null"} {
		if rest := c.text[c.at:]; len(rest) >= len(w) && string(rest[:len(w)]) == w {
			c.at += len(w)
			return w == want
		}
	}
	c.unexpected()
	return false
}

// skip reads a value of any kind and forgets it.
func (c *cursor) skip() {
	switch b := c.peek(); {
	case b == '{':
		c.object(func([]byte) { c.skip() })
	case b == '[':
		c.list(c.skip)
	case b == '"':
		c.string()
	case isNumber(b):
		c.number()
	default:
		c.word("")
	}
}

// isNumber tells whether a value that begins with b is a number.
func isNumber(b byte) bool { return b == '-' || '0' <= b && b <= '9' }

// end reads the end of the text, and returns the first breach of the grammar.
func (c *cursor) end() error {
	if c.peek(); c.at < len(c.text) {
		c.fail("more follows after the end of the JSON value")
	}
	return c.err
}

// enter steps into an object or a list.
func (c *cursor) enter(opening byte) {
	c.expect(opening)
	if c.depth++; c.depth > maxDepth {
		c.fail(fmt.Sprintf("nested deeper than %d levels", maxDepth))
	}
}

// take steps over b if that comes next.
func (c *cursor) take(b byte) bool {
	if c.peek() != b {
		return false
	}
	c.at++
	return true
}

func (c *cursor) expect(b byte) {
	if !c.take(b) {
		c.unexpected()
	}
}

// skipByte steps over b if that is the very next byte.
func (c *cursor) skipByte(b byte) bool {
	if c.at == len(c.text) || c.text[c.at] != b {
		return false
	}
	c.at++
	return true
}

// unexpected fails at what comes next.
func (c *cursor) unexpected() {
	if c.at >= len(c.text) {
		c.fail("it ends too early")
		return
	}
	r, _ := utf8.DecodeRune(c.text[c.at:])
	c.fail(fmt.Sprintf("%q is out of place", r))
}

func (c *cursor) fail(reason string) {
	if c.err == nil {
		c.err = fmt.Errorf("not acceptable JSON at byte %d: %s", c.at, reason)
	}
	c.at = len(c.text)
}

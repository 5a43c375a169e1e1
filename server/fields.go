package server

import (
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/reelrank/reelrank/reel"
)

// required marks a field that every object has.
func required[T any](f field[T]) field[T] {
	f.required = true
	return f
}

// idField is a field of digits, as a number or as a string.
func idField[T any](name, doc string, at func(*T) *int64) field[T] {
	schema := *id(0).Schema(nil)
	schema.Description = doc
	return field[T]{name: name, schema: schema, read: func(c *cursor, into *T) *reel.FieldError {
		var digits []byte
		switch b := c.peek(); {
		case b == '"':
			digits = c.string()
		case isNumber(b):
			digits = c.number()
		default:
			return wrong(c, reel.ErrID.Error())
		}
		v, err := reel.ParseID(string(digits))
		if err != nil {
			return &reel.FieldError{Reason: reel.ErrID.Error()}
		}
		*at(into) = v
		return nil
	}}
}

// textField is a field of up to most characters.
func textField[T any](name string, most int, doc string, at func(*T) *string) field[T] {
	schema := huma.Schema{Type: huma.TypeString, MaxLength: &most, Description: doc}
	return field[T]{name: name, schema: schema, read: func(c *cursor, into *T) *reel.FieldError {
		if c.peek() != '"' {
			return wrong(c, "expected string")
		}
		text := c.string()
		if len(text) > most && utf8.RuneCount(text) > most {
			return &reel.FieldError{Reason: fmt.Sprintf("expected length <= %d", most)}
		}
		*at(into) = string(text)
		return nil
	}}
}

// wholeField is a field of a whole number from 0 to most.
func wholeField[T any](name string, most int64, doc string, set func(*T, int64)) field[T] {
	schema := huma.Schema{Type: huma.TypeInteger, Format: "int64", Minimum: new(float64), Maximum: float(float64(most)), Description: doc}
	return field[T]{name: name, schema: schema, read: func(c *cursor, into *T) *reel.FieldError {
		if !isNumber(c.peek()) {
			return wrong(c, "expected integer")
		}
		v, err := strconv.ParseInt(string(c.number()), 10, 64)
		if err != nil || v < 0 || v > most {
			return &reel.FieldError{Reason: fmt.Sprintf("expected a whole number from 0 to %d", most)}
		}
		set(into, v)
		return nil
	}}
}

// Moments that are written in milliseconds, as JavaScript has them.
const (
	fromMillis = 100_000_000_000 // a time from here on counts milliseconds: in seconds it would be the year 5138
	maxMoment  = 1000*reel.MaxTime + 999
)

// timeField is a field of unix seconds, or milliseconds, which are told apart
// by their size.
func timeField[T any](name, doc string, at func(*T) *int64) field[T] {
	return wholeField(name, maxMoment, doc, func(into *T, v int64) {
		if v >= fromMillis {
			v /= 1000
		}
		*at(into) = v
	})
}

// numberField is a field of a number from 0 to most.
func numberField[T any](name string, most float64, doc string, set func(*T, float32)) field[T] {
	schema := huma.Schema{Type: huma.TypeNumber, Format: "float", Minimum: new(float64), Maximum: &most, Description: doc}
	return field[T]{name: name, schema: schema, read: func(c *cursor, into *T) *reel.FieldError {
		if !isNumber(c.peek()) {
			return wrong(c, "expected number")
		}
		v, err := strconv.ParseFloat(string(c.number()), 32)
		if err != nil || !(v >= 0 && v <= most) {
			return &reel.FieldError{Reason: fmt.Sprintf("expected a number from 0 to %g", most)}
		}
		set(into, float32(v))
		return nil
	}}
}

// vectorField is a field of exactly n numbers.
func vectorField[T any](name string, n int, doc string, set func(into *T, vector []float32) *reel.FieldError) field[T] {
	schema := huma.Schema{Type: huma.TypeArray, MinItems: &n, MaxItems: &n, Description: doc,
		Items: &huma.Schema{Type: huma.TypeNumber, Format: "float", Minimum: float(-math.MaxFloat32), Maximum: float(math.MaxFloat32)}}
	return field[T]{name: name, schema: schema, read: func(c *cursor, into *T) *reel.FieldError {
		if c.peek() != '[' {
			return wrong(c, "expected array")
		}
		vector := make([]float32, 0, n)
		var fault *reel.FieldError
		count := 0
		c.list(func() {
			count++
			if !isNumber(c.peek()) {
				fault = first(fault, within(place(count-1), wrong(c, "expected number")))
				return
			}
			v, err := strconv.ParseFloat(string(c.number()), 32)
			if err != nil {
				fault = first(fault, &reel.FieldError{Field: place(count - 1), Reason: "does not fit into 32 bits"})
			}
			if count <= n {
				vector = append(vector, float32(v))
			}
		})
		switch {
		case fault != nil:
			return fault
		case count != n:
			return &reel.FieldError{Reason: fmt.Sprintf("has %d numbers, want %d", count, n)}
		}
		return set(into, vector)
	}}
}

// partField is a field that holds an object.
func partField[T, P any](name, doc string, part shape[P], at func(*T) *P) field[T] {
	schema := *part.document()
	schema.Description = doc
	return field[T]{name: name, schema: schema, read: func(c *cursor, into *T) *reel.FieldError {
		return part.read(c, at(into))
	}}
}

// place names an element of a list.
func place(i int) string { return fmt.Sprintf("[%d]", i) }

func float(v float64) *float64 { return &v }

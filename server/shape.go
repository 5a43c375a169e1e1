package server

import (
	"errors"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/reelrank/reelrank/reel"
)

// shape is the schema of a T that arrives in bulk: the table from which it is
// both documented and read. A test holds the two to one another.
type shape[T any] []field[T]

// field is one member of an object.
type field[T any] struct {
	name     string
	alias    string // another name that is read the same; empty for none
	required bool
	schema   huma.Schema

	// read reads the value at the cursor, whatever it is, into the T. A reason
	// without a field is about the value itself, one with a field about a part.
	read func(c *cursor, into *T) *reel.FieldError
}

// read reads the value at the cursor and returns the first thing in it that
// breaks the schema. It steps over the whole value in any case; what breaks
// the grammar is for c.end to tell.
func (fields shape[T]) read(c *cursor, into *T) *reel.FieldError {
	if c.peek() != '{' {
		return wrong(c, "expected an object")
	}
	var fault *reel.FieldError
	var given uint64 // bits of the fields
	next := 0        // clients write the fields in one order: the search goes on where it ended
	c.object(func(name []byte) {
		i := fields.find(name, next)
		if i < 0 {
			fault = first(fault, within(clip(string(name)), wrong(c, "unexpected property")))
			return
		}
		next = i + 1
		if given&(1<<i) != 0 {
			fault = first(fault, within(fields[i].name, wrong(c, "given twice")))
			return
		}
		given |= 1 << i
		if c.peek() == 'n' && !fields[i].required {
			c.word("null") // as if left out, which is how many clients write it
			return
		}
		fault = first(fault, within(fields[i].name, fields[i].read(c, into)))
	})
	for i := range fields {
		if fields[i].required && given&(1<<i) == 0 {
			fault = first(fault, &reel.FieldError{Field: fields[i].name, Reason: "is missing"})
		}
	}
	return fault
}

// readBody reads a body that is one T, or says why it is refused.
func (fields shape[T]) readBody(body []byte, into *T, validate func(*T) error) *huma.ErrorModel {
	c := newCursor(body)
	fault := fields.read(c, into)
	if err := c.end(); err != nil {
		return newProblem(http.StatusBadRequest, err.Error())
	}
	if fault == nil {
		errors.As(validate(into), &fault)
	}
	if fault != nil {
		return invalid(inBody(fault.Field, fault.Reason))
	}
	return nil
}

// find returns the place of a field, or -1. It looks from next on, around the table.
func (fields shape[T]) find(name []byte, next int) int {
	for n := range fields {
		i := next + n
		if i >= len(fields) {
			i -= len(fields)
		}
		if fields[i].name == string(name) || fields[i].alias != "" && fields[i].alias == string(name) {
			return i
		}
	}
	return -1
}

// with returns the table with one field changed.
func (fields shape[T]) with(name string, change func(*field[T])) shape[T] {
	changed := slices.Clone(fields)
	change(&changed[slices.IndexFunc(fields, func(f field[T]) bool { return f.name == name })])
	return changed
}

// document writes the schema of the table.
func (fields shape[T]) document() *huma.Schema {
	s := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{}, AdditionalProperties: false}
	for i := range fields {
		f := &fields[i]
		s.Properties[f.name] = &f.schema
		if f.required && f.alias == "" {
			s.Required = append(s.Required, f.name)
		}
		if f.alias != "" {
			other := f.schema
			other.Description = "another name of " + f.name
			s.Properties[f.alias] = &other
			s.OneOf = append(s.OneOf, named(f.name), named(f.alias))
		}
	}
	s.PrecomputeMessages()
	return s
}

// named is the schema of an object that has a member of that name.
func named(name string) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, Required: []string{name}, Properties: map[string]*huma.Schema{name: {}}, AdditionalProperties: true}
}

// first keeps the earlier of two faults.
func first(a, b *reel.FieldError) *reel.FieldError {
	if a != nil {
		return a
	}
	return b
}

// within places a fault of a value into the field that holds it.
func within(name string, fault *reel.FieldError) *reel.FieldError {
	switch {
	case fault == nil:
		return nil
	case fault.Field != "" && fault.Field[0] != '[':
		name += "."
	}
	return &reel.FieldError{Field: name + fault.Field, Reason: fault.Reason}
}

// wrong steps over a value that cannot be read.
func wrong(c *cursor, reason string) *reel.FieldError {
	c.skip()
	return &reel.FieldError{Reason: reason}
}

package server

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/reelrank/reelrank/live"
	"github.com/reelrank/reelrank/reel"
)

// upload is a body that is one T, or {"NAME": [T, ...]} with up to
// live.MaxBatch of them. In a list each element is taken or refused by itself;
// a single one that is refused is a problem.
type upload[T any] struct {
	name     string // of the list, e.g. "events"
	fields   shape[T]
	validate func(*T) error // what the table does not say
}

// received is what an upload held.
type received[T any] struct {
	single   bool
	values   []T   // those that fit the schema
	places   []int // of values in the body
	rejected []live.Rejected
}

// keeper hands values to a recommender and says what became of them.
type keeper[T any] func(ctx context.Context, to Live, values []T) (live.Recorded, error)

// take reads the body and has keep take what fits the schema.
func (u upload[T]) take(ctx context.Context, s *Server, body []byte, keep keeper[T]) (*live.Recorded, *huma.ErrorModel) {
	got, problem := u.read(body)
	if problem != nil {
		return nil, problem
	}
	to, err := s.currentLive()
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	var outcome live.Recorded
	if len(got.values) > 0 {
		if outcome, err = keep(ctx, to, got.values); err != nil {
			return nil, s.problem(ctx, err)
		}
	}
	outcome.Rejected = got.allRejected(outcome.Rejected)
	if problem := got.refusal(outcome.Rejected); problem != nil {
		return nil, problem
	}
	return &outcome, nil
}

// read returns what the body holds, or why it is refused as a whole.
func (u upload[T]) read(body []byte) (received[T], *huma.ErrorModel) {
	c := newCursor(body)
	var got received[T]
	var fault *reel.FieldError
	if u.isList(body) {
		got, fault = u.readList(c)
	} else {
		got.single = true
		u.readOne(c, &got)
	}
	if err := c.end(); err != nil {
		return received[T]{}, newProblem(http.StatusBadRequest, err.Error())
	}
	if fault != nil {
		return received[T]{}, invalid(inBody(fault.Field, fault.Reason))
	}
	return got, got.refusal(got.rejected)
}

// isList tells whether the body is an object whose first member is the list.
func (u upload[T]) isList(body []byte) bool {
	c := cursor{text: body}
	return c.take('{') && c.peek() == '"' && bytes.Equal(c.string(), []byte(u.name))
}

// readList reads {"NAME": [...]}.
func (u upload[T]) readList(c *cursor) (received[T], *reel.FieldError) {
	var got received[T]
	list := field[received[T]]{name: u.name, read: func(c *cursor, got *received[T]) *reel.FieldError {
		if c.peek() != '[' {
			return wrong(c, "expected array")
		}
		count := 0
		c.list(func() {
			if count++; count > live.MaxBatch {
				c.skip()
				return
			}
			u.readOne(c, got)
		})
		if count < 1 || count > live.MaxBatch {
			return &reel.FieldError{Reason: fmt.Sprintf("has %d elements, want 1 to %d", count, live.MaxBatch)}
		}
		return nil
	}}
	fault := shape[received[T]]{list}.read(c, &got)
	return got, fault
}

// readOne reads one value, to take it or to reject it.
func (u upload[T]) readOne(c *cursor, got *received[T]) {
	n := len(got.values)
	at := n + len(got.rejected)
	got.values = append(got.values, *new(T))
	value := &got.values[n]
	fault := u.fields.read(c, value)
	if fault == nil {
		errors.As(u.validate(value), &fault)
	}
	if fault != nil {
		got.values = got.values[:n]
		got.rejected = append(got.rejected, live.Rejected{Index: at, Field: fault.Field, Reason: fault.Reason})
		return
	}
	got.places = append(got.places, at)
}

// refusal is the problem of a single value that was rejected.
func (g *received[T]) refusal(rejected []live.Rejected) *huma.ErrorModel {
	if !g.single || len(rejected) == 0 {
		return nil
	}
	return invalid(inBody(rejected[0].Field, rejected[0].Reason))
}

// allRejected adds what was rejected of the values to what never became one,
// in the order of the body.
func (g *received[T]) allRejected(ofValues []live.Rejected) []live.Rejected {
	all := slices.Clone(g.rejected)
	for _, r := range ofValues {
		r.Index = g.places[r.Index]
		all = append(all, r)
	}
	slices.SortStableFunc(all, func(a, b live.Rejected) int { return cmp.Compare(a.Index, b.Index) })
	return all
}

// document writes the schema of the upload.
func (u upload[T]) document(registry huma.Registry, name string) *huma.Schema {
	registry.Map()[name] = u.fields.document()
	one := &huma.Schema{Ref: "#/components/schemas/" + name}
	least, most := 1, live.MaxBatch
	many := &huma.Schema{
		Type: huma.TypeObject, Required: []string{u.name}, AdditionalProperties: false,
		Properties: map[string]*huma.Schema{u.name: {Type: huma.TypeArray, MinItems: &least, MaxItems: &most, Items: one}},
	}
	return &huma.Schema{OneOf: []*huma.Schema{one, many}}
}

package server

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"github.com/reelrank/reelrank/reel"
)

// Limits on a problem's list of errors, so that a bad request of a megabyte
// is not answered with more than that.
const (
	maxErrors     = 10
	maxErrorValue = 60 // characters of a value that an error repeats
)

func init() {
	// The schema's names are exact; otherwise {"user_id":1,"USER_ID":2} would
	// pass with either value. huma has this switch for the whole process only.
	huma.ValidateStrictCasing = true
}

// decoder checks a JSON value against the schema of T and reads it.
type decoder[T any] struct {
	registry huma.Registry
	schema   *huma.Schema // a reference into the registry
}

func newDecoder[T any](registry huma.Registry) decoder[T] {
	t := reflect.TypeFor[T]()
	return decoder[T]{registry, registry.Schema(t, true, t.Name())}
}

// decode returns the value, or a problem that lists what is wrong with it.
// tree is raw as parseJSON returns it.
func (d decoder[T]) decode(tree any, raw []byte) (*T, *huma.ErrorModel) {
	if problem := check(d.registry, d.schema, tree); problem != nil {
		return nil, problem
	}
	value := new(T)
	if err := json.Unmarshal(raw, value); err != nil {
		return nil, invalid(unmarshalDetail(err))
	}
	return value, nil
}

// check holds a parsed value against a schema.
func check(registry huma.Registry, schema *huma.Schema, tree any) *huma.ErrorModel {
	path := huma.NewPathBuffer(nil, 0)
	path.Push("body")
	var result huma.ValidateResult
	huma.Validate(registry, schema, path, huma.ModeWriteToServer, tree, &result)
	if len(result.Errors) == 0 {
		return nil
	}
	return invalid(details(result.Errors)...)
}

func invalid(details ...*huma.ErrorDetail) *huma.ErrorModel {
	problem := newProblem(http.StatusUnprocessableEntity, "the request breaks the schema: see errors, and /docs")
	problem.Errors = details
	return problem
}

// inBody is a mistake in a field of the body, or in the body itself where the
// field has no name.
func inBody(field, reason string) *huma.ErrorDetail {
	location := "body"
	if field != "" {
		location += "." + field
	}
	return &huma.ErrorDetail{Location: location, Message: reason}
}

// details turns errors into at most maxErrors short ones, in the order of the
// fields. It never formats an error whole: one may hold the entire body.
func details(errs []error) []*huma.ErrorDetail {
	list := make([]*huma.ErrorDetail, len(errs))
	for i, err := range errs {
		detail := &huma.ErrorDetail{Message: "invalid"}
		if d, ok := err.(huma.ErrorDetailer); ok {
			detail = d.ErrorDetail()
		}
		list[i] = shortDetail(detail)
	}
	slices.SortStableFunc(list, func(a, b *huma.ErrorDetail) int {
		return cmp.Or(strings.Compare(a.Location, b.Location), strings.Compare(a.Message, b.Message))
	})
	if more := len(list) - maxErrors; more > 0 {
		list = append(list[:maxErrors], &huma.ErrorDetail{Message: fmt.Sprintf("and %d more", more)})
	}
	return list
}

func shortDetail(d *huma.ErrorDetail) *huma.ErrorDetail {
	short := *d
	short.Location = clip(d.Location)
	switch v := d.Value.(type) {
	case string:
		short.Value = clip(v)
	case []any, map[string]any:
		short.Value = nil
	}
	if d.Message == validation.MsgExpectedMatchExactlyOneSchema {
		short.Message = reel.ErrID.Error() // ids are the only choice of schemas in a request
	}
	return &short
}

// unmarshalDetail explains a value that fits the schema and not its Go type:
// an integer beyond 64 bits, or one that is written as 1e3.
func unmarshalDetail(err error) *huma.ErrorDetail {
	var typeErr *json.UnmarshalTypeError
	if errors.As(err, &typeErr) {
		return &huma.ErrorDetail{
			Location: clip("body." + typeErr.Field),
			Message:  fmt.Sprintf("%s does not fit here: write a plain number within the range", clip(typeErr.Value)),
		}
	}
	return &huma.ErrorDetail{Location: "body", Message: err.Error()}
}

// clip shortens text to maxErrorValue characters.
func clip(text string) string {
	n := 0
	for i := range text {
		if n == maxErrorValue {
			return text[:i] + "..."
		}
		n++
	}
	return text
}

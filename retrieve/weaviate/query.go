package weaviate

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/reelrank/reelrank/retrieve/ann"
)

// answered is one object of an answer, nearest first.
type answered struct {
	key   string
	score float32
}

// ask returns up to limit objects of those that the where clause (empty for
// all) lets pass, with the largest product with the query. It is the one place
// that speaks GraphQL: the server's REST interface has no vector search.
func (x *Index) ask(ctx context.Context, query []float32, limit int, where string) ([]answered, error) {
	var answer struct {
		Data struct {
			Get map[string][]struct {
				Additional struct {
					ID       string
					Distance *float64
				} `json:"_additional"`
			}
		}
		Errors []struct{ Message string }
	}
	body := map[string]string{"query": nearest(x.options.Collection, query, limit, where)}
	if err := x.client.call(ctx, http.MethodPost, "/v1/graphql", body, &answer); err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	if len(answer.Errors) > 0 {
		return nil, searchError(answer.Errors[0].Message)
	}
	objects := answer.Data.Get[x.options.Collection]
	found := make([]answered, 0, len(objects))
	for _, o := range objects {
		if o.Additional.Distance == nil {
			return nil, fmt.Errorf("search: the server gives no distance for %q", o.Additional.ID)
		}
		// The distance is the dot product with the other sign.
		found = append(found, answered{o.Additional.ID, float32(-*o.Additional.Distance)})
	}
	return found, nil
}

func searchError(message string) error {
	if strings.Contains(message, "query maximum results exceeded") {
		return fmt.Errorf("search: the server gives fewer than %d results at once: set its QUERY_MAXIMUM_RESULTS to that or more", maxResults)
	}
	return fmt.Errorf("search: the server reports: %s", shorten(message))
}

// nearest is the query's text.
func nearest(collection string, query []float32, limit int, where string) string {
	b := make([]byte, 0, 12*len(query)+len(where)+100)
	b = fmt.Appendf(b, "{Get{%s(limit:%d,nearVector:{vector:[", collection, limit)
	for i, f := range query {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendFloat(b, float64(f), 'g', -1, 32)
	}
	b = append(b, "]}"...)
	if where != "" {
		b = append(b, ",where:"...)
		b = append(b, where...)
	}
	b = append(b, "){_additional{id distance}}}}"...)
	return string(b)
}

// whereOf is the where clause of what the server can filter by.
func whereOf(r *ann.Request) string {
	var operands []string
	for _, f := range []struct {
		operator string
		set      uint64
	}{{"ContainsAll", r.Require}, {"ContainsAny", r.AnyOf}, {"ContainsNone", r.Forbid}} {
		if f.set != 0 {
			operands = append(operands, operand(f.operator, attributesProperty, bitsOf(f.set)))
		}
	}
	if len(r.Blocked) > 0 {
		operands = append(operands, operand("ContainsNone", creatorProperty, r.Blocked))
	}
	switch len(operands) {
	case 0:
		return ""
	case 1:
		return operands[0]
	}
	return "{operator:And,operands:[" + strings.Join(operands, ",") + "]}"
}

func operand[T int | uint32](operator, property string, values []T) string {
	b := fmt.Appendf(nil, "{operator:%s,path:[%q],valueInt:[", operator, property)
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(v), 10)
	}
	return string(append(b, "]}"...))
}

// whereKeys is the clause of those with one of the keys.
func whereKeys(keys []string) string {
	return `{operator:ContainsAny,path:["id"],valueText:["` + strings.Join(keys, `","`) + `"]}`
}

package server

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"pgregory.net/rapid"

	"github.com/reelrank/reelrank/reel"
)

// checkTable holds a shape to its promise: it reads whatever its schema, which
// the OpenAPI document shows, allows, and nothing else.
func checkTable[T any](t *testing.T, fields shape[T], required []string) {
	values := []string{
		`0`, `1`, `2`, `0.5`, `1.5`, `-1`, `123`, `86401`, `1767226920`, `1767226920000`, `99999999999999`, `"5"`, `"x"`, `""`, `"-1"`,
		`true`, `false`, `null`, `[]`, `[1,2]`, `{}`, `{"device":"a","position":2}`, `{"device":7}`, `{"nothing":1}`,
		`"` + strings.Repeat("x", 65) + `"`, `"` + strings.Repeat("x", 129) + `"`, `"` + strings.Repeat("x", maxCaption+1) + `"`,
		long(reel.VideoDim, "0.5"), long(reel.AudioDim, "1e-3"), long(reel.TextDim, "-1"), long(reel.TextDim, `"1"`), long(reel.AudioDim, "1e39"),
	}
	schema := fields.document()
	names := append(slices.Sorted(maps.Keys(schema.Properties)), "unknown")
	// huma takes null as absent even where one of two names is required, and a
	// schema cannot say that features stand instead of the vectors.
	names = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(required, name) || name == "features" })
	rapid.Check(t, func(t *rapid.T) {
		var members []string
		for _, name := range required {
			if rapid.IntRange(0, 9).Draw(t, "with "+name) > 0 {
				members = append(members, `"`+name+`":`+rapid.SampledFrom(values[:15]).Draw(t, name))
			}
		}
		given := rapid.MapOfN(rapid.SampledFrom(names), rapid.SampledFrom(values), 0, 3).Draw(t, "members")
		for _, name := range slices.Sorted(maps.Keys(given)) {
			members = append(members, `"`+name+`":`+given[name])
		}
		body := "{" + strings.Join(members, ",") + "}"
		tree, err := parseJSON([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		var documented huma.ValidateResult
		huma.Validate(huma.NewMapRegistry("#/", huma.DefaultSchemaNamer), schema, huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, tree, &documented)
		fault := fields.read(newCursor([]byte(body)), new(T))
		if (fault == nil) != (len(documented.Errors) == 0) {
			t.Fatalf("%s: the table says %v, the schema %v", body, fault, documented.Errors)
		}
	})
}

package config

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestEveryFieldIsDocumentedAndBounded(t *testing.T) {
	keys, variables := map[string]bool{}, map[string]bool{}
	for _, f := range Fields() {
		if f.Doc == "" || f.Allowed == "" || strings.HasSuffix(f.Key, ".") || f.Key == "" {
			t.Errorf("%+v lacks a key, a doc tag or what is allowed", f)
		}
		if keys[f.Key] || variables[f.Env()] || otherVariables[f.Env()] {
			t.Errorf("%s or %s names two things", f.Key, f.Env())
		}
		keys[f.Key], variables[f.Env()] = true, true
		if kind := f.typ.Kind(); kind != reflect.String && kind != reflect.Bool && f.Key != "seed" && !strings.Contains(f.Allowed, " to ") && !strings.Contains(f.Allowed, " and ") {
			t.Errorf("%s is not bounded on both sides: %s", f.Key, f.Allowed)
		}
	}
}

func TestDefaultsAreAllowed(t *testing.T) {
	if err := Default().Validate(); err != nil {
		t.Error(err)
	}
}

func TestEveryBoundIsHeld(t *testing.T) {
	for _, f := range Fields() {
		for _, bound := range []struct {
			tag     string
			outside float64 // what is added to the bound to step over it
		}{{"min", -1}, {"above", 0}, {"max", 1}, {"below", 0}} {
			text := f.tag.Get(bound.tag)
			if text == "" {
				continue
			}
			limit := f.limit(text)
			c := Default()
			setNumber(f.value(&c), limit+bound.outside)
			if c.Validate() == nil {
				t.Errorf("%s = %s is let pass, beyond %s:%q", f.Key, f.Text(&c), bound.tag, text)
			}
			if bound.tag == "min" || bound.tag == "max" {
				setNumber(f.value(&c), limit)
				if reason := f.check(f.value(&c)); reason != "" {
					t.Errorf("%s = %s, its own %s, is refused: %s", f.Key, f.Text(&c), bound.tag, reason)
				}
			}
		}
		if f.typ.Kind() == reflect.Float64 {
			for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				c := Default()
				f.value(&c).SetFloat(v)
				if c.Validate() == nil {
					t.Errorf("%s = %g is let pass", f.Key, v)
				}
			}
		}
	}
}

// setNumber sets any numeric field, or a list to that one number.
func setNumber(v reflect.Value, x float64) {
	switch {
	case v.CanFloat():
		v.SetFloat(x)
	case v.CanUint():
		v.SetUint(uint64(x))
	case v.CanInt():
		v.SetInt(int64(x))
	default:
		v.Set(reflect.ValueOf([]int{int(x)}))
	}
}

// TestWrittenValueIsReadBack: what format writes, parse reads, for every field.
func TestWrittenValueIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Default()
		for _, f := range Fields() {
			v := f.value(&c)
			switch v.Interface().(type) {
			case float64:
				v.SetFloat(rapid.Float64().Draw(t, f.Key))
			case string:
				v.SetString(rapid.String().Draw(t, f.Key))
			case time.Duration, int, int64:
				v.SetInt(rapid.Int64().Draw(t, f.Key))
			case uint64:
				v.SetUint(rapid.Uint64().Draw(t, f.Key))
			case []int:
				v.Set(reflect.ValueOf(rapid.SliceOfN(rapid.Int(), 1, 5).Draw(t, f.Key)))
			}
			got, err := f.parse([]string{f.Text(&c)}, false)
			if err != nil || !reflect.DeepEqual(got, v.Interface()) {
				t.Fatalf("%s = %v is written as %s and read as %v, %v", f.Key, v, f.Text(&c), got, err)
			}
		}
	})
}

func TestNearestFindsSlipsAndNothingElse(t *testing.T) {
	s := newSchema()
	for written, want := range map[string]string{
		"server.adress": "server.address", "server.max-top-k": "server.max_top_k", "Seed": "seed", "trian.epochs": "train.epochs",
		"epochs": "train.epochs", "model.learning_rate": "train.learning_rate", "rerank.max_per_creators": "rerank.max_per_creator",
		"metrics.port": "", "x": "", "": "",
	} {
		if got := s.suggest(written); got != want {
			t.Errorf("%q suggests %q, want %q", written, got, want)
		}
	}
}

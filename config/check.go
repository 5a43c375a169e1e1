package config

import (
	"fmt"
	"math"
	"net"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// check says why a value of the field's type is not allowed, or "".
func (f Field) check(v reflect.Value) string {
	switch f.typ.Kind() {
	case reflect.String:
		return f.checkText(v.String())
	case reflect.Slice:
		return f.checkList(v.Interface().([]int))
	case reflect.Bool:
		return ""
	}
	return f.checkNumber(number(v))
}

func (f Field) checkText(text string) string {
	if words := f.tag.Get("oneof"); words != "" {
		names := strings.Split(words, ",")
		if slices.Contains(names, text) {
			return ""
		}
		if name := nearest(strings.ToLower(text), names); name != "" {
			return fmt.Sprintf("not one of the choices; did you mean %s?", name)
		}
		return "not one of the choices"
	}
	if f.tag.Get("format") == "host:port" {
		return checkHostPort(text)
	}
	if strings.ContainsRune(text, 0) {
		return "holds a zero byte"
	}
	return ""
}

func checkHostPort(text string) string {
	_, port, err := net.SplitHostPort(text)
	if err != nil {
		return "not host:port, such as 127.0.0.1:8000 or :8000"
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Sprintf("port %q is not a number from 0 to 65535", port)
	}
	return ""
}

func (f Field) checkList(list []int) string {
	if len(list) == 0 {
		return "the list is empty"
	}
	for i, n := range list {
		if reason := f.checkNumber(float64(n)); reason != "" {
			return fmt.Sprintf("%d: %s", n, reason)
		}
		if slices.Contains(list[:i], n) {
			return fmt.Sprintf("%d is listed twice", n)
		}
	}
	return ""
}

func (f Field) checkNumber(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return errNumber.Error()
	}
	for _, bound := range []struct {
		tag    string
		broken func(limit float64) bool
		reason string
	}{
		{"min", func(limit float64) bool { return v < limit }, "too small"},
		{"above", func(limit float64) bool { return v <= limit }, "too small"},
		{"max", func(limit float64) bool { return v > limit }, "too large"},
		{"below", func(limit float64) bool { return v >= limit }, "too large"},
	} {
		text := f.tag.Get(bound.tag)
		if text != "" && bound.broken(f.limit(text)) {
			return bound.reason
		}
	}
	return ""
}

// limit reads a bound of a tag; a tag that is no number is a mistake of the program.
func (f Field) limit(text string) float64 {
	if f.typ == durationType {
		d, err := time.ParseDuration(text)
		if err != nil {
			panic(fmt.Sprintf("config: bound %q of %s: %v", text, f.Key, err))
		}
		return float64(d)
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic(fmt.Sprintf("config: bound %q of %s: %v", text, f.Key, err))
	}
	return v
}

func number(v reflect.Value) float64 {
	switch {
	case v.CanFloat():
		return v.Float()
	case v.CanUint():
		return float64(v.Uint())
	}
	return float64(v.Int())
}

// rule is a condition over several settings.
type rule struct {
	keys   []string
	broken func(c *Config) bool
	reason string
}

var rules = []rule{
	{
		[]string{"train.validation_share", "train.test_share"},
		func(c *Config) bool { return c.Train.ValidationShare+c.Train.TestShare >= 1 },
		"together they leave nothing to train on: keep their sum below 1",
	},
	{
		[]string{"retrieve.similar", "retrieve.trending", "retrieve.creators", "retrieve.fresh", "retrieve.cowatched"},
		func(c *Config) bool {
			r := c.Retrieve
			return r.Similar+r.Trending+r.Creators+r.Fresh+r.Cowatched == 0
		},
		"every quota is 0, so there are no candidates: give at least one source a quota",
	},
	{
		[]string{"retrieve.index", "retrieve.weaviate_url"},
		func(c *Config) bool {
			return c.Retrieve.Index == WeaviateIndex && !strings.HasPrefix(c.Retrieve.WeaviateURL, "http://") && !strings.HasPrefix(c.Retrieve.WeaviateURL, "https://")
		},
		"that is no address of a server: give one such as http://127.0.0.1:8080",
	},
	{
		[]string{"rank.watch_weight", "rank.like_weight", "rank.share_weight", "rank.follow_weight"},
		func(c *Config) bool {
			r := c.Rank
			return r.WatchWeight+r.LikeWeight+r.ShareWeight+r.FollowWeight == 0
		},
		"every weight is 0, so all scores would be equal: give at least one a positive value",
	},
}

// Validate returns a [*FaultsError] that lists every value of c that is out of
// its range, and every rule over several values that is broken.
func (c Config) Validate() error {
	faults := validate(newSchema(), &c, map[string]bool{}, func(string) Origin { return Origin{} })
	return faultsError(faults)
}

// validate judges every value of c, and adds the keys that it refuses to refused.
func validate(s schema, c *Config, refused map[string]bool, origin func(key string) Origin) []Fault {
	var faults []Fault
	for _, f := range s.fields {
		if reason := f.check(f.value(c)); reason != "" {
			refused[f.Key] = true
			faults = append(faults, Fault{Key: f.Key, Value: f.Text(c), Origin: origin(f.Key), Reason: reason, Allowed: f.Allowed})
		}
	}
	for _, r := range rules {
		// A value that is itself refused would only make the rule say the same again.
		if !slices.ContainsFunc(r.keys, func(key string) bool { return refused[key] }) && r.broken(c) {
			faults = append(faults, ruleFault(s, c, r, origin))
		}
	}
	return faults
}

func ruleFault(s schema, c *Config, r rule, origin func(key string) Origin) Fault {
	var values []string
	at := Origin{}
	for _, key := range r.keys {
		values = append(values, s.byKey[key].Text(c))
		if o := origin(key); o.Layer >= at.Layer {
			at = o
		}
	}
	return Fault{Key: strings.Join(r.keys, " + "), Value: strings.Join(values, " + "), Origin: at, Reason: r.reason}
}

package config

import (
	"fmt"
	"reflect"
	"strings"
)

// EnvPrefix starts the name of every environment variable that reelrank reads.
const EnvPrefix = "REELRANK_"

// Field is one setting: a leaf of Config.
type Field struct {
	Key     string // e.g. "server.address"
	Doc     string // what it is, for a person
	Allowed string // what it may be, for a person, e.g. "a number from 0 to 0.9"

	index []int // path of the struct field within Config
	typ   reflect.Type
	tag   reflect.StructTag
}

// Env is the name of the environment variable that sets the field.
func (f Field) Env() string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(f.Key, ".", "_"))
}

// Text is the field's value in c, written as a YAML file or a flag would write it.
func (f Field) Text(c *Config) string { return format(f.value(c)) }

func (f Field) value(c *Config) reflect.Value {
	return reflect.ValueOf(c).Elem().FieldByIndex(f.index)
}

// Fields lists every setting, in the order of the structs.
func Fields() []Field {
	var fields []Field
	collect(reflect.TypeFor[Config](), "", nil, &fields)
	return fields
}

func collect(t reflect.Type, prefix string, index []int, fields *[]Field) {
	for i := range t.NumField() {
		sf := t.Field(i)
		key := prefix + sf.Tag.Get("koanf")
		path := append(append([]int{}, index...), i)
		if sf.Type.Kind() == reflect.Struct {
			collect(sf.Type, key+".", path, fields)
			continue
		}
		f := Field{Key: key, Doc: sf.Tag.Get("doc"), index: path, typ: sf.Type, tag: sf.Tag}
		f.Allowed = f.allowed()
		*fields = append(*fields, f)
	}
}

// schema is the fields by key, and the names of the sections around them.
type schema struct {
	fields   []Field
	byKey    map[string]Field
	sections map[string]bool
}

func newSchema() schema {
	s := schema{fields: Fields(), byKey: map[string]Field{}, sections: map[string]bool{}}
	for _, f := range s.fields {
		s.byKey[f.Key] = f
		if section, _, nested := strings.Cut(f.Key, "."); nested {
			s.sections[section] = true
		}
	}
	return s
}

// suggest names the key that was probably meant, or "" when none is near.
func (s schema) suggest(key string) string {
	word := strings.ReplaceAll(strings.ToLower(key), "-", "_")
	names := make([]string, len(s.fields))
	for i, f := range s.fields {
		names[i] = f.Key
	}
	if name := nearest(word, names); name != "" {
		return name
	}
	// The right name in the wrong section, or without one.
	last := word[strings.LastIndexByte(word, '.')+1:]
	for _, name := range names {
		if strings.HasSuffix(name, "."+last) {
			return name
		}
	}
	return ""
}

// suggestWithin names the first key of a section.
func (s schema) suggestWithin(section string) string {
	for _, f := range s.fields {
		if strings.HasPrefix(f.Key, section+".") {
			return f.Key
		}
	}
	return section
}

// suggestEnv is suggest for the name of an environment variable.
func (s schema) suggestEnv(name string) string {
	names := make([]string, len(s.fields))
	for i, f := range s.fields {
		names[i] = f.Env()
	}
	return nearest(name, names)
}

// allowed says in words what the tags and the type permit.
func (f Field) allowed() string {
	if words := f.tag.Get("oneof"); words != "" {
		return "one of " + strings.ReplaceAll(words, ",", ", ")
	}
	if form := f.tag.Get("format"); form != "" {
		return form
	}
	noun, many := f.noun()
	bounds := f.bounds()
	if many {
		return fmt.Sprintf("a list of different %s%s", noun, bounds)
	}
	return noun + bounds
}

func (f Field) noun() (noun string, many bool) {
	switch {
	case f.typ == durationType:
		return "a duration such as 10s or 1m30s", false
	case f.typ.Kind() == reflect.Slice:
		return "whole numbers", true
	case f.typ.Kind() == reflect.Bool:
		return "true or false", false
	case f.typ.Kind() == reflect.Float64:
		return "a number", false
	case f.typ.Kind() == reflect.String:
		return "any text", false
	case f.typ.Kind() == reflect.Uint64:
		return "a whole number from 0 up", false
	}
	return "a whole number", false
}

func (f Field) bounds() string {
	var parts []string
	lowest, highest := f.tag.Get("min"), f.tag.Get("max")
	if lowest != "" && highest != "" {
		return fmt.Sprintf(", %s to %s", lowest, highest)
	}
	if lowest != "" {
		parts = append(parts, "at least "+lowest)
	}
	if v := f.tag.Get("above"); v != "" {
		parts = append(parts, "above "+v)
	}
	if v := f.tag.Get("below"); v != "" {
		parts = append(parts, "below "+v)
	}
	if highest != "" {
		parts = append(parts, "at most "+highest)
	}
	if parts == nil {
		return ""
	}
	return ", " + strings.Join(parts, " and ")
}

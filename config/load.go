package config

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/structs"
	"github.com/knadh/koanf/v2"
)

// Options says which layers Load reads over the defaults.
type Options struct {
	Base *Config  // what the layers are read over; nil means Default
	File string   // YAML file; empty means the one that REELRANK_CONFIG names, if any
	Env  []string // "NAME=value" pairs, as os.Environ gives them
	Set  []string // "key=value" of flags; of the same key the last one wins
}

// Loaded is the effective configuration with the origin of every value.
type Loaded struct {
	Config  Config
	origins map[string]Origin
}

// Setting is one effective value.
type Setting struct {
	Field
	Value  string // as a YAML file would write it
	Origin Origin
}

// Load reads every layer and returns the effective configuration, or a
// [*FaultsError] that lists all that is wrong in any of them.
func Load(o Options) (*Loaded, error) {
	s := newSchema()
	assignments, faults := read(o, s)
	m := merger{schema: s, koanf: koanf.New("."), origins: map[string]Origin{}, faults: faults}
	base := Default()
	if o.Base != nil {
		base = *o.Base
	}
	if err := m.koanf.Load(structs.Provider(base, "koanf"), nil); err != nil {
		return nil, fmt.Errorf("read the default configuration: %w", err)
	}
	m.noteBase(&base)
	for _, a := range assignments {
		if err := m.apply(a); err != nil {
			return nil, err
		}
	}
	return m.finish()
}

// read collects the assignments of all layers, weakest first.
func read(o Options, s schema) ([]assignment, []Fault) {
	var all []assignment
	var faults []Fault
	add := func(a []assignment, f []Fault) {
		all = append(all, a...)
		faults = append(faults, f...)
	}
	path := o.File
	if path == "" {
		path = variable(o.Env, FileVariable)
	}
	if path != "" {
		add(readFile(path, s))
	}
	add(readEnvironment(o.Env, s))
	add(readFlags(o.Set, s))
	return all, faults
}

func readFlags(set []string, s schema) ([]assignment, []Fault) {
	var assignments []assignment
	var faults []Fault
	origin := Origin{Layer: FromFlag}
	for _, pair := range set {
		key, value, ok := strings.Cut(pair, "=")
		key = strings.TrimSpace(key)
		switch _, known := s.byKey[key]; {
		case !ok:
			faults = append(faults, Fault{Key: pair, Origin: origin, Reason: "not key=value, such as server.address=:8000"})
		case !known:
			faults = append(faults, unknown(s, key, value, origin))
		default:
			assignments = append(assignments, assignment{key: key, texts: []string{value}, origin: origin})
		}
	}
	return assignments, faults
}

// unknown is the fault of a key that no setting has.
func unknown(s schema, key, value string, origin Origin) Fault {
	reason := "unknown key"
	if s.sections[key] {
		reason = "a section, not a setting: name one of its keys, such as " + s.suggestWithin(key)
	} else if near := s.suggest(key); near != "" {
		reason += "; did you mean " + near + "?"
	}
	return Fault{Key: key, Value: value, Origin: origin, Reason: reason}
}

// merger lays typed values over each other.
type merger struct {
	schema  schema
	koanf   *koanf.Koanf
	origins map[string]Origin
	faults  []Fault
}

// noteBase marks what the program sets otherwise than Default.
func (m *merger) noteBase(base *Config) {
	defaults := Default()
	for _, f := range m.schema.fields {
		if f.Text(base) != f.Text(&defaults) {
			m.origins[f.Key] = Origin{Layer: FromProgram}
		}
	}
}

// apply understands one assignment and merges its value. A value that is
// wrong is a fault even where a later layer replaces it.
func (m *merger) apply(a assignment) error {
	f := m.schema.byKey[a.key]
	value, err := f.parse(a.texts, a.isList)
	reason := ""
	if err != nil {
		reason = err.Error()
	} else {
		reason = f.check(reflect.ValueOf(value))
	}
	if reason != "" {
		text := strings.Join(a.texts, ", ")
		m.faults = append(m.faults, Fault{Key: a.key, Value: text, Origin: a.origin, Reason: reason, Allowed: f.Allowed})
		return nil
	}
	m.origins[a.key] = a.origin
	if err := m.koanf.Load(confmap.Provider(map[string]any{a.key: value}, "."), nil); err != nil {
		return fmt.Errorf("merge %s from %s: %w", a.key, a.origin, err)
	}
	return nil
}

func (m *merger) finish() (*Loaded, error) {
	l := &Loaded{origins: m.origins}
	err := m.koanf.UnmarshalWithConf("", &l.Config, koanf.UnmarshalConf{
		DecoderConfig: &mapstructure.DecoderConfig{TagName: "koanf", ErrorUnused: true, ErrorUnset: true},
	})
	if err != nil {
		return nil, fmt.Errorf("merge the configuration: %w", err)
	}
	// Where a value was refused the merge holds an older one; only what the
	// refused keys have no part in can be judged further.
	refused := map[string]bool{}
	for _, f := range m.faults {
		refused[f.Key] = true
	}
	faults := append(m.faults, validate(m.schema, &l.Config, refused, l.origin)...)
	slices.SortStableFunc(faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Origin.Layer, b.Origin.Layer), cmp.Compare(a.Origin.Line, b.Origin.Line))
	})
	if err := faultsError(faults); err != nil {
		return nil, err
	}
	return l, nil
}

func (l *Loaded) origin(key string) Origin {
	if o, ok := l.origins[key]; ok {
		return o
	}
	return Origin{Layer: FromDefault}
}

// Settings lists every effective value in the order of the structs.
func (l *Loaded) Settings() []Setting {
	fields := Fields()
	settings := make([]Setting, len(fields))
	for i, f := range fields {
		settings[i] = Setting{Field: f, Value: f.Text(&l.Config), Origin: l.origin(f.Key)}
	}
	return settings
}

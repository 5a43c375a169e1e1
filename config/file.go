package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"go.yaml.in/yaml/v3"
)

// largestFile is far above any real configuration: what is larger is not one.
const largestFile = 1 << 20

// assignment is one "key = value" of a layer, not yet understood.
type assignment struct {
	key    string
	texts  []string // one scalar, or the items of a list
	isList bool
	origin Origin
}

// yamlFile reads one configuration file into assignments.
type yamlFile struct {
	name        string // as it was given
	schema      schema
	assignments []assignment
	faults      []Fault
	lines       map[string]int // where each key was first given
}

// readFile returns what the file assigns and all that is wrong with its form.
func readFile(path string, s schema) ([]assignment, []Fault) {
	f := &yamlFile{name: path, schema: s, lines: map[string]int{}}
	data, err := readSmall(path)
	if err != nil {
		f.fault(0, "", "", readReason(path, err))
		return nil, f.faults
	}
	f.parse(data)
	return f.assignments, f.faults
}

func readSmall(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, largestFile+1))
	if err == nil && len(data) > largestFile {
		return nil, fmt.Errorf("it is larger than %d bytes", largestFile)
	}
	return data, err
}

func readReason(path string, err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Sprintf("there is no file %s: correct the path, leave it out to use the defaults, "+
			"or create it with: reelrank config --format yaml > %s", path, path)
	}
	return fmt.Sprintf("cannot read %s: %v", path, err)
}

func (f *yamlFile) parse(data []byte) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	err := decoder.Decode(&doc)
	if errors.Is(err, io.EOF) {
		return // empty, or comments alone
	}
	if err != nil {
		f.fault(0, "", "", "not valid YAML: "+err.Error())
		return
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		f.fault(0, "", "", "holds more than one YAML document: keep one")
		return
	}
	f.mapping(doc.Content[0], "")
}

// mapping reads the keys of the top level (prefix "") or of a section.
func (f *yamlFile) mapping(n *yaml.Node, prefix string) {
	if isNull(n) {
		return
	}
	if n.Kind != yaml.MappingNode {
		f.fault(n.Line, prefix, n.Value, "settings belong here, one \"key: value\" a line")
		return
	}
	for i := 0; i < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		if name.Kind != yaml.ScalarNode || name.Tag == "!!merge" {
			f.fault(name.Line, prefix, name.Value, "a key is plain text here: aliases, merges and compound keys are not read")
			continue
		}
		key := name.Value
		if prefix != "" {
			key = prefix + "." + key
		}
		f.entry(key, name.Line, value)
	}
}

func (f *yamlFile) entry(key string, line int, value *yaml.Node) {
	if first, again := f.lines[key]; again {
		f.fault(line, key, value.Value, fmt.Sprintf("given twice, first on line %d: keep one", first))
		return
	}
	f.lines[key] = line
	if f.schema.sections[key] {
		f.mapping(value, key)
		return
	}
	if _, known := f.schema.byKey[key]; known {
		f.leaf(key, line, value)
		return
	}
	f.faults = append(f.faults, unknown(f.schema, key, value.Value, f.origin(line)))
}

func (f *yamlFile) leaf(key string, line int, value *yaml.Node) {
	a := assignment{key: key, origin: f.origin(line)}
	switch {
	case isNull(value):
		f.fault(line, key, "", `no value: remove the line to keep the default, or write "" for an empty text`)
		return
	case value.Kind == yaml.ScalarNode:
		a.texts = []string{value.Value}
	case value.Kind == yaml.SequenceNode:
		a.isList = true
		for _, item := range value.Content {
			if item.Kind != yaml.ScalarNode {
				f.fault(item.Line, key, item.Value, "an item of a list is a plain value here")
				return
			}
			a.texts = append(a.texts, item.Value)
		}
	default:
		f.fault(line, key, value.Value, "a plain value belongs here, not a section, anchor or alias")
		return
	}
	f.assignments = append(f.assignments, a)
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func (f *yamlFile) origin(line int) Origin {
	return Origin{Layer: FromFile, Name: f.name, Line: line}
}

func (f *yamlFile) fault(line int, key, value, reason string) {
	f.faults = append(f.faults, Fault{Key: key, Value: value, Origin: f.origin(line), Reason: reason})
}

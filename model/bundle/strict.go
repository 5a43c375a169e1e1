package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxNameBytes is generous for a file name and within every file system's limit.
const maxNameBytes = 128

// checkName holds the files of a bundle to names that mean the same on every
// system and cannot lead out of the directory: lower-case ASCII letters,
// digits, '.', '_' and '-', not starting with '.', and none of the two names
// that the manifest itself goes by.
func checkName(name string) error {
	if name == ManifestFile || name == ChecksumFile {
		return fmt.Errorf("the name %q is taken by the bundle itself", name)
	}
	foreign := func(r rune) bool { return !strings.ContainsRune(nameLetters, r) }
	if name == "" || len(name) > maxNameBytes || name[0] == '.' || strings.ContainsFunc(name, foreign) {
		return fmt.Errorf("the name %q is not made of 1 to %d of a-z, 0-9, '.', '_' and '-', without a leading '.'", name, maxNameBytes)
	}
	return nil
}

const nameLetters = "abcdefghijklmnopqrstuvwxyz0123456789._-"

// checkPreset keeps the model version fit for paths, labels and headers.
func checkPreset(preset string) error {
	if err := checkName(preset); err != nil {
		return fmt.Errorf("preset: %w", err)
	}
	return nil
}

// unmarshalStrict refuses unknown fields and anything after the value.
func unmarshalStrict(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is something after the JSON value")
	}
	return nil
}

// checkDuplicateKeys refuses an object that has a key twice. encoding/json
// would let the last one win, where another reader lets the first one.
func checkDuplicateKeys(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var open []level
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if delim, ok := token.(json.Delim); ok && (delim == ']' || delim == '}') {
			open = open[:len(open)-1]
			continue
		}
		if len(open) > 0 {
			if err := open[len(open)-1].see(token); err != nil {
				return err
			}
		}
		switch token {
		case json.Delim('{'):
			open = append(open, level{keys: map[string]bool{}, key: true})
		case json.Delim('['):
			open = append(open, level{})
		}
	}
}

// level is one open object or array.
type level struct {
	keys map[string]bool // nil in an array
	key  bool            // the next token is a key
}

func (l *level) see(token json.Token) error {
	if l.keys == nil {
		return nil
	}
	if l.key {
		name, _ := token.(string)
		if l.keys[name] {
			return fmt.Errorf("the key %q is there twice", name)
		}
		l.keys[name] = true
	}
	l.key = !l.key
	return nil
}

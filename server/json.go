package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// Limits on the form of a body. They keep the cost of checking one, and the
// size of the answer that lists its mistakes, in proportion to an honest
// request.
const (
	maxDepth = 16
	maxList  = 10_000
)

// parseJSON reads exactly one JSON value into maps, lists and scalars, as
// encoding/json does, and refuses besides what that lets pass: a key that is
// given twice, broken UTF-8, absurd nesting and absurd lists. Whole numbers
// become int64 where they fit.
func parseJSON(data []byte) (any, error) {
	if !utf8.Valid(data) {
		return nil, errUTF8
	}
	p := jsonParser{json.NewDecoder(bytes.NewReader(data))}
	p.UseNumber()
	v, err := p.value(0)
	if err != nil {
		return nil, p.located(err)
	}
	if _, err := p.Token(); !errors.Is(err, io.EOF) {
		return nil, p.located(errors.New("more follows after the end of the JSON value"))
	}
	return v, nil
}

type jsonParser struct{ *json.Decoder }

func (p jsonParser) located(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("it ends too early")
	}
	return fmt.Errorf("not acceptable JSON at byte %d: %w", p.InputOffset(), err)
}

func (p jsonParser) value(depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d levels", maxDepth)
	}
	token, err := p.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			return p.object(depth)
		}
		return p.list(depth)
	case json.Number:
		return number(t)
	}
	return token, nil
}

func (p jsonParser) object(depth int) (any, error) {
	object := map[string]any{}
	for p.More() {
		token, err := p.Token()
		if err != nil {
			return nil, err
		}
		key := token.(string) // the decoder allows nothing else here
		if _, again := object[key]; again {
			return nil, fmt.Errorf("the key %.40q is given twice", key)
		}
		if object[key], err = p.value(depth + 1); err != nil {
			return nil, err
		}
	}
	_, err := p.Token()
	return object, err
}

func (p jsonParser) list(depth int) (any, error) {
	list := []any{}
	for p.More() {
		if len(list) == maxList {
			return nil, fmt.Errorf("a list of more than %d values", maxList)
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := p.Token()
	return list, err
}

func number(n json.Number) (any, error) {
	if v, err := n.Int64(); err == nil {
		return v, nil
	}
	v, err := strconv.ParseFloat(n.String(), 64)
	if err != nil {
		return nil, fmt.Errorf("the number %.40s is out of range", n)
	}
	return v, nil
}

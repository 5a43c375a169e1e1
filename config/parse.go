package config

import (
	"errors"
	"reflect"
	"strconv"
	"strings"
	"time"
)

var durationType = reflect.TypeFor[time.Duration]()

// The reasons why a text is not a value of its field's type.
var (
	errWhole    = errors.New("not a whole number")
	errNatural  = errors.New("not a whole number from 0 up")
	errOverflow = errors.New("out of the range of a 64-bit number")
	errNumber   = errors.New("not a finite number")
	errBool     = errors.New("neither true nor false")
	errDuration = errors.New("not a duration")
	errSingle   = errors.New("a list where one value belongs")
	errEmpty    = errors.New("no value")
)

// parse reads a field's value from the texts of one scalar, or of a list's items.
func (f Field) parse(texts []string, isList bool) (any, error) {
	if f.typ.Kind() == reflect.Slice {
		return parseList(texts, isList)
	}
	if isList {
		return nil, errSingle
	}
	return parseScalar(f.typ, texts[0])
}

func parseScalar(t reflect.Type, text string) (any, error) {
	if t.Kind() == reflect.String {
		return text, nil
	}
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, errEmpty
	}
	if t == durationType {
		d, err := time.ParseDuration(text)
		if err != nil {
			return nil, errDuration
		}
		return d, nil
	}
	switch t.Kind() {
	case reflect.Bool:
		switch strings.ToLower(text) {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
		return nil, errBool
	case reflect.Float64:
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, errNumber
		}
		return v, nil // NaN and infinities are for checkNumber to refuse
	case reflect.Uint64:
		v, err := strconv.ParseUint(plain(text), 10, 64)
		if err != nil {
			return nil, wholeError(err, errNatural)
		}
		return v, nil
	default:
		v, err := strconv.ParseInt(plain(text), 10, 64)
		if err != nil {
			return nil, wholeError(err, errWhole)
		}
		return reflect.ValueOf(v).Convert(t).Interface(), nil
	}
}

func wholeError(err, otherwise error) error {
	if errors.Is(err, strconv.ErrRange) {
		return errOverflow
	}
	return otherwise
}

// plain takes the separators out of 1_000_000.
func plain(text string) string {
	if strings.HasPrefix(text, "_") || strings.HasSuffix(text, "_") {
		return text
	}
	return strings.ReplaceAll(text, "_", "")
}

// parseList reads whole numbers from the items of a YAML list, or from one
// text such as "5,10,20" or "[5, 10, 20]".
func parseList(texts []string, isList bool) (any, error) {
	if !isList {
		text := strings.TrimSpace(texts[0])
		if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
			text = text[1 : len(text)-1]
		}
		texts = strings.Split(text, ",")
	}
	list := make([]int, 0, len(texts))
	for _, text := range texts {
		v, err := parseScalar(reflect.TypeFor[int](), text)
		if err != nil {
			return nil, err
		}
		list = append(list, v.(int))
	}
	return list, nil
}

// format writes a value so that parse reads it back.
func format(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case time.Duration:
		return x.String()
	case string:
		return x
	case []int:
		texts := make([]string, len(x))
		for i, n := range x {
			texts[i] = strconv.Itoa(n)
		}
		return "[" + strings.Join(texts, ", ") + "]"
	case bool:
		return strconv.FormatBool(x)
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	if v.CanUint() {
		return strconv.FormatUint(v.Uint(), 10)
	}
	return strconv.FormatInt(v.Int(), 10)
}

package bundle

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Tensor is a named array of float32, row-major. The shape of a scalar is empty.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32 // as many values as the product of Shape
}

// The layout (https://github.com/huggingface/safetensors): 8 bytes with the
// header's length as a little-endian integer, the header as JSON padded with
// spaces to a multiple of 8, then the values, little-endian, in the order of
// their offsets without gaps.
const (
	lengthBytes    = 8
	headerAlign    = 8
	maxHeaderBytes = 100_000_000 // the limit of the public readers
	metadataKey    = "__metadata__"
	dtypeF32       = "F32"
)

type tensorHeader struct {
	DType   string   `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"` // from the end of the header
}

// EncodeSafetensors writes the tensors in the order of their names, whatever
// order they come in, so that equal tensors give equal bytes. metadata may be
// nil. It refuses empty and repeated names and data that does not fit its shape.
func EncodeSafetensors(w io.Writer, tensors []Tensor, metadata map[string]string) error {
	sorted := slices.SortedFunc(slices.Values(tensors), func(a, b Tensor) int { return strings.Compare(a.Name, b.Name) })
	header, err := encodeHeader(sorted, metadata)
	if err != nil {
		return fmt.Errorf("encode safetensors: %w", err)
	}
	if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))); err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	for _, t := range sorted {
		if err := writeFloats(w, t.Data); err != nil {
			return err
		}
	}
	return nil
}

func encodeHeader(sorted []Tensor, metadata map[string]string) ([]byte, error) {
	buf := []byte{'{'}
	var err error
	if len(metadata) > 0 {
		for _, k := range slices.Sorted(maps.Keys(metadata)) {
			if !utf8.ValidString(k) || !utf8.ValidString(metadata[k]) {
				return nil, fmt.Errorf("metadata %q: %q is not valid UTF-8", k, metadata[k])
			}
		}
		if buf, err = appendField(buf, metadataKey, metadata); err != nil {
			return nil, err
		}
	}
	var offset int64
	for i, t := range sorted {
		if i > 0 && t.Name == sorted[i-1].Name {
			return nil, fmt.Errorf("two tensors are named %q", t.Name)
		}
		if err := checkTensor(t); err != nil {
			return nil, err
		}
		end := offset + 4*int64(len(t.Data))
		h := tensorHeader{DType: dtypeF32, Shape: append([]int{}, t.Shape...), Offsets: [2]int64{offset, end}}
		if buf, err = appendField(buf, t.Name, h); err != nil {
			return nil, err
		}
		offset = end
	}
	buf = append(buf, '}')
	for len(buf)%headerAlign != 0 {
		buf = append(buf, ' ')
	}
	if len(buf) > maxHeaderBytes {
		return nil, fmt.Errorf("the header takes %d bytes; readers accept at most %d", len(buf), maxHeaderBytes)
	}
	return buf, nil
}

func checkTensor(t Tensor) error {
	if err := checkTensorName(t.Name); err != nil {
		return err
	}
	count, err := elements(t.Shape)
	if err != nil {
		return fmt.Errorf("tensor %q: %w", t.Name, err)
	}
	if count != int64(len(t.Data)) {
		return fmt.Errorf("tensor %q has %d values; its shape %v needs %d", t.Name, len(t.Data), t.Shape, count)
	}
	return nil
}

func checkTensorName(name string) error {
	if name == "" || name == metadataKey || !utf8.ValidString(name) {
		return fmt.Errorf("a tensor cannot be named %q", name)
	}
	return nil
}

// appendField appends "key":value, after a comma where a field came before.
// encoding/json cannot be given the whole map, since it would not put the
// metadata first.
func appendField(buf []byte, key string, value any) ([]byte, error) {
	if len(buf) > 1 {
		buf = append(buf, ',')
	}
	for i, v := range []any{key, value} {
		var text bytes.Buffer
		enc := json.NewEncoder(&text)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			return nil, err
		}
		buf = append(buf, bytes.TrimRight(text.Bytes(), "\n")...)
		if i == 0 {
			buf = append(buf, ':')
		}
	}
	return buf, nil
}

func writeFloats(w io.Writer, data []float32) error {
	var chunk [16 << 10]byte
	for len(data) > 0 {
		n := min(len(data), len(chunk)/4)
		for i, v := range data[:n] {
			binary.LittleEndian.PutUint32(chunk[4*i:], math.Float32bits(v))
		}
		if _, err := w.Write(chunk[:4*n]); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

// DecodeSafetensors reads what EncodeSafetensors or another writer wrote: the
// tensors in the order of their names, and the metadata (nil where there is
// none). It is strict: a dtype other than F32, a field that is unknown or
// there twice, offsets that overlap, leave a hole, do not fit the shape or do
// not end with the data are errors. What it allocates is bounded by len(data).
func DecodeSafetensors(data []byte) ([]Tensor, map[string]string, error) {
	header, values, err := splitHeader(data)
	if err != nil {
		return nil, nil, fmt.Errorf("decode safetensors: %w", err)
	}
	heads, metadata, err := parseHeader(header)
	if err != nil {
		return nil, nil, fmt.Errorf("decode safetensors: header: %w", err)
	}
	if err := checkLayout(heads, int64(len(values))); err != nil {
		return nil, nil, fmt.Errorf("decode safetensors: %w", err)
	}
	tensors := make([]Tensor, 0, len(heads))
	for _, name := range slices.Sorted(maps.Keys(heads)) {
		h := heads[name]
		tensors = append(tensors, Tensor{Name: name, Shape: h.Shape, Data: readFloats(values[h.Offsets[0]:h.Offsets[1]])})
	}
	return tensors, metadata, nil
}

func splitHeader(data []byte) (header, values []byte, err error) {
	if len(data) < lengthBytes {
		return nil, nil, fmt.Errorf("%d bytes are too few for the header's length", len(data))
	}
	n := binary.LittleEndian.Uint64(data)
	data = data[lengthBytes:]
	if n > maxHeaderBytes || n > uint64(len(data)) {
		return nil, nil, fmt.Errorf("the header is said to take %d bytes, %d follow and at most %d are accepted", n, len(data), maxHeaderBytes)
	}
	if n == 0 || data[0] != '{' {
		return nil, nil, errors.New("the header does not start with '{'")
	}
	return data[:n], data[n:], nil
}

func parseHeader(header []byte) (map[string]tensorHeader, map[string]string, error) {
	if !utf8.Valid(header) {
		return nil, nil, errors.New("it is not valid UTF-8")
	}
	if err := checkDuplicateKeys(header); err != nil {
		return nil, nil, err
	}
	var fields map[string]json.RawMessage
	if err := unmarshalStrict(header, &fields); err != nil {
		return nil, nil, err
	}
	var metadata map[string]string
	if raw, ok := fields[metadataKey]; ok {
		if err := unmarshalStrict(raw, &metadata); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", metadataKey, err)
		}
		delete(fields, metadataKey)
	}
	heads := make(map[string]tensorHeader, len(fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		h, err := parseTensorHeader(name, fields[name])
		if err != nil {
			return nil, nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		heads[name] = h
	}
	return heads, metadata, nil
}

func parseTensorHeader(name string, raw json.RawMessage) (tensorHeader, error) {
	// Pointers and slices tell an absent field from a zero; a fixed array
	// would silently accept the wrong number of offsets.
	var f struct {
		DType   *string `json:"dtype"`
		Shape   []int   `json:"shape"`
		Offsets []int64 `json:"data_offsets"`
	}
	if err := checkTensorName(name); err != nil {
		return tensorHeader{}, err
	}
	if err := unmarshalStrict(raw, &f); err != nil {
		return tensorHeader{}, err
	}
	if f.DType == nil || f.Shape == nil || len(f.Offsets) != 2 {
		return tensorHeader{}, errors.New("it needs dtype, shape and two data_offsets")
	}
	if *f.DType != dtypeF32 {
		return tensorHeader{}, fmt.Errorf("dtype %q is not %s", *f.DType, dtypeF32)
	}
	return tensorHeader{DType: *f.DType, Shape: f.Shape, Offsets: [2]int64(f.Offsets)}, nil
}

// checkLayout holds the tensors, taken by offset, to cover size bytes exactly.
func checkLayout(heads map[string]tensorHeader, size int64) error {
	names := slices.SortedFunc(maps.Keys(heads), func(a, b string) int {
		x, y := heads[a].Offsets, heads[b].Offsets
		return cmp.Or(cmp.Compare(x[0], y[0]), cmp.Compare(x[1], y[1]), strings.Compare(a, b))
	})
	var end int64
	for _, name := range names {
		h := heads[name]
		if h.Offsets[0] != end {
			return fmt.Errorf("tensor %q starts at byte %d, where %d is next: tensors overlap or leave a hole", name, h.Offsets[0], end)
		}
		count, err := elements(h.Shape)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		if h.Offsets[1] < end || h.Offsets[1] > size || (h.Offsets[1]-end) != 4*count {
			return fmt.Errorf("tensor %q takes bytes %d to %d of %d; its shape %v needs %d bytes",
				name, end, h.Offsets[1], size, h.Shape, 4*count)
		}
		end = h.Offsets[1]
	}
	if end != size {
		return fmt.Errorf("%d bytes follow the last tensor", size-end)
	}
	return nil
}

// elements is the product of the shape, refused where its bytes would not fit an int64.
func elements(shape []int) (int64, error) {
	const most = math.MaxInt64 / 4
	product, empty := int64(1), false
	for _, d := range shape {
		if d < 0 {
			return 0, fmt.Errorf("shape %v has a negative dimension", shape)
		}
		if d == 0 {
			empty = true
			continue
		}
		if product > most/int64(d) {
			return 0, fmt.Errorf("shape %v is too large", shape)
		}
		product *= int64(d)
	}
	if empty {
		return 0, nil
	}
	return product, nil
}

func readFloats(raw []byte) []float32 {
	data := make([]float32, len(raw)/4)
	for i := range data {
		data[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return data
}

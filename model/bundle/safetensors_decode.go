package bundle

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

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

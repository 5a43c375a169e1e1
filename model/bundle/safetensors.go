package bundle

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
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

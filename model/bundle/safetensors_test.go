package bundle

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// goldenTensors are those of testdata/golden.py.
func goldenTensors() ([]Tensor, map[string]string) {
	return []Tensor{
		{"weight", []int{2, 3}, []float32{-1, -0.75, -0.5, -0.25, 0, 0.25}},
		{"bias", []int{3}, []float32{1.5, float32(math.Copysign(0, -1)), float32(math.Inf(1))}},
		{"scalar", nil, []float32{3.25}},
		{"empty", []int{0, 4}, nil},
		{`a "quoted" <nom> é`, []int{1, 1}, []float32{1e-45}},
	}, map[string]string{"written by": "the public writer"}
}

func encode(t testing.TB, tensors []Tensor, metadata map[string]string) []byte {
	var buf bytes.Buffer
	if err := EncodeSafetensors(&buf, tensors, metadata); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestSafetensorsHaveTheBytesOfThePublicWriter(t *testing.T) {
	golden, err := os.ReadFile("testdata/golden.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	tensors, metadata := goldenTensors()
	if got := encode(t, tensors, metadata); !bytes.Equal(got, golden) {
		t.Errorf("encoded\n%q\nwant\n%q", got, golden)
	}
	decoded, meta, err := DecodeSafetensors(golden)
	if err != nil {
		t.Fatal(err)
	}
	if err := sameTensors(decoded, tensors); err != nil {
		t.Error(err)
	}
	if meta["written by"] != metadata["written by"] || len(meta) != 1 {
		t.Errorf("metadata %v", meta)
	}
}

// sameTensors compares bit by bit; want may be in any order.
func sameTensors(got, want []Tensor) error {
	want = slices.SortedFunc(slices.Values(want), func(a, b Tensor) int { return strings.Compare(a.Name, b.Name) })
	if len(got) != len(want) {
		return fmt.Errorf("%d tensors, want %d", len(got), len(want))
	}
	bits := func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }
	for i, w := range want {
		if g := got[i]; g.Name != w.Name || !slices.Equal(g.Shape, w.Shape) || !slices.EqualFunc(g.Data, w.Data, bits) {
			return fmt.Errorf("tensor %v, want %v", g, w)
		}
	}
	return nil
}

func TestSafetensorsRoundTrip(t *testing.T) {
	names := rapid.SliceOfNDistinct(rapid.StringN(1, 12, -1).Filter(func(s string) bool { return checkTensorName(s) == nil }), 0, 6, rapid.ID[string])
	rapid.Check(t, func(t *rapid.T) {
		var tensors []Tensor
		for _, name := range names.Draw(t, "names") {
			shape := rapid.SliceOfN(rapid.IntRange(0, 4), 0, 3).Draw(t, "shape")
			count, err := elements(shape)
			if err != nil {
				t.Fatal(err)
			}
			data := make([]float32, count)
			for i := range data {
				data[i] = math.Float32frombits(rapid.Uint32().Draw(t, "bits"))
			}
			tensors = append(tensors, Tensor{name, shape, data})
		}
		metadata := rapid.MapOfN(rapid.String(), rapid.String(), 0, 3).Draw(t, "metadata")
		var buf, again bytes.Buffer
		if err := EncodeSafetensors(&buf, tensors, metadata); err != nil {
			t.Fatal(err)
		}
		slices.Reverse(tensors)
		if err := EncodeSafetensors(&again, tensors, metadata); err != nil || !bytes.Equal(buf.Bytes(), again.Bytes()) {
			t.Fatalf("the order of the tensors shows in the bytes (%v)", err)
		}
		if n := binary.LittleEndian.Uint64(buf.Bytes()); n%8 != 0 {
			t.Fatalf("the values start at byte %d", n+8)
		}
		got, meta, err := DecodeSafetensors(buf.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if err := sameTensors(got, tensors); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(meta) != fmt.Sprint(metadata) {
			t.Fatalf("metadata %q, want %q", meta, metadata)
		}
	})
}

func TestEncodeRefusesWhatNobodyCouldRead(t *testing.T) {
	for want, tensors := range map[string][]Tensor{
		`two tensors are named "a"`: {{"a", nil, []float32{1}}, {"b", nil, []float32{1}}, {"a", nil, []float32{2}}},
		`cannot be named ""`:        {{"", nil, []float32{1}}},
		`"__metadata__"`:            {{"__metadata__", nil, []float32{1}}},
		"named \"\\xff\"":           {{"\xff", nil, []float32{1}}},
		"needs 6":                   {{"a", []int{2, 3}, make([]float32, 5)}},
		"negative":                  {{"a", []int{-2, -3}, make([]float32, 6)}},
		"too large":                 {{"a", []int{1 << 40, 1 << 40}, nil}},
	} {
		err := EncodeSafetensors(&bytes.Buffer{}, tensors, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v, want one that says %q", tensors, err, want)
		}
	}
	if err := EncodeSafetensors(&bytes.Buffer{}, nil, map[string]string{"k": "\xff"}); err == nil {
		t.Error("metadata that is not UTF-8 was accepted")
	}
}

// withHeader puts size bytes of values behind a header.
func withHeader(header string, size int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, size)...)
}

func TestDecodeRefuses(t *testing.T) {
	const a, b = `"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`, `"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}`
	for _, c := range []struct {
		name, header string
		size         int
		want         string
	}{
		{"a hole", `{` + a + `,"b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}`, 16, "hole"},
		{"an overlap", `{` + a + `,"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 12, "overlap"},
		{"two tensors at one place", `{` + a + `,"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 8, "overlap"},
		{"a start after 0", `{` + b + `}`, 12, "hole"},
		{"a tensor beyond the end", `{` + a + `,` + b + `}`, 8, "takes bytes 8 to 12 of 8"},
		{"bytes left over", `{` + a + `}`, 9, "1 bytes follow"},
		{"a shape that is too small", `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}`, 8, "needs 4 bytes"},
		{"a shape that overflows", `{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}`, 0, "too large"},
		{"a shape that overflows behind a zero", `{"a":{"dtype":"F32","shape":[0,4611686018427387904,4],"data_offsets":[0,0]}}`, 0, "too large"},
		{"a negative dimension", `{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,0]}}`, 0, "negative"},
		{"a fractional dimension", `{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}`, 4, "1.5"},
		{"a negative offset", `{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}`, 0, "starts at byte -4"},
		{"an end before the start", `{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,-4]}}`, 0, "0 to -4"},
		{"one offset", `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}`, 4, "two data_offsets"},
		{"three offsets", `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}`, 4, "two data_offsets"},
		{"no shape", `{"a":{"dtype":"F32","data_offsets":[0,4]}}`, 4, "shape"},
		{"no dtype", `{"a":{"shape":[1],"data_offsets":[0,4]}}`, 4, "dtype"},
		{"another dtype", `{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}`, 4, `"F16" is not F32`},
		{"an unknown field", `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}`, 4, `"x"`},
		{"a tensor there twice", `{` + a + `,` + a + `}`, 8, "twice"},
		{"a field there twice", `{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4, "twice"},
		{"metadata that is no string", `{"__metadata__":{"k":1}}`, 0, "__metadata__"},
		{"a tensor without a name", `{"":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`, 0, "named"},
		{"a tensor that is null", `{"a":null}`, 0, "dtype"},
		{"text after the header", `{}x`, 0, "invalid character"},
		{"an array", `[]`, 0, "'{'"},
		{"leading space", ` {}`, 0, "'{'"},
		{"an empty header", ``, 0, "'{'"},
		{"half a header", `{"a":`, 0, "header"},
		{"bytes that are not UTF-8", "{\"\xff\":1}", 0, "UTF-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := DecodeSafetensors(withHeader(c.header, c.size))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
		})
	}
	for _, data := range [][]byte{nil, make([]byte, 7), {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {9, 0, 0, 0, 0, 0, 0, 0, '{', '}'}} {
		if _, _, err := DecodeSafetensors(data); err == nil {
			t.Errorf("%v was accepted", data)
		}
	}
}

func TestDecodeAcceptsTensorsOutOfOrderAndPadding(t *testing.T) {
	data := withHeader(`{"b":{"shape":[1],"dtype":"F32","data_offsets":[0,4]}, "a":{"dtype":"F32","shape":[],"data_offsets":[4,8]} }  `, 8)
	tensors, metadata, err := DecodeSafetensors(data)
	if err != nil || len(tensors) != 2 || tensors[0].Name != "a" || metadata != nil {
		t.Errorf("%v, metadata %v, error %v", tensors, metadata, err)
	}
}

func TestEveryTruncationOfSafetensorsIsRefused(t *testing.T) {
	tensors, metadata := goldenTensors()
	data := encode(t, tensors, metadata)
	for n := range data {
		if _, _, err := DecodeSafetensors(data[:n]); err == nil {
			t.Errorf("the first %d of %d bytes were accepted", n, len(data))
		}
	}
}

// What decodes is sound: it encodes again, and decodes to the same.
func FuzzDecodeSafetensors(f *testing.F) {
	tensors, metadata := goldenTensors()
	f.Add(encode(f, tensors, metadata))
	f.Add(encode(f, nil, nil))
	f.Add(withHeader(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 8))
	f.Add(withHeader(`{"a":{"dtype":"F32","shape":[0,9223372036854775807,3],"data_offsets":[0,0]}}`, 0))
	f.Fuzz(func(t *testing.T, data []byte) {
		tensors, metadata, err := DecodeSafetensors(data)
		if err != nil {
			return
		}
		var values int
		for _, x := range tensors {
			values += len(x.Data)
		}
		if 4*values > len(data) {
			t.Fatalf("%d values out of %d bytes", values, len(data))
		}
		again, _, err := DecodeSafetensors(encode(t, tensors, metadata))
		if err != nil {
			t.Fatal(err)
		}
		if err := sameTensors(again, tensors); err != nil {
			t.Fatal(err)
		}
	})
}

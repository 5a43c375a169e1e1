package snapshot

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// write makes a snapshot of values: uint64, int64, bool, float64, float32 or
// string.
func write(t interface{ Fatal(...any) }, values ...any) []byte {
	var out bytes.Buffer
	w := NewWriter(&out, "test", 3)
	for _, v := range values {
		switch v := v.(type) {
		case uint64:
			w.Uint(v)
		case int64:
			w.Int(v)
		case bool:
			w.Bool(v)
		case float64:
			w.Float(v)
		case float32:
			w.Float32(v)
		case string:
			w.String(v)
		}
	}
	if n, err := w.Close(); err != nil || n != int64(out.Len()) {
		t.Fatal(n, out.Len(), err)
	}
	return out.Bytes()
}

// readLike reads values of the types of some others.
func readLike(r *Reader, like []any) []any {
	var got []any
	for _, v := range like {
		switch v.(type) {
		case uint64:
			got = append(got, r.Uint())
		case int64:
			got = append(got, r.Int())
		case bool:
			got = append(got, r.Bool())
		case float64:
			got = append(got, r.Float())
		case float32:
			got = append(got, r.Float32())
		case string:
			got = append(got, r.String())
		}
	}
	return got
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var values []any
		for range rapid.IntRange(0, 60).Draw(t, "values") {
			switch rapid.IntRange(0, 5).Draw(t, "type") {
			case 0:
				values = append(values, rapid.Uint64().Draw(t, "uint"))
			case 1:
				values = append(values, rapid.Int64().Draw(t, "int"))
			case 2:
				values = append(values, rapid.Bool().Draw(t, "bool"))
			case 3:
				values = append(values, rapid.Float64().Draw(t, "float"))
			case 4:
				values = append(values, rapid.Float32().Draw(t, "float32"))
			default: // some longer than a frame
				values = append(values, strings.Repeat(rapid.String().Draw(t, "string"), rapid.SampledFrom([]int{1, 3, 20_000}).Draw(t, "times")))
			}
		}
		data := write(t, values...)
		input := bytes.NewReader(append(data, "what follows"...))
		r := NewReader(input, "test", 3)
		got := readLike(r, values)
		if n, err := r.Close(); err != nil || n != int64(len(data)) || input.Len() != len("what follows") {
			t.Fatalf("read %d of %d bytes, left %d: %v", n, len(data), input.Len(), err)
		}
		for k := range values {
			if got[k] != values[k] {
				t.Fatalf("value %d is %v, want %v", k, got[k], values[k])
			}
		}
	})
}

// TestEveryDamageIsNoticed flips each bit and cuts after each byte.
func TestEveryDamageIsNoticed(t *testing.T) {
	values := []any{uint64(300), "BR", 0.5, float32(2), int64(-7), true}
	data := write(t, values...)
	read := func(data []byte) error {
		r := NewReader(bytes.NewReader(data), "test", 3)
		readLike(r, values)
		_, err := r.Close()
		return err
	}
	if err := read(data); err != nil {
		t.Fatal(err)
	}
	var fault *Error
	for at := range data {
		if err := read(data[:at]); !errors.As(err, &fault) {
			t.Errorf("cut after %d bytes: error is %v", at, err)
		}
		for bit := range 8 {
			data[at] ^= 1 << bit
			if err := read(data); !errors.As(err, &fault) {
				t.Errorf("bit %d of byte %d flipped: error is %v", bit, at, err)
			}
			data[at] ^= 1 << bit
		}
	}
}

func TestForeignSnapshotsAreRefused(t *testing.T) {
	data := write(t, uint64(1))
	for _, tc := range []struct {
		name, of, want string
		version        uint64
		data           []byte
	}{
		{"of something else", "counters", `it is of the "test"`, 3, data},
		{"another version", "test", "it has version 3, this program reads version 4", 4, data},
		{"no snapshot", "test", "it does not begin like one", 3, []byte("{\"json\": true}")},
		{"empty", "test", "cut off after 0 bytes", 3, nil},
		{"more values", "test", "more comes after its end", 3, write(t, uint64(1), uint64(2))},
		{"fewer values", "test", "it ends too early", 3, write(t)},
	} {
		r := NewReader(bytes.NewReader(tc.data), tc.of, tc.version)
		r.Uint()
		_, err := r.Close()
		var fault *Error
		if !errors.As(err, &fault) || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "replay the log") {
			t.Errorf("%s: error is %v, want one that says %q", tc.name, err, tc.want)
		}
	}
}

func TestFailingFilesAreTold(t *testing.T) {
	broken := errors.New("the disk is gone")
	r := NewReader(io.MultiReader(bytes.NewReader(write(t)[:12]), iotest.ErrReader(broken)), "test", 3)
	var fault *Error
	if _, err := r.Close(); !errors.Is(err, broken) || errors.As(err, &fault) {
		t.Errorf("error is %v, want that of the disk", err)
	}
	w := NewWriter(failing{broken}, "test", 3)
	w.Uint(1)
	if _, err := w.Close(); !errors.Is(err, broken) {
		t.Errorf("error is %v, want that of the disk", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// FuzzReader reads whatever values from whatever bytes.
func FuzzReader(f *testing.F) {
	f.Add(write(f, uint64(5), "abc", math.Pi), []byte{0, 5, 3})
	f.Add([]byte("reelrank\xff\xff\xff\xff"), []byte{1, 2, 4})
	f.Fuzz(func(t *testing.T, data, types []byte) {
		r := NewReader(bytes.NewReader(data), "test", 3)
		total := 0
		for _, kind := range types {
			like := []any{uint64(0), int64(0), false, 0.0, float32(0), ""}[kind%6]
			if s, ok := readLike(r, []any{like})[0].(string); ok {
				total += len(s)
			}
		}
		if _, err := r.Close(); err != nil && r.Uint() != 0 {
			t.Error("a value is not zero after a fault")
		}
		if total > len(data) {
			t.Errorf("%d bytes of strings from %d", total, len(data))
		}
	})
}

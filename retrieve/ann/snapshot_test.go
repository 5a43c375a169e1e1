package ann

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"unsafe"

	"github.com/cespare/xxhash/v2"
)

// saved is the bytes of an index's snapshot.
func saved(t testing.TB, x *Index) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "index")
	if err := x.Save(path); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return aligned(b)
}

// aligned is the bytes where numbers may lie.
func aligned(b []byte) []byte {
	words := make([]uint64, (len(b)+7)/8)
	a := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), len(b))
	copy(a, b)
	return a
}

// snapshots are of both regimes, and of nothing.
func snapshots(t testing.TB) (map[string][]byte, Options) {
	w := newWorld(2, 20)
	o := Options{Dim: 20, FlatLimit: 300, Seed: 4}
	flat, _ := w.build(t, o, 200)
	lists, _ := w.build(t, o, 400)
	for id := range int32(100) {
		flat.Delete(id)
		lists.Delete(id)
	}
	empty, _ := w.build(t, o, 0)
	return map[string][]byte{"flat": saved(t, flat), "lists": saved(t, lists), "empty": saved(t, empty)}, o
}

func TestASnapshotSearchesAsTheIndexDid(t *testing.T) {
	w := newWorld(2, 64)
	path := filepath.Join(t.TempDir(), "index")
	for _, n := range []int{0, 100, 3000, 20_000} {
		o := Options{Dim: 64, FlatLimit: 1000, Seed: 4}
		x, known := w.build(t, o, n)
		for id := range int32(n / 3) {
			x.Delete(id)
			delete(known, id)
		}
		if err := x.Save(path); err != nil {
			t.Fatal(err)
		}
		y, err := Load(path, o)
		if err != nil {
			t.Fatal(err)
		}
		for range 10 {
			q, r := w.vector(), Request{K: 20, Forbid: 2}
			if got, want := mustFind(t, y, q, r), mustFind(t, x, q, r); !slices.Equal(got, want) {
				t.Fatalf("%d items: found %v, before %v", n, got, want)
			}
		}
		for id := range int32(200) { // it lives on
			item := w.item(id)
			known[id] = item
			if err := y.Insert(item); err != nil {
				t.Fatal(err)
			}
		}
		agree(t, y, known, w.vector(), Request{K: 50, Effort: everything})
	}
}

func TestADamagedSnapshotIsRefusedByName(t *testing.T) {
	all, o := snapshots(t)
	for name, whole := range all {
		h, reason := decodeHeader(whole)
		if reason != "" {
			t.Fatal(reason)
		}
		damage := func(part string, at int) {
			b := slices.Clone(whole)
			b[at] ^= 0x10
			_, err := decode(name, aligned(b), o)
			var se *SnapshotError
			if !errors.As(err, &se) || se.Part != part {
				t.Errorf("%s: byte %d changed: got %v, want a SnapshotError of %s", name, at, err, part)
			}
		}
		for at := 0; at < headerBytes; at += 7 {
			damage("header", at)
		}
		for p, s := range h.sections {
			if s.length > 0 {
				damage(part(p).String(), int(s.offset))
				damage(part(p).String(), int(s.offset+s.length-1))
			}
		}
		for _, length := range []int{0, 10, headerBytes - 1, len(whole) / 2} {
			var se *SnapshotError
			if _, err := decode(name, aligned(whole[:min(length, len(whole))]), o); length < len(whole) && !errors.As(err, &se) {
				t.Errorf("%s: cut to %d bytes: got %v, want a SnapshotError", name, length, err)
			}
		}
	}
	if _, err := decode("other", all["flat"], Options{Dim: 21}); err == nil {
		t.Error("vectors of another width were accepted")
	}
}

func TestASnapshotIsReplacedWholeOrNotAtAll(t *testing.T) {
	w := newWorld(2, 20)
	x, _ := w.build(t, Options{}, 50)
	dir := t.TempDir()
	if err := x.Save(filepath.Join(dir, "none", "index")); err == nil {
		t.Error("saved into a folder that is not there")
	}
	path := filepath.Join(dir, "index")
	for range 2 {
		if err := x.Save(path); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v; want the snapshot alone", entries, err)
	}
	if _, err := Load(filepath.Join(dir, "missing"), Options{Dim: 20}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// sealed makes all checksums right, so that what they guard is looked at.
func sealed(b []byte) []byte {
	b = aligned(b)
	if len(b) < headerBytes {
		return b
	}
	le := binary.LittleEndian
	for p := range parts {
		at := b[fixedBytes+24*int(p):]
		offset, length := le.Uint64(at), le.Uint64(at[8:])
		if offset <= uint64(len(b)) && length <= uint64(len(b))-offset {
			le.PutUint64(at[16:], xxhash.Sum64(b[offset:offset+length]))
		}
	}
	le.PutUint64(b[headerBytes-8:], xxhash.Sum64(b[:headerBytes-8]))
	return b
}

// use does with an index what decoding could have spoilt.
func use(t *testing.T, x *Index, w *world) {
	q := w.vector()
	for _, r := range []Request{{K: 10}, {K: 300, Effort: everything}, {K: 5, Require: 1}} {
		for _, h := range mustFind(t, x, q, r) {
			if !x.Has(h.Index) {
				t.Fatalf("found %d, which the index does not hold", h.Index)
			}
		}
	}
	for id := range int32(20) {
		if err := x.Insert(w.item(id)); err != nil {
			t.Fatal(err)
		}
		x.Delete(id + 100)
	}
	x.Stats()
}

// FuzzSnapshot changes a few bytes of a good snapshot, with the checksums made
// right again, or takes any bytes at all.
func FuzzSnapshot(f *testing.F) {
	all, o := snapshots(f)
	f.Add(uint8(0), []byte{0, 0, 1})
	f.Add(uint8(1), []byte{0, 60, 200, 16, 0, 3, 90, 1, 7})
	f.Add(uint8(2), []byte{})
	f.Add(uint8(3), append([]byte(snapshotMagic), 1, 0, 0, 0))
	names := []string{"flat", "lists", "empty"}
	f.Fuzz(func(t *testing.T, which uint8, edits []byte) {
		b := edits
		if which%4 < 3 {
			b = slices.Clone(all[names[which%4]])
			for ; len(edits) >= 4; edits = edits[4:] {
				at := int(binary.LittleEndian.Uint32(append(edits[:3:3], 0)))
				if at%2 == 0 {
					at %= headerBytes
				}
				b[at%len(b)] ^= edits[3]
			}
		}
		x, err := decode("fuzz", sealed(b), o)
		if err != nil {
			return
		}
		use(t, x, newWorld(1, 20))
	})
}

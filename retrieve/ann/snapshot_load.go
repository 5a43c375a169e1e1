package ann

import (
	"fmt"
	"math"
	"math/bits"
	"runtime"
	"unsafe"

	"github.com/cespare/xxhash/v2"

	"github.com/reelrank/reelrank/retrieve/ann/code"
)

// Load reads a snapshot that Save wrote. Where the system can, the file is
// mapped: rows are read when they are first needed, and changes stay in memory.
// Dim must be that of the snapshot; its seed replaces the given one. A damaged
// snapshot gives a *SnapshotError, and nothing of it is used.
func Load(path string, o Options) (*Index, error) {
	file, release, err := mapFile(path)
	if err != nil {
		return nil, fmt.Errorf("vector snapshot: %w", err)
	}
	x, err := decode(path, file, o)
	if err != nil {
		release()
		return nil, err
	}
	runtime.AddCleanup(x, func(release func()) { release() }, release)
	return x, nil
}

// decode builds an index over a snapshot's bytes, which must begin at a page
// and are kept.
func decode(path string, file []byte, o Options) (*Index, error) {
	d := decoder{path: path, file: file}
	if !littleEndian() {
		return nil, d.fault("header", "it was written on a machine of another byte order")
	}
	var reason string
	if d.header, reason = decodeHeader(file); reason != "" {
		return nil, d.fault("header", "%s", reason)
	}
	if int(d.header.dim) != o.Dim {
		return nil, d.fault("header", "its vectors have %d numbers, want %d", d.header.dim, o.Dim)
	}
	o.Seed = d.header.seed
	x, err := Open(o)
	if err != nil {
		return nil, err
	}
	if err := d.checkHeader(x); err != nil {
		return nil, err
	}
	if err := d.checkSums(); err != nil {
		return nil, err
	}
	if err := d.rows(x); err != nil {
		return nil, err
	}
	if d.header.sections[partGroups].length > 0 {
		if err := d.lists(x); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// decoder reads the sections of a snapshot.
type decoder struct {
	path   string
	file   []byte
	header header
}

func (d *decoder) fault(part, format string, args ...any) error {
	return &SnapshotError{Path: d.path, Part: part, Reason: fmt.Sprintf(format, args...)}
}

func littleEndian() bool {
	one := uint16(1)
	return *(*byte)(unsafe.Pointer(&one)) == 1
}

// checkHeader checks what can be known without the sections.
func (d *decoder) checkHeader(x *Index) error {
	h := &d.header
	if int(h.width) != x.width {
		return d.fault("header", "vectors of %d numbers are %d wide, not %d", h.dim, x.width, h.width)
	}
	if h.slots > math.MaxInt32 || h.trained > math.MaxInt32 || !(h.longest >= 0) || h.longest > math.MaxFloat32 || !(h.spread >= 0) {
		return d.fault("header", "a count or a length is out of range")
	}
	for p, s := range h.sections {
		if s.offset%snapshotPage != 0 || s.offset > uint64(len(d.file)) || s.length > uint64(len(d.file))-s.offset {
			return d.fault(part(p).String(), "its %d bytes at %d are not within the file's %d", s.length, s.offset, len(d.file))
		}
	}
	return nil
}

func (d *decoder) checkSums() error {
	for p := range parts {
		if xxhash.Sum64(d.section(p)) != d.header.sections[p].sum {
			return d.fault(p.String(), "its checksum is another")
		}
	}
	return nil
}

func (d *decoder) section(p part) []byte {
	s := d.header.sections[p]
	return d.file[s.offset:][:s.length:s.length]
}

// view is a section as numbers of a type.
func view[T any](b []byte) []T {
	var zero T
	if len(b) < int(unsafe.Sizeof(zero)) {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(zero)))
}

// rows takes over the rows, marks and bits.
func (d *decoder) rows(x *Index) error {
	room, err := d.room()
	if err != nil {
		return err
	}
	rows, marks := view[int8](d.section(partRows)), view[code.Mark](d.section(partMarks))
	chunks := (room + code.ChunkRows - 1) / code.ChunkRows
	if len(rows) != room*x.width || len(d.section(partBits)) != chunks*int(unsafe.Sizeof(chunkBits{})) {
		return d.fault(partRows.String(), "there are %d numbers and %d bytes of bits for room of %d rows", len(rows), len(d.section(partBits)), room)
	}
	bits := view[chunkBits](d.section(partBits))
	t := new(table)
	for from := 0; from < room; from += code.ChunkRows {
		to := min(from+code.ChunkRows, room)
		t.chunks = append(t.chunks, code.NewChunk(rows[from*x.width:to*x.width], marks[from:to], x.width))
		t.bits = append(t.bits, &bits[from/code.ChunkRows])
	}
	x.store.table.Store(t)
	x.store.used.Store(int64(d.header.slots))
	x.store.longest.Store(math.Float32bits(d.header.longest))
	return d.liveRows(x, t)
}

// room is the number of rows that the sections have room for: enough for the
// slots, in whole chunks but for a single one, which has a power of two.
func (d *decoder) room() (int, error) {
	length := len(d.section(partMarks))
	room := length / markBytes
	whole := room%code.ChunkRows == 0 || room < code.ChunkRows && room >= firstRows && room&(room-1) == 0
	if length%markBytes != 0 || !whole || d.header.slots > uint64(room) {
		return 0, d.fault(partMarks.String(), "%d bytes are no room for %d rows", length, d.header.slots)
	}
	return room, nil
}

// liveRows enters the ids of the rows that are alive, and frees the others.
func (d *decoder) liveRows(x *Index, t *table) error {
	slots := int32(d.header.slots)
	for i, b := range t.bits {
		for w := range b.live {
			first := i*code.ChunkRows + 64*w
			word := b.live[w].Load()
			if beyond := int(slots) - first; beyond < 64 && word>>max(beyond, 0) != 0 {
				return d.fault(partBits.String(), "a slot beyond the %d is alive", slots)
			}
			x.store.count.Add(int64(bits.OnesCount64(word)))
		}
	}
	// A table of ids may not be larger than what the file justifies.
	limit := max(idsPerSlot*int64(slots), idFloor)
	for slot := range slots {
		if !t.live(slot) {
			x.store.free = append(x.store.free, slot)
			continue
		}
		m := t.mark(slot)
		if m.ID < 0 || int64(m.ID) > limit || !(m.Scale >= 0) || m.Scale > d.header.longest {
			return d.fault(partMarks.String(), "slot %d has id %d and scale %g", slot, m.ID, m.Scale)
		}
		if x.store.slotOf(m.ID) >= 0 {
			return d.fault(partMarks.String(), "id %d has two slots", m.ID)
		}
		x.store.setSlot(m.ID, slot)
	}
	return nil
}

// Ids are dense, so that the largest is not far beyond the number of slots:
// one that is means damage, and a table for it might not fit in memory.
const (
	idsPerSlot = 4096
	idFloor    = 1 << 24
)

// lists takes over the centroids and codes.
func (d *decoder) lists(x *Index) error {
	groups, lists := view[groupRecord](d.section(partGroups)), view[listRecord](d.section(partLists))
	groupRows, listRows := view[int8](d.section(partGroupRows)), view[int8](d.section(partListRows))
	if len(groupRows) != len(groups)*x.width || len(listRows) != len(lists)*x.width ||
		len(d.section(partGroups))%groupRecordBytes != 0 || len(d.section(partLists))%listRecordBytes != 0 {
		return d.fault(partLists.String(), "%d groups and %d lists do not fit their centroids", len(groups), len(lists))
	}
	shape := view[float32](d.section(partShape))
	if len(shape) != x.width*x.width {
		return d.fault(partShape.String(), "%d numbers are no matrix of %d rows", len(shape), x.width)
	}
	for _, v := range shape {
		if v-v != 0 {
			return d.fault(partShape.String(), "it holds %g", v)
		}
	}
	f := &file{width: x.width, shape: shape, trained: int(d.header.trained), spread: d.header.spread}
	next := 0
	for g, r := range groups {
		if int64(r.Lists) > int64(len(lists)-next) {
			return d.fault(partGroups.String(), "group %d has %d lists of %d left", g, r.Lists, len(lists)-next)
		}
		f.groups.take(groupRows[g*x.width:][:x.width], r.Scale, r.Square, r.Spread)
		m := new(group)
		for at := range int(r.Lists) {
			l := lists[next]
			m.take(listRows[next*x.width:][:x.width], l.Scale, l.Square, l.Spread)
			m.lists = append(m.lists, int32(next))
			f.home = append(f.home, home{int32(g), int32(at)})
			next++
		}
		f.members = append(f.members, m)
	}
	if next != len(lists) {
		return d.fault(partGroups.String(), "%d of %d lists are in no group", len(lists)-next, len(lists))
	}
	if err := f.checkCentroids(d); err != nil {
		return err
	}
	if err := d.codes(x, f, lists); err != nil {
		return err
	}
	x.drift.reset(f)
	x.file.Store(f)
	return nil
}

// take appends a centroid as it was written.
func (c *centroids) take(row []int8, scale, square, spread float32) {
	c.rows = append(c.rows, row...)
	c.scale, c.square, c.spread = append(c.scale, scale), append(c.square, square), append(c.spread, spread)
}

func (f *file) checkCentroids(d *decoder) error {
	for _, m := range append([]*group{{centroids: f.groups}}, f.members...) {
		for i := range m.scale {
			if sum := m.scale[i] + m.square[i] + m.spread[i]; sum-sum != 0 || m.square[i] < 0 {
				return d.fault(partLists.String(), "a centroid is not finite")
			}
		}
	}
	return nil
}

// codes gives each list its codes and each slot its list.
func (d *decoder) codes(x *Index, f *file, lists []listRecord) error {
	codes, slots := view[uint64](d.section(partCodes)), view[int32](d.section(partSlots))
	factors := view[code.Factors](d.section(partFactors))
	words := f.words()
	if len(factors) != len(slots) || len(codes) != len(slots)*words {
		return d.fault(partCodes.String(), "%d words, %d factors and %d slots do not belong together", len(codes), len(factors), len(slots))
	}
	t := x.store.table.Load()
	at, entries := 0, 0
	for number, r := range lists {
		n := int64(r.Codes)
		room := (n + code.BlockCodes - 1) / code.BlockCodes * code.BlockCodes
		if room > int64(len(slots)-at) {
			return d.fault(partSlots.String(), "list %d has %d codes of %d left", number, n, len(slots)-at)
		}
		end := at + int(room)
		l := &list{n: int(n), List: code.List{
			Codes: codes[at*words : end*words : end*words], Factors: factors[at:end:end], Slots: slots[at:end:end],
		}}
		for _, slot := range l.Slots[:l.n] {
			if slot < 0 || uint64(slot) >= d.header.slots || !t.live(slot) || f.listOf(slot) != noList {
				return d.fault(partSlots.String(), "list %d has slot %d, which is dead or in another", number, slot)
			}
			f.place(slot, int32(number))
		}
		p := newPosting()
		p.head.Store(l)
		f.postings = append(f.postings, p)
		at, entries = end, entries+l.n
	}
	if entries != x.Len() || at != len(slots) {
		return d.fault(partSlots.String(), "the lists have %d codes for %d vectors", entries, x.Len())
	}
	return nil
}

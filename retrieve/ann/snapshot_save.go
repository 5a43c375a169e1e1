package ann

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"unsafe"

	"github.com/cespare/xxhash/v2"

	"github.com/reelrank/reelrank/retrieve/ann/code"
)

// Save writes the index to a file, which it replaces at once when all is
// written. Searches and writers go on; what they change after Save began may
// or may not be in the snapshot.
func (x *Index) Save(path string) (err error) {
	x.maintain.Lock()
	defer x.maintain.Unlock()
	pinned := x.epochs.pin() // so that rows stay as they are
	defer x.epochs.unpin(pinned)

	temporary, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("vector snapshot: %w", err)
	}
	defer func() {
		if err != nil {
			os.Remove(temporary.Name())
		}
	}()
	w := newWriter(temporary)
	x.capture().write(w)
	if err := w.finish(); err != nil {
		temporary.Close()
		return fmt.Errorf("vector snapshot %s: %w", path, err)
	}
	if err := temporary.Close(); err != nil {
		return fmt.Errorf("vector snapshot %s: %w", path, err)
	}
	if err := os.Rename(temporary.Name(), path); err != nil {
		return fmt.Errorf("vector snapshot: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes a rename last.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" { // where a folder cannot be flushed
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("vector snapshot: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("vector snapshot: flush the folder: %w", err)
	}
	return nil
}

// captured is the index at one moment: what is copied, and what nobody changes
// while the maintain lock is held and the epoch pinned.
type captured struct {
	header header
	table  *table
	live   [][chunkWords]uint64
	file   *file   // nil in the flat regime
	heads  []*list // by the number of the list
}

// capture takes hold of the present state; writers wait for it only.
func (x *Index) capture() *captured {
	x.write.Lock()
	defer x.write.Unlock()
	c := &captured{table: x.store.table.Load(), file: x.file.Load()}
	c.header = header{
		dim: uint32(x.options.Dim), width: uint32(x.width), seed: x.options.Seed,
		slots: uint64(x.store.used.Load()), longest: math.Float32frombits(x.store.longest.Load()),
	}
	for _, b := range c.table.bits {
		var words [chunkWords]uint64
		for w := range words {
			words[w] = b.live[w].Load()
		}
		c.live = append(c.live, words)
	}
	if c.file != nil {
		c.header.trained, c.header.spread = uint64(c.file.trained), c.file.spread
		for _, p := range c.file.postings {
			var head *list
			if p != nil {
				head = p.head.Load()
			}
			c.heads = append(c.heads, head)
		}
	}
	return c
}

func (c *captured) alive(slot int32) bool {
	return c.live[slot>>code.ChunkBits][slot%code.ChunkRows/64]>>(slot%64)&1 == 1
}

// write writes all parts in their order. Only rows that are alive are read:
// the others may be about to get new vectors.
func (c *captured) write(w *writer) {
	w.header = c.header
	c.eachRow(w, partRows, int(c.header.width), func(slot int32) []byte { return bytesOf(c.table.row(slot)) })
	c.eachRow(w, partMarks, markBytes, func(slot int32) []byte {
		m := c.table.mark(slot)
		w.record = binary.LittleEndian.AppendUint32(w.record[:0], math.Float32bits(m.Scale))
		w.record = binary.LittleEndian.AppendUint32(w.record, uint32(m.ID))
		w.record = binary.LittleEndian.AppendUint32(w.record, m.Creator)
		return w.record
	})
	w.begin(partBits)
	for i, b := range c.table.bits {
		w.words(c.live[i][:])
		for a := range b.attributes {
			for k := range b.attributes[a] {
				w.word(b.attributes[a][k].Load() & c.live[i][k])
			}
		}
	}
	if c.file == nil {
		for p := partGroups; p < parts; p++ {
			w.begin(p)
		}
		return
	}
	c.writeCentroids(w)
	c.writeCodes(w)
}

// eachRow writes size bytes for every slot that there is room for; zeros for
// one that is not alive.
func (c *captured) eachRow(w *writer, p part, size int, row func(slot int32) []byte) {
	w.begin(p)
	zeros := make([]byte, size)
	for i := range c.table.chunks {
		for at := range c.table.chunks[i].Len() {
			if slot := int32(i*code.ChunkRows + at); c.alive(slot) {
				w.write(row(slot))
			} else {
				w.write(zeros)
			}
		}
	}
}

// eachList calls f for every list, group by group.
func (c *captured) eachList(f func(m *group, at int, head *list)) {
	for _, m := range c.file.members {
		for at, number := range m.lists {
			f(m, at, c.heads[number])
		}
	}
}

func (c *captured) writeCentroids(w *writer) {
	f := c.file
	w.begin(partGroups)
	for g, m := range f.members {
		w.floats(f.groups.scale[g], f.groups.square[g], f.groups.spread[g])
		w.number(uint32(len(m.lists)))
	}
	w.begin(partGroupRows)
	w.write(bytesOf(f.groups.rows))
	w.begin(partLists)
	c.eachList(func(m *group, at int, head *list) {
		w.floats(m.scale[at], m.square[at], m.spread[at])
		w.number(uint32(c.count(head)))
	})
	w.begin(partListRows)
	for _, m := range f.members {
		w.write(bytesOf(m.rows))
	}
}

// count is the number of codes of a list that are alive.
func (c *captured) count(l *list) (n int) {
	for _, slot := range l.Slots[:l.n] {
		if c.alive(slot) {
			n++
		}
	}
	return n
}

// writeCodes writes the codes that are alive, each list filled up to blocks.
func (c *captured) writeCodes(w *writer) {
	words := c.file.words()
	eachEntry := func(write func(e *entry)) {
		empty := entry{code: make([]uint64, words)}
		c.eachList(func(_ *group, _ int, head *list) {
			n := 0
			for i := range head.n {
				if e := head.entry(i, words); c.alive(e.slot) {
					write(&e)
					n++
				}
			}
			for ; n%code.BlockCodes != 0; n++ {
				write(&empty)
			}
		})
	}
	w.begin(partCodes)
	eachEntry(func(e *entry) { w.words(e.code) })
	w.begin(partFactors)
	eachEntry(func(e *entry) { w.number(uint32(e.factors)) })
	w.begin(partSlots)
	eachEntry(func(e *entry) { w.number(uint32(e.slot)) })
	w.begin(partShape)
	w.floats(c.file.shape...)
}

// writer writes sections one after another and remembers the first error.
type writer struct {
	file    *os.File
	buffer  *bufio.Writer
	offset  uint64
	sum     *xxhash.Digest
	current part
	header  header
	record  []byte
	err     error
}

const writerBuffer = 1 << 20

func newWriter(f *os.File) *writer {
	w := &writer{file: f, buffer: bufio.NewWriterSize(f, writerBuffer), sum: xxhash.New(), current: -1}
	w.pad(make([]byte, headerBytes)) // written at the end
	return w
}

// begin ends the section before and begins the next on a page of its own.
func (w *writer) begin(p part) {
	w.end()
	if rest := w.offset % snapshotPage; rest != 0 {
		w.pad(make([]byte, snapshotPage-rest))
	}
	w.current = p
	w.sum.Reset()
	w.header.sections[p].offset = w.offset
}

func (w *writer) end() {
	if w.current >= 0 {
		s := &w.header.sections[w.current]
		s.length, s.sum = w.offset-s.offset, w.sum.Sum64()
	}
}

// pad writes what belongs to no section.
func (w *writer) pad(b []byte) {
	if w.err == nil {
		_, w.err = w.buffer.Write(b)
	}
	w.offset += uint64(len(b))
}

func (w *writer) write(b []byte) {
	_, _ = w.sum.Write(b) // never fails
	w.pad(b)
}

func (w *writer) number(v uint32) {
	w.record = binary.LittleEndian.AppendUint32(w.record[:0], v)
	w.write(w.record)
}

func (w *writer) word(v uint64) {
	w.record = binary.LittleEndian.AppendUint64(w.record[:0], v)
	w.write(w.record)
}

func (w *writer) words(v []uint64) {
	w.record = w.record[:0]
	for _, word := range v {
		w.record = binary.LittleEndian.AppendUint64(w.record, word)
	}
	w.write(w.record)
}

func (w *writer) floats(v ...float32) {
	for _, f := range v {
		w.number(math.Float32bits(f))
	}
}

// finish writes the header and makes all of it last.
func (w *writer) finish() error {
	w.end()
	if w.err != nil {
		return w.err
	}
	if err := w.buffer.Flush(); err != nil {
		return err
	}
	if _, err := w.file.WriteAt(w.header.encode(), 0); err != nil {
		return err
	}
	return w.file.Sync()
}

// bytesOf is the same memory as bytes.
func bytesOf(x []int8) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}

package ann

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/cespare/xxhash/v2"
)

// A snapshot is a header, a table of sections, and the sections, each starting
// at a multiple of snapshotPage so that they can be used where they are mapped.
// Numbers are little-endian; a machine of the other order refuses the file.
//
//	header:  magic[8] version dim width reserved (uint32)
//	         seed slots longest trained spread (uint64; the last two as floats' bits)
//	section: offset length xxhash64 (uint64), in the order of the parts
//	then the xxhash64 of all that
const (
	snapshotMagic   = "rrvector"
	snapshotVersion = 1
	snapshotPage    = 4096
)

// part is a section of a snapshot.
type part int

const (
	partRows      part = iota // int8, chunks of rows
	partMarks                 // 12 bytes each: scale, id, creator
	partBits                  // uint64, for each chunk those of chunkBits
	partGroups                // groupRecord
	partGroupRows             // int8, a centroid each
	partLists                 // listRecord
	partListRows              // int8, a centroid each
	partCodes                 // uint64, whole blocks
	partFactors               // uint32
	partSlots                 // int32
	partShape                 // float32
	parts
)

var partNames = [parts]string{"rows", "marks", "bits", "groups", "group centroids", "lists", "list centroids", "codes", "factors", "slots", "shape"}

func (p part) String() string { return partNames[p] }

// SnapshotError says which part of a snapshot cannot be used, and why. The
// index is then to be built from the catalogue again.
type SnapshotError struct {
	Path   string
	Part   string // "header" or the name of a section
	Reason string
}

func (e *SnapshotError) Error() string {
	return fmt.Sprintf("vector snapshot %s: %s: %s; build the index anew", e.Path, e.Part, e.Reason)
}

// header is the fixed part of a snapshot.
type header struct {
	dim, width uint32
	seed       uint64
	slots      uint64
	longest    float32
	trained    uint64
	spread     float64
	sections   [parts]section
}

type section struct{ offset, length, sum uint64 }

const (
	fixedBytes  = 8 + 4*4 + 5*8
	headerBytes = fixedBytes + int(parts)*3*8 + 8
)

// encode writes the header with its checksum.
func (h *header) encode() []byte {
	le := binary.LittleEndian
	b := append(make([]byte, 0, headerBytes), snapshotMagic...)
	for _, v := range []uint32{snapshotVersion, h.dim, h.width, 0} {
		b = le.AppendUint32(b, v)
	}
	for _, v := range []uint64{h.seed, h.slots, uint64(math.Float32bits(h.longest)), h.trained, math.Float64bits(h.spread)} {
		b = le.AppendUint64(b, v)
	}
	for _, s := range h.sections {
		b = le.AppendUint64(le.AppendUint64(le.AppendUint64(b, s.offset), s.length), s.sum)
	}
	return le.AppendUint64(b, xxhash.Sum64(b))
}

// decodeHeader reads and checks a header. The reason is empty where it is sound.
func decodeHeader(file []byte) (h header, reason string) {
	le := binary.LittleEndian
	switch {
	case len(file) < headerBytes:
		return h, fmt.Sprintf("the file has %d bytes, a header has %d", len(file), headerBytes)
	case string(file[:8]) != snapshotMagic:
		return h, "this is no snapshot of vectors"
	}
	if version := le.Uint32(file[8:]); version != snapshotVersion {
		return h, fmt.Sprintf("it has version %d, this program reads %d", version, snapshotVersion)
	}
	body := file[:headerBytes-8]
	if xxhash.Sum64(body) != le.Uint64(file[headerBytes-8:]) {
		return h, "its checksum is another"
	}
	h.dim, h.width = le.Uint32(body[12:]), le.Uint32(body[16:])
	h.seed, h.slots = le.Uint64(body[24:]), le.Uint64(body[32:])
	h.longest = math.Float32frombits(uint32(le.Uint64(body[40:])))
	h.trained, h.spread = le.Uint64(body[48:]), math.Float64frombits(le.Uint64(body[56:]))
	for i := range h.sections {
		at := body[fixedBytes+24*i:]
		h.sections[i] = section{le.Uint64(at), le.Uint64(at[8:]), le.Uint64(at[16:])}
	}
	return h, ""
}

// groupRecord and listRecord describe the centroids in the file.
type groupRecord struct {
	Scale, Square, Spread float32
	Lists                 uint32 // the next so many lists are the group's
}

type listRecord struct {
	Scale, Square, Spread float32
	Codes                 uint32 // the next so many codes, rounded up to blocks
}

const (
	groupRecordBytes = 16
	listRecordBytes  = 16
	markBytes        = 12
)

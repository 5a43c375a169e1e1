package store

import (
	"encoding/binary"
	"errors"
	"math"
)

// ErrEncoding is the reason why bytes are not a record, profile or row.
var ErrEncoding = errors.New("not a valid encoding")

// zigzag maps small numbers of either sign to small ones without a sign:
// 0, -1, 1, -2 become 0, 1, 2, 3.
func zigzag(v int64) uint64 { return uint64(v)<<1 ^ uint64(v>>63) }

func unzigzag(u uint64) int64 { return int64(u>>1) ^ -int64(u&1) }

// appendVarint writes a number of either sign that is likely near zero.
func appendVarint(b []byte, v int64) []byte { return binary.AppendUvarint(b, zigzag(v)) }

// appendID writes a number that is not negative unless something is wrong;
// those that are take ten bytes.
func appendID[T ~int64](b []byte, id T) []byte { return binary.AppendUvarint(b, uint64(id)) }

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendFloat(b []byte, f float32) []byte {
	return binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
}

// scanner reads what the append functions wrote, from bytes that nobody vouches
// for. Its first fault stays; everything read after it is zero.
type scanner struct {
	rest []byte
	bad  bool
}

// err is ErrEncoding after a fault, or if bytes are left.
func (s *scanner) err() error {
	if s.bad || len(s.rest) > 0 {
		return ErrEncoding
	}
	return nil
}

func (s *scanner) fail() {
	s.bad = true
	s.rest = nil
}

func (s *scanner) byte() byte {
	if len(s.rest) == 0 {
		s.fail()
		return 0
	}
	v := s.rest[0]
	s.rest = s.rest[1:]
	return v
}

func (s *scanner) uvarint() uint64 {
	v, n := binary.Uvarint(s.rest)
	if n <= 0 || n > 1 && s.rest[n-1] == 0 { // longer than it need be: nobody wrote that
		s.fail()
		return 0
	}
	s.rest = s.rest[n:]
	return v
}

func (s *scanner) varint() int64 { return unzigzag(s.uvarint()) }

// count reads how many things follow that take at least size bytes each, so
// that a false count never makes anybody reserve memory for it.
func (s *scanner) count(size int) int {
	n := s.uvarint()
	if n > uint64(len(s.rest)/size) {
		s.fail()
		return 0
	}
	return int(n)
}

func (s *scanner) bytes(n int) []byte {
	if n > len(s.rest) {
		s.fail()
		return nil
	}
	v := s.rest[:n]
	s.rest = s.rest[n:]
	return v
}

func (s *scanner) string() string { return string(s.bytes(s.count(1))) }

func (s *scanner) float() float32 {
	if b := s.bytes(4); b != nil {
		return math.Float32frombits(binary.LittleEndian.Uint32(b))
	}
	return 0
}

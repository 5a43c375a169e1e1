package embedded

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// A key is one byte that says what it holds, and numbers of eight bytes,
// big-endian, so that the order of keys is that of the numbers. doc.go has the
// table of what stands where.
const (
	metaKey    = 'm' // a letter → a fact about the store
	logKey     = 'l' // offset → record
	indexKey   = 'x' // user, offset → nothing: the records about a user
	profileKey = 'p' // user → profile, without the reels seen
	seenKey    = 's' // user, reel → nothing: a reel seen
	idKey      = 'i' // generation, user, digest → time, offset of the event with that ID
	reelKey    = 'r' // reel → reel, without its vectors
	workKey    = 'w' // creator, reel → nothing: a reel by a creator
	vectorsKey = 'v' // reel, offset → vectors that the record there brought
	creatorKey = 'c' // creator → creator
)

// number is what keys are made of.
type number interface{ ~int64 | ~uint64 }

// key1 is a key of one number.
func key1[A number](kind byte, a A) []byte {
	return binary.BigEndian.AppendUint64(append(make([]byte, 0, 9), kind), uint64(a))
}

// key2 is a key of two numbers.
func key2[A, B number](kind byte, a A, b B) []byte {
	k := append(make([]byte, 0, 17), kind)
	k = binary.BigEndian.AppendUint64(k, uint64(a))
	return binary.BigEndian.AppendUint64(k, uint64(b))
}

// keyOfID is where the event of a user with an ID is remembered. The digest
// keeps the key short, and what a client put into an ID out of every file that
// lists keys.
func keyOfID(generation int64, user reel.UserID, id string) []byte {
	digest := sha256.Sum256([]byte(id))
	k := append(make([]byte, 0, 33), key2(idKey, generation, user)...)
	return append(k, digest[:16]...)
}

// first and second are the numbers of a key.
func first[A number](key []byte) A  { return A(binary.BigEndian.Uint64(key[1:])) }
func second[A number](key []byte) A { return A(binary.BigEndian.Uint64(key[9:])) }

// span is a range of keys, end excluded.
type span struct{ start, end []byte }

// under is the span of all keys that begin with the given one.
func under(prefix []byte) span {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return span{prefix, end[:i+1]}
		}
	}
	return span{prefix, nil} // 0xff throughout, which no kind of key is
}

// all is the span of every key of a kind.
func all(kind byte) span { return under([]byte{kind}) }

// logFrom is the span of the log from an offset on.
func logFrom(at store.Offset) span { return span{key1(logKey, at), all(logKey).end} }

package weaviate

import (
	"fmt"
	"strconv"

	"github.com/reelrank/reelrank/reel"
)

// keyOf is the UUID (version 8 of RFC 9562, whose content is free) under which
// the server keeps a reel. The reel's id can be read in it: 16 bits before the
// version and 48 at the end.
//
//	keyOf(0x1234) = 7265656c-0000-8000-8000-000000001234
func keyOf(r reel.ReelID) string {
	return fmt.Sprintf("7265656c-%04x-8000-8000-%012x", uint64(r)>>48, uint64(r)&(1<<48-1))
}

// reelOf is the reel of a key, and whether it is one.
func reelOf(key string) (reel.ReelID, bool) {
	if len(key) != 36 || key[:9] != "7265656c-" || key[13:24] != "-8000-8000-" {
		return 0, false
	}
	high, err := strconv.ParseUint(key[9:13], 16, 16)
	if err != nil {
		return 0, false
	}
	low, err := strconv.ParseUint(key[24:], 16, 48)
	return reel.ReelID(high<<48 | low), err == nil
}

// idOf is the item of a key, and whether it is one.
func (x *Index) idOf(key string) (int32, bool) {
	r, ok := reelOf(key)
	if !ok {
		return 0, false
	}
	return x.options.ID(r)
}

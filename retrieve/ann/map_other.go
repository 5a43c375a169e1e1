//go:build !unix

package ann

import (
	"os"
	"unsafe"
)

// mapFile reads a file into memory as aligned as numbers need.
func mapFile(path string) (b []byte, release func(), err error) {
	read, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	words := make([]uint64, (len(read)+7)/8)
	b = unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), len(read))
	copy(b, read)
	return b, func() {}, nil
}

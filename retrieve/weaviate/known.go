package weaviate

import (
	"encoding/binary"
	"math"
	"sync"

	"github.com/cespare/xxhash/v2"

	"github.com/reelrank/reelrank/retrieve/ann"
)

// known is the items of a collection by their checksums: what may be found,
// and what need not be sent again.
type known struct {
	mu    sync.RWMutex
	pages map[int32]*knownPage
	count int
}

// knownPage is the checksums of consecutive ids. Pages keep a stray large id
// from taking room for all below it.
type knownPage [1 << knownPageBits]uint64

const knownPageBits = 10

const (
	absent = 0 // may not be found
	unsure = 1 // may be found, but which vector is stored is not known
)

func (k *known) get(id int32) uint64 {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.at(id)
}

// at is get under the lock.
func (k *known) at(id int32) uint64 {
	page := k.pages[id>>knownPageBits]
	if page == nil {
		return absent
	}
	return page[id&(1<<knownPageBits-1)]
}

func (k *known) set(id int32, sum uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	page := k.pages[id>>knownPageBits]
	if page == nil {
		if sum == absent {
			return
		}
		if k.pages == nil {
			k.pages = map[int32]*knownPage{}
		}
		page = new(knownPage)
		k.pages[id>>knownPageBits] = page
	}
	place := &page[id&(1<<knownPageBits-1)]
	if *place != absent {
		k.count--
	}
	if *place = sum; sum != absent {
		k.count++
	}
}

func (k *known) len() int {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.count
}

// ids are all that may be found, in no order.
func (k *known) ids() []int32 {
	k.mu.RLock()
	defer k.mu.RUnlock()
	all := make([]int32, 0, k.count)
	for number, page := range k.pages {
		for i, sum := range page {
			if sum != absent {
				all = append(all, number<<knownPageBits|int32(i))
			}
		}
	}
	return all
}

// copy is another one with the same content.
func (k *known) copy() *known {
	k.mu.RLock()
	defer k.mu.RUnlock()
	other := &known{pages: make(map[int32]*knownPage, len(k.pages)), count: k.count}
	for number, page := range k.pages {
		same := *page
		other.pages[number] = &same
	}
	return other
}

// checksumBits is what a whole number in JSON keeps exactly.
const checksumBits = 53

// checksum tells items with different content apart. It is neither absent nor
// unsure.
func checksum(item *ann.Item) uint64 {
	b := make([]byte, 0, 4*len(item.Vector)+12)
	for _, f := range item.Vector {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
	}
	b = binary.LittleEndian.AppendUint64(b, item.Attributes)
	b = binary.LittleEndian.AppendUint32(b, item.Creator)
	return max(xxhash.Sum64(b)>>(64-checksumBits), unsure+1)
}

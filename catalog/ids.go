package catalog

import "sync/atomic"

// ids finds the dense index of an id. One goroutine adds, any number find,
// without a lock: an open hash table whose entries come and never go. Ids
// whose reels are deleted stay, since histories go on naming them.
type ids struct{ shards [idShards]idShard }

// idShards spreads the moments at which a table doubles: a sixty-fourth part
// of the ids is copied at once, and readers go on in the old part meanwhile.
const (
	idShardBits = 6
	idShards    = 1 << idShardBits
	minIDSlots  = 8
)

type idShard struct {
	slots atomic.Pointer[[]idSlot] // a power of two of them, at most three quarters taken
	taken int
}

// idSlot is one place of a table. The id is written before the index, and
// never again.
type idSlot struct {
	id    int64
	index atomic.Int32 // dense index + 1; 0 is a free slot
}

// find returns the index of an id, and false where it was never added.
func (t *ids) find(id int64) (int32, bool) {
	h := mix(id)
	slots := t.shards[h>>(64-idShardBits)].slots.Load()
	if slots == nil {
		return 0, false
	}
	mask := uint64(len(*slots) - 1)
	for at := h & mask; ; at = (at + 1) & mask {
		s := &(*slots)[at]
		index := s.index.Load() // before the id, which is there from then on
		if index == 0 {
			return 0, false
		}
		if s.id == id {
			return index - 1, true
		}
	}
}

// add adds an id that is not there yet.
func (t *ids) add(id int64, index int32) {
	h := mix(id)
	shard := &t.shards[h>>(64-idShardBits)]
	slots := shard.room()
	put(slots, h, id, index+1)
	shard.taken++
}

// room returns slots with room for one more id.
func (s *idShard) room() []idSlot {
	var old []idSlot
	if slots := s.slots.Load(); slots != nil {
		old = *slots
	}
	if 4*(s.taken+1) <= 3*len(old) {
		return old
	}
	slots := make([]idSlot, max(minIDSlots, 2*len(old)))
	for k := range old {
		if index := old[k].index.Load(); index != 0 {
			put(slots, mix(old[k].id), old[k].id, index)
		}
	}
	s.slots.Store(&slots)
	return slots
}

// put takes the first free slot from where the hash points.
func put(slots []idSlot, h uint64, id int64, index int32) {
	mask := uint64(len(slots) - 1)
	at := h & mask
	for slots[at].index.Load() != 0 {
		at = (at + 1) & mask
	}
	slots[at].id = id
	slots[at].index.Store(index)
}

// mix spreads the bits of an id (the finaliser of MurmurHash3), so that ids
// that count up, or that all end in zeros, spread over shards and slots.
func mix(id int64) uint64 {
	h := uint64(id)
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

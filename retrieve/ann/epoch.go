package ann

import "sync/atomic"

// epochs tell when nobody can be looking at a slot any more, so that another
// vector may be written there. A search is pinned to the epoch in which it
// began. The epoch moves on when the last search of the one before ended; what
// was retired two epochs ago is then out of everybody's sight.
type epochs struct {
	now     atomic.Uint64
	pinned  [3]counter // searches of the epochs, by epoch%3
	retired []retired  // in the order of their epochs; the writer's
}

// counter has a cache line for itself.
type counter struct {
	atomic.Int64
	_ [56]byte
}

type retired struct {
	slot  int32
	epoch uint64
}

// pin begins a search; unpin ends it with what pin returned.
func (e *epochs) pin() uint64 {
	for {
		now := e.now.Load()
		e.pinned[now%3].Add(1)
		if e.now.Load() == now {
			return now
		}
		e.pinned[now%3].Add(-1)
	}
}

func (e *epochs) unpin(epoch uint64) { e.pinned[epoch%3].Add(-1) }

// retire hands over a slot that no later search can come across. Writers only.
func (e *epochs) retire(slot int32) {
	e.retired = append(e.retired, retired{slot, e.now.Load()})
}

// reclaim appends to free the slots that nobody sees. Writers only.
func (e *epochs) reclaim(free []int32) []int32 {
	if len(e.retired) == 0 {
		return free
	}
	now := e.now.Load()
	if e.pinned[(now+2)%3].Load() == 0 { // now-1: its last search has ended
		now++
		e.now.Store(now)
	}
	done := 0
	for done < len(e.retired) && e.retired[done].epoch+2 <= now {
		free = append(free, e.retired[done].slot)
		done++
	}
	e.retired = e.retired[done:] // what lies before goes when the rest needs room
	return free
}

package ann

import "fmt"

// Relabel gives every vector the id, attributes and creator that as says, and
// deletes those for which it returns false: a snapshot has those of the process
// that wrote it. It is called before anybody else uses the index.
func (x *Index) Relabel(as func(id int32) (Item, bool)) error {
	x.maintain.Lock()
	defer x.maintain.Unlock()
	x.write.Lock()
	defer x.write.Unlock()
	f, t := x.file.Load(), x.store.table.Load()
	x.store.pages.Store(new([]*page))
	for slot := range int32(x.store.used.Load()) {
		if !t.live(slot) {
			continue
		}
		m := t.mark(slot)
		item, ok := as(m.ID)
		switch {
		case !ok:
			x.remove(f, t, slot)
			continue
		case item.ID < 0:
			return fmt.Errorf("vector %d gets the id %d: %w", m.ID, item.ID, errNegativeID)
		case x.store.slotOf(item.ID) >= 0:
			return fmt.Errorf("vector %d gets the id %d, which another one has", m.ID, item.ID)
		}
		m.ID, m.Creator = item.ID, item.Creator
		t.setAttributes(slot, item.Attributes)
		x.store.setSlot(item.ID, slot)
	}
	return nil
}

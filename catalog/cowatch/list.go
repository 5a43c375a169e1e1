package cowatch

// Room is how many neighbours a reel has at most. On three logs the 30 best
// finds of lists of 32 were as good as those of 64; on the one that tried 16,
// these lost a sixteenth.
const Room = 32

// place is one neighbour in a list.
type place struct {
	reel  int32
	count float32 // decayed co-engagement since it last came onto the list
}

// list holds the neighbours of one reel, in no order, at most Room of them. A
// newcomer takes the place of the lightest and starts with its own weight. As
// new engagement weighs more than old, what is no longer enjoyed together goes
// first. (A newcomer that inherits the count of the lightest, as Space-Saving
// has it, is right for a few heavy neighbours; where many are about as heavy,
// which is how reels are, it drowns the list in chance pairs.)
type list []place

// raise adds w > 0 to the count of reel j.
func (l *list) raise(j int32, w float32) {
	lightest := -1
	for k := range *l {
		p := &(*l)[k]
		if p.reel == j {
			p.count += w
			return
		}
		if lightest < 0 || p.count < (*l)[lightest].count {
			lightest = k
		}
	}
	if len(*l) < Room {
		*l = append(*l, place{j, w})
		return
	}
	(*l)[lightest] = place{j, w}
}

// scale multiplies all counts and drops those that come to nothing.
func (l *list) scale(by float32) {
	kept := (*l)[:0]
	for _, p := range *l {
		if p.count *= by; p.count > 0 {
			kept = append(kept, p)
		}
	}
	*l = kept
}

package catalog

// Bounds of what the trends of places take: 8 KB each, 8 MB in all. Places are
// whatever the apps send, so their number has no bound of its own.
const (
	PlaceDepth = 512  // most reels that are counted in one place
	maxPlaces  = 1024 // most places
)

// trustedPlace is how many positive engagements a place needs before its own
// trend is shown: below, a handful of people would make a "trend".
const trustedPlace = 100

// places holds the trends by place.
type places map[string]*placeTrend

// placeTrend is the trend among the engagements from one place. Most reels are
// never seen in most places, so only the heaviest are counted.
type placeTrend struct {
	engagements int
	weight      float64 // of all engagements, decayed
	board       board
}

// add counts an engagement of weight w at a place. The lightest place makes
// room for a new one.
func (ps places) add(place string, i int32, w float64, c *Catalog) {
	p := ps[place]
	if p == nil {
		if len(ps) >= maxPlaces {
			delete(ps, ps.lightest())
		}
		p = &placeTrend{board: board{depth: PlaceDepth}}
		ps[place] = p
	}
	p.engagements++
	p.weight += w
	p.board.add(i, w)
	if p.board.isCrowded() {
		p.board.sweep(c.Alive)
	}
}

// lightest is the place with the least decayed engagement, of equals the first
// by name: the order of the map must not matter.
func (ps places) lightest() string {
	var name string
	var least *placeTrend
	for n, p := range ps {
		if least == nil || p.weight < least.weight || p.weight == least.weight && n < name {
			name, least = n, p
		}
	}
	return name
}

func (ps places) scale(by float64) {
	for _, p := range ps { // each is scaled on its own: the order does not matter
		p.weight *= by
		p.board.scale(by)
	}
}

package reel

import "slices"

// HistoryLen is how many of a user's last interactions the model reads.
const HistoryLen = 50

// Profile is what is known of one user: a view of the log that Apply builds
// one interaction at a time, in the order of time.
type Profile struct {
	User    UserID
	Recent  []Interaction          // the last HistoryLen, oldest first
	Seen    map[ReelID]struct{}    // every reel ever shown
	Follows map[CreatorID]struct{} // creators followed
	Total   int                    // interactions ever applied
}

// NewProfile returns the empty profile of a user.
func NewProfile(user UserID) *Profile {
	return &Profile{User: user, Seen: map[ReelID]struct{}{}, Follows: map[CreatorID]struct{}{}}
}

// Apply adds one interaction. Interactions come in the order of time.
func (p *Profile) Apply(it Interaction) {
	if len(p.Recent) == HistoryLen {
		copy(p.Recent, p.Recent[1:])
		p.Recent = p.Recent[:HistoryLen-1]
	}
	p.Recent = append(p.Recent, it)
	p.Seen[it.Reel] = struct{}{}
	if it.Signals&Followed != 0 {
		p.Follows[it.Creator] = struct{}{}
	}
	p.Total++
}

// HasSeen tells whether the reel was ever shown to the user.
func (p *Profile) HasSeen(id ReelID) bool {
	_, ok := p.Seen[id]
	return ok
}

// IsFollowing tells whether the user follows the creator.
func (p *Profile) IsFollowing(id CreatorID) bool {
	_, ok := p.Follows[id]
	return ok
}

// FollowedCreators returns the followed creators in ascending order.
func (p *Profile) FollowedCreators() []CreatorID {
	ids := make([]CreatorID, 0, len(p.Follows))
	for id := range p.Follows {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

package reel

import (
	"maps"
	"slices"
)

// HistoryLen is how many of a user's last interactions the model reads.
const HistoryLen = 50

// Profile is what is known of one user: a view of the log that Apply or After
// builds one interaction at a time, in the order of the log.
type Profile struct {
	User    UserID
	Recent  []Interaction          // the last HistoryLen, oldest first
	Seen    ReelSet                // every reel ever shown
	Follows map[CreatorID]struct{} // creators followed
	Total   int                    // interactions ever applied
}

// NewProfile returns the empty profile of a user.
func NewProfile(user UserID) *Profile {
	return &Profile{User: user, Follows: map[CreatorID]struct{}{}}
}

// Apply adds one interaction to the profile itself, for a replay that nobody
// else looks on at.
func (p *Profile) Apply(it Interaction) {
	if len(p.Recent) == HistoryLen {
		copy(p.Recent, p.Recent[1:])
		p.Recent = p.Recent[:HistoryLen-1]
	}
	p.Recent = append(p.Recent, it)
	p.Seen.Add(it.Reel)
	if it.Signals&Followed != 0 {
		p.Follows[it.Creator] = struct{}{}
	}
	p.Total++
}

// After returns the profile with some more interactions. The old one stays as
// it is, for the requests that read it; what did not change is shared.
func (p *Profile) After(its ...Interaction) *Profile {
	next := *p
	next.Recent = append(make([]Interaction, 0, min(HistoryLen, len(p.Recent)+len(its))), p.Recent...)
	next.Seen = p.Seen.clone(len(its))
	if slices.ContainsFunc(its, func(it Interaction) bool { return it.Signals&Followed != 0 && !p.IsFollowing(it.Creator) }) {
		next.Follows = maps.Clone(p.Follows)
	}
	for _, it := range its {
		next.Apply(it)
	}
	return &next
}

// HasSeen tells whether the reel was ever shown to the user.
func (p *Profile) HasSeen(id ReelID) bool { return p.Seen.Has(id) }

// IsFollowing tells whether the user follows the creator.
func (p *Profile) IsFollowing(id CreatorID) bool {
	_, ok := p.Follows[id]
	return ok
}

// FollowedCreators returns the followed creators in ascending order.
func (p *Profile) FollowedCreators() []CreatorID {
	return slices.Sorted(maps.Keys(p.Follows))
}

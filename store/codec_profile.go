package store

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/reelrank/reelrank/reel"
)

// AppendProfile writes a profile, in about 600 bytes for 50 interactions plus
// two or three for every further reel seen.
func AppendProfile(b []byte, p *reel.Profile) []byte {
	b = appendID(b, p.User)
	b = binary.AppendUvarint(b, uint64(p.Total))
	b = binary.AppendUvarint(b, uint64(len(p.Recent)))
	q := startSequence(0)
	for _, it := range p.Recent {
		b = q.append(b, it)
	}
	b = appendAscending(b, p.FollowedCreators())
	return appendAscending(b, p.Seen.IDs())
}

// DecodeProfile reads what AppendProfile wrote.
func DecodeProfile(b []byte) (*reel.Profile, error) {
	s := scanner{rest: b}
	p := s.profile()
	if err := s.err(); err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	return p, nil
}

func (s *scanner) profile() *reel.Profile {
	p := reel.NewProfile(reel.UserID(s.uvarint()))
	p.Total = int(s.uvarint())
	if n := s.count(minInteraction); n > reel.HistoryLen {
		s.fail()
	} else if n > 0 {
		p.Recent = make([]reel.Interaction, n)
	}
	q := startSequence(0)
	for i := range p.Recent {
		p.Recent[i] = q.scan(s, p.User)
	}
	for _, id := range scanAscending[reel.CreatorID](s) {
		p.Follows[id] = struct{}{}
	}
	p.Seen = reel.NewReelSet(scanAscending[reel.ReelID](s)...)
	return p
}

// minInteraction is how many bytes an interaction takes at least: form, time,
// reel, creator, duration.
const minInteraction = 5

// appendAscending writes ids that grow, as their distances.
func appendAscending[T ~int64](b []byte, ids []T) []byte {
	b = binary.AppendUvarint(b, uint64(len(ids)))
	var last T
	for i, id := range ids {
		if i == 0 {
			b = appendVarint(b, int64(id))
		} else {
			b = binary.AppendUvarint(b, uint64(id-last))
		}
		last = id
	}
	return b
}

func scanAscending[T ~int64](s *scanner) []T {
	ids := make([]T, s.count(1))
	for i := range ids {
		if i == 0 {
			ids[0] = T(s.varint())
			continue
		}
		ids[i] = ids[i-1] + T(s.uvarint())
		if ids[i] <= ids[i-1] {
			s.fail()
			return nil
		}
	}
	return ids
}

// SameProfile tells whether two profiles hold the same, nil being one that
// does not exist.
func SameProfile(a, b *reel.Profile) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.User == b.User && a.Total == b.Total && slices.Equal(a.Recent, b.Recent) &&
		slices.Equal(a.Seen.IDs(), b.Seen.IDs()) && slices.Equal(a.FollowedCreators(), b.FollowedCreators())
}

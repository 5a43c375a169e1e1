package store

import (
	"encoding/binary"
	"fmt"

	"github.com/reelrank/reelrank/reel"
)

// recordVersion stands in the upper half of a record's first byte, the kind in
// the lower one. A change of the encoding is a new version beside the old.
const recordVersion = 1

// AppendRecord writes a record without its offset, which is its place.
func AppendRecord(b []byte, r Record) []byte {
	b = append(b, recordVersion<<4|byte(r.Body.kind()))
	b = appendVarint(b, r.Time)
	switch body := r.Body.(type) {
	case Event:
		b = appendEvent(b, r.Time, body)
	case ReelPut:
		b = AppendReel(b, &body.Reel)
		b = AppendVectors(b, &body.Reel)
	case ReelDeleted:
		b = appendID(b, body.ID)
	case CreatorPut:
		b = AppendCreator(b, &body.Creator)
	case CreatorDeleted:
		b = appendID(b, body.ID)
	case SlateServed:
		b = appendSlate(b, r.Time, body)
	case UserErased:
		b = appendID(b, body.User)
	case ProfileKept:
		b = AppendProfile(b, body.Profile)
	}
	return b
}

// DecodeRecord reads what AppendRecord wrote for the record at an offset.
func DecodeRecord(at Offset, b []byte) (Record, error) {
	s := scanner{rest: b}
	first := s.byte()
	if !s.bad && first>>4 != recordVersion {
		return Record{}, fmt.Errorf("record %d is of version %d, want %d: %w", at, first>>4, recordVersion, ErrEncoding)
	}
	r := Record{Offset: at, Time: s.varint()}
	r.Body = s.body(kind(first&15), r.Time)
	if err := s.err(); err != nil {
		return Record{}, fmt.Errorf("record %d: %w", at, err)
	}
	return r, nil
}

func (s *scanner) body(k kind, accepted int64) Body {
	switch k {
	case kindEvent:
		return s.event(accepted)
	case kindReelPut:
		put := ReelPut{s.reel()}
		s.vectors(&put.Reel)
		return put
	case kindReelDeleted:
		return ReelDeleted{reel.ReelID(s.uvarint())}
	case kindCreatorPut:
		return CreatorPut{s.creator()}
	case kindCreatorDeleted:
		return CreatorDeleted{reel.CreatorID(s.uvarint())}
	case kindSlateServed:
		return s.slate(accepted)
	case kindUserErased:
		return UserErased{reel.UserID(s.uvarint())}
	case kindProfileKept:
		return ProfileKept{s.profile()}
	}
	s.fail()
	return nil
}

// appendEvent writes an interaction's time as its distance from when it was
// accepted, which is small.
func appendEvent(b []byte, accepted int64, e Event) []byte {
	b = appendID(b, e.User)
	q := startSequence(accepted / 1000)
	b = q.append(b, e.Interaction)
	b = appendString(b, e.ID)
	return appendString(b, e.Slate)
}

func (s *scanner) event(accepted int64) Event {
	user := reel.UserID(s.uvarint())
	q := startSequence(accepted / 1000)
	return Event{Interaction: q.scan(s, user), ID: s.string(), Slate: s.string()}
}

func appendSlate(b []byte, accepted int64, v SlateServed) []byte {
	b = appendString(b, v.ID)
	b = appendID(b, v.User)
	b = appendVarint(b, v.Time-accepted/1000)
	b = appendString(b, v.Model)
	b = appendString(b, v.Variant)
	b = appendString(b, v.Context.Device)
	b = appendString(b, v.Context.Place)
	b = appendVarint(b, v.Context.Session)
	b = appendVarint(b, int64(v.Context.Position))
	b = binary.AppendUvarint(b, uint64(len(v.Items)))
	for _, item := range v.Items {
		b = appendID(b, item.Reel)
		b = append(b, byte(item.Sources))
		b = appendFloat(b, item.Score)
		b = appendFloat(b, item.Propensity)
	}
	return b
}

// minServedItem is how many bytes an item of a slate takes at least.
const minServedItem = 10

func (s *scanner) slate(accepted int64) SlateServed {
	v := SlateServed{
		ID:      s.string(),
		User:    reel.UserID(s.uvarint()),
		Time:    accepted/1000 + s.varint(),
		Model:   s.string(),
		Variant: s.string(),
	}
	v.Context = reel.Context{Device: s.string(), Place: s.string(), Session: s.varint(), Position: int(s.varint())}
	if n := s.count(minServedItem); n > 0 {
		v.Items = make([]ServedItem, n)
	}
	for i := range v.Items {
		v.Items[i] = ServedItem{reel.ReelID(s.uvarint()), reel.SourceSet(s.byte()), s.float(), s.float()}
	}
	return v
}

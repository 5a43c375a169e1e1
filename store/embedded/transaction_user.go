package embedded

import (
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/store"
)

// change is what the transaction does to a user's profile so far.
func (t *transaction) change(user reel.UserID) (*change, error) {
	if c, ok := t.changes[user]; ok {
		return c, nil
	}
	p, err := t.s.profile(user)
	if err != nil {
		return nil, err
	}
	c := &change{before: p, after: p}
	t.changes[user] = c
	return c, nil
}

// event adds an interaction to its user's profile.
func (t *transaction) event(r store.Record, e store.Event) (before, after *reel.Profile, err error) {
	c, err := t.change(e.User)
	if err != nil {
		return nil, nil, err
	}
	before = c.after
	base := before
	if base == nil {
		base = reel.NewProfile(e.User)
	}
	if !base.HasSeen(e.Reel) {
		t.set(key2(seenKey, e.User, e.Reel), nil)
	}
	if e.ID != "" {
		t.rememberID(r, e)
	}
	c.after = base.After(e.Interaction)
	return before, c.after, nil
}

// profileKept replaces a user's profile.
func (t *transaction) profileKept(k store.ProfileKept) (before, after *reel.Profile, err error) {
	c, err := t.change(k.Profile.User)
	if err != nil {
		return nil, nil, err
	}
	before, c.after = c.after, k.Profile.After() // a copy: the caller keeps theirs
	if before != nil {
		t.deleteAll(under(key1(seenKey, k.Profile.User)))
	}
	for _, id := range k.Profile.Seen.IDs() {
		t.set(key2(seenKey, k.Profile.User, id), nil)
	}
	return before, c.after, nil
}

// userErased takes everything about a user out of log and views.
func (t *transaction) userErased(user reel.UserID) (before *reel.Profile, err error) {
	c, err := t.change(user)
	if err != nil {
		return nil, err
	}
	before, c.after, c.erased = c.after, nil, true
	err = each(t.reads, under(key1(indexKey, user)), func(key, _ []byte) error {
		t.delete(key1(logKey, second[store.Offset](key)))
		return nil
	})
	if err != nil {
		return nil, t.s.explain(err)
	}
	for _, kind := range []byte{indexKey, seenKey} {
		t.deleteAll(under(key1(kind, user)))
	}
	t.forgetIDsOf(user)
	return before, nil
}

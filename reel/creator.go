package reel

import "fmt"

// Creator is an account that uploads reels, as the catalogue knows it. A
// creator of whom only reels are known is one all the same.
type Creator struct {
	ID       CreatorID
	Name     string // as it is shown, e.g. "Ana cooks"; empty when unknown
	Language string // BCP 47 tag; empty when unknown
	Region   string // where they are; empty when unknown
	Joined   int64  // unix seconds; 0 when unknown
}

// Validate returns a *FieldError for the first field that breaks the schema.
func (c *Creator) Validate() error {
	switch {
	case c.ID < 0:
		return &FieldError{"creator_id", fmt.Sprintf("%d is negative", c.ID)}
	case c.Joined < MinTime || c.Joined > MaxTime:
		return &FieldError{"joined", fmt.Sprintf("%d is not within %d..%d unix seconds", c.Joined, MinTime, MaxTime)}
	}
	return nil
}

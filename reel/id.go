package reel

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// UserID names a person. Positive or zero; example: 123.
type UserID int64

// ReelID names a short video. Positive or zero; example: 456.
type ReelID int64

// CreatorID names the account that uploaded a reel. Positive or zero.
type CreatorID int64

// ErrID is the reason why a text or JSON value is not an id.
var ErrID = errors.New("an id is a whole number from 0 to 9223372036854775807, written as a number or a string of digits")

// ParseID reads an id from its decimal digits.
func ParseID(s string) (int64, error) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, fmt.Errorf("%q: %w", s, ErrID)
	}
	id, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q: %w", s, ErrID)
	}
	return id, nil
}

// parseJSONID reads a JSON number or a JSON string of digits.
func parseJSONID(b []byte) (int64, error) {
	s := string(b)
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = s[1 : len(s)-1]
	}
	return ParseID(s)
}

// UnmarshalJSON accepts a number or a string of digits.
func (id *UserID) UnmarshalJSON(b []byte) error {
	v, err := parseJSONID(b)
	*id = UserID(v)
	return err
}

// UnmarshalJSON accepts a number or a string of digits.
func (id *ReelID) UnmarshalJSON(b []byte) error {
	v, err := parseJSONID(b)
	*id = ReelID(v)
	return err
}

// UnmarshalJSON accepts a number or a string of digits.
func (id *CreatorID) UnmarshalJSON(b []byte) error {
	v, err := parseJSONID(b)
	*id = CreatorID(v)
	return err
}

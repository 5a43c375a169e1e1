package embedded

import "context"

// Pause calls f between two commits: while it runs, nothing is appended, and
// what was appended before has been handed to Options.Applied. Whoever appends
// waits, so f should be quick; it must not append itself.
func (s *Store) Pause(ctx context.Context, f func() error) error {
	_, err := s.ask(ctx, &request{work: f})
	return err
}

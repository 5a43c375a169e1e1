// Package embedded is a store in one directory of one process, on Pebble.
//
//	s, err := embedded.Open(embedded.Options{Dir: "data/store"})
//	if err != nil { ... }
//	defer s.Close()
//	_, err = s.Append(ctx, store.Event{Interaction: it, ID: "c0ffee"})
package embedded

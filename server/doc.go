// Package server speaks REST for a recommender and decides nothing: it reads
// and checks a request, asks the [Engine], and writes the answer or a problem
// (RFC 9457, application/problem+json).
//
//	s := server.New(cfg.Server, logger)
//	go func() { engine, _ := recommend.Load(ctx, dir); s.SetEngine(engine) }()
//	err := s.Run(ctx) // live at once, ready with the engine, drains on cancel
//
// An engine that is a [Live] keeps what it is told: then events are recorded,
// reels and creators come and go, and users are exported and erased. Without a
// store those routes say that there is none.
//
// The request types of messages.go are the OpenAPI 3.1 document of
// /openapi.json and the checks of every request; what arrives in bulk, events
// and reels, is described by tables of fields instead, from which it is read in
// one pass and documented. /docs shows the document with assets from within
// the binary.
//
// Invariant: what a client sends never causes a 5xx answer nor a panic; it is
// answered, or refused with a 4xx problem that names the field.
package server

// Package local builds Weaviate's own server from its Go module and runs it on
// this machine for tests and benchmarks. Nothing else uses it: a deployment
// runs a server of its own.
//
//	server, err := local.Start(ctx) // an ErrAbsent where nobody has built it
//	defer server.Stop()
//	index, err := weaviate.Open(ctx, weaviate.Options{URL: server.URL, ...})
//
// A compile takes minutes, so the binary is made only when somebody asks for
// it, and kept in the user's cache folder:
//
//	go run ./retrieve/weaviate/local/internal/install
//
// The server serves the loopback interface with its data in a temporary
// folder, and is gone, data included, when Stop returns. Two of its ports, for
// gRPC and for other nodes, know no address to bind to and listen on every
// interface.
package local

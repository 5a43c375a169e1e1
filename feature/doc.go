// Package feature turns what is known of a reel, of an event in a history and
// of a request into the numbers that the network reads. There is one
// definition of each, used by training and by serving alike.
//
//   - Encoder.Vector writes the 1,216-D vector of a reel: video 512, audio
//     256, text 384, metadata 64.
//   - Event writes the last EventDim numbers of that vector for a reel that
//     stands in a user's history: what the user did with it. They are zero
//     for a candidate.
//   - ContextBuilder writes the 64-D context of a candidate: the request, the
//     user, and how this user and this reel go together as of now.
//
// MetaSlots and ContextSlots name every number; docs/features.md is made of
// them.
//
//	encoder, err := feature.Fit(trainingReels)
//	encoder.Vector(vector, &reels[0]) // vector is [ReelDim]
//	b := feature.NewContextBuilder(catalogue, counters)
//	b.Start(now, request, profile) // once per request
//	b.Fill(context, candidate)     // once per candidate; context is [ContextDim]
//
// Invariant: every number is finite, within ±MaxValue in a reel's vector and
// within ±MaxContext in a context, whatever the input; and a context is a
// function of the profile, the catalogue and the counters alone. A trainer that replays
// interactions in the order of time and calls the builder before it applies
// each of them sees what serving saw, bit for bit.
package feature

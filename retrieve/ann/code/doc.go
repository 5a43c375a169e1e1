// Package code writes vectors in few bits and finds their dot products with a
// query from those bits alone.
//
// A vector is turned by a random Rotation first, which spreads it evenly over
// its dimensions, and then kept twice:
//
//   - as a Row of one byte per dimension with a scale, whose product with a
//     query errs by about 0.0003 of their lengths;
//   - as a sign per dimension of its distance to a centroid, whose product errs
//     by about 0.03 and costs a nanosecond; it says which rows to look at.
//
// Both estimates are unbiased: the error is perpendicular to the vector.
//
//	rotation := code.NewRotation(256, seed)
//	rotation.Apply(turned, vector)
//	scale := code.QuantizeRow(row, turned)
//	factors := code.Signs(bits, turned, centroid)
//	q.Prepare(turnedQuery)
//	q.Rows(scores, chunks, slots)
//
// Invariant: every form of a loop gives the same survivors and the same scores
// up to the rounding of float32.
package code

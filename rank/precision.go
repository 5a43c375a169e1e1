package rank

// Precision is how exactly a scorer computes.
type Precision string

// The precisions.
const (
	// Float32 computes in float32 and keeps each reel's part of the first
	// layer in 16 bits a number. Its predictions are the model's.
	Float32 Precision = "float32"
	// Int8 keeps the reels' parts in 8 bits, and takes the products of the
	// hidden layers behind the first in 8 bits, too: half the memory, and
	// predictions that are off in the third digit.
	Int8 Precision = "int8"
)

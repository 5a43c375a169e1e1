// Package nn holds the layers of the model, each with an explicit forward and
// backward pass over row-major float32 matrices.
//
// A layer owns its parameters and nothing else: what a backward pass needs
// from the forward pass is kept by the caller (inputs and outputs) or in the
// layer's tape. So one set of parameters serves any number of goroutines, and
// training reuses its buffers from step to step.
//
//	l := nn.NewLinear("dense1", 64, 32, rng)
//	y := make([]float32, rows*32)
//	l.Forward(y, x, rows)            // y[rows,32] = x[rows,64] Wᵀ + b
//	l.Backward(dx, dy, x, rows)      // adds to W.Grad and b.Grad, sets dx
//
// Invariants: Backward adds to Param.Grad and overwrites the gradient of its
// input; no result depends on the number of threads; each backward is held
// against finite differences of a float64 forward in the tests.
package nn

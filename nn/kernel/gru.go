package kernel

// GRUStep is the element-wise part of one step of a GRU for one sequence. gates
// [3*H] holds W x + b and becomes the gates r, z, n; projected [3*H] holds
// U h + c, before [H] the state h:
//
//	r, z = σ(gates + projected), n = tanh(gates + r∘projected), after = n + z∘(before - n)
//
// after may be before. It panics where a slice is shorter than after, of length
// H, asks for.
func GRUStep(gates, projected, before, after []float32) {
	h := len(after)
	active.gruStep(gates[:3*h], projected[:3*h], before[:h], after)
}

// GRUStepBackward turns the gates that GRUStep left into gradients. up [H] is
// the gradient of after that comes from above, carry [H] the one that the next
// step handed back. It leaves dLoss/d(W x + b) in gates, dLoss/d(U h + c) in
// projected, and in carry the part that goes straight to the state before.
func GRUStepBackward(gates, projected, before, up, carry []float32) {
	h := len(up)
	active.gruStepBackward(gates[:3*h], projected[:3*h], before[:h], up, carry[:h])
}

func gruStep(gates, projected, before, after []float32) {
	h := len(after)
	axpy(1, projected[:2*h], gates[:2*h])
	sigmoidLoop(gates[:2*h], gates[:2*h])
	r, z, n, u := gates[:h], gates[h:][:h], gates[2*h:][:h], projected[2*h:][:h]
	for j := range n {
		n[j] += r[j] * u[j]
	}
	tanhLoop(n, n)
	before = before[:h]
	for j := range after {
		after[j] = n[j] + z[j]*(before[j]-n[j])
	}
}

func gruStepBackward(gates, projected, before, up, carry []float32) {
	h := len(up)
	r, z, n := gates[:h], gates[h:][:h], gates[2*h:][:h]
	ghR, ghZ, u := projected[:h], projected[h:][:h], projected[2*h:][:h]
	before, carry = before[:h], carry[:h]
	for j, d := range up {
		rj, zj, nj := r[j], z[j], n[j]
		g := d + carry[j]
		rest := g * (1 - zj)
		dn := (1 - nj) * (1 + nj) * rest // as factors, precise near 1 as well
		dz := (before[j] - nj) * rest * zj
		dr := u[j] * dn * rj * (1 - rj)
		r[j], z[j], n[j] = dr, dz, dn
		ghR[j], ghZ[j], u[j] = dr, dz, dn*rj
		carry[j] = g * zj
	}
}

package kernel

import "math"

var gruCases = []loopCase{
	{
		name: "GRUStep", tolerance: 1e-6,
		lengths: func(h int) []int { return []int{3 * h, 3 * h, h, h} },
		run:     func(x [][]float32) { GRUStep(x[0], x[1], x[2], x[3]) },
		define: func(x [][]float64) {
			gates, projected, before, after := x[0], x[1], x[2], x[3]
			h := len(after)
			for j := range h {
				r := 1 / (1 + math.Exp(-gates[j]-projected[j]))
				z := 1 / (1 + math.Exp(-gates[h+j]-projected[h+j]))
				n := math.Tanh(gates[2*h+j] + r*projected[2*h+j])
				gates[j], gates[h+j], gates[2*h+j] = r, z, n
				after[j] = n + z*(before[j]-n)
			}
		},
	},
	{
		name: "GRUStepBackward", tolerance: 1e-5,
		lengths: func(h int) []int { return []int{3 * h, 3 * h, h, h, h} },
		run:     func(x [][]float32) { GRUStepBackward(x[0], x[1], x[2], x[3], x[4]) },
		define: func(x [][]float64) {
			gates, projected, before, up, carry := x[0], x[1], x[2], x[3], x[4]
			h := len(up)
			for j := range h {
				r, z, n, u := gates[j], gates[h+j], gates[2*h+j], projected[2*h+j]
				g := up[j] + carry[j]
				dn := g * (1 - z) * (1 - n*n)
				dz := g * (before[j] - n) * z * (1 - z)
				dr := dn * u * r * (1 - r)
				gates[j], gates[h+j], gates[2*h+j] = dr, dz, dn
				projected[j], projected[h+j], projected[2*h+j] = dr, dz, dn*r
				carry[j] = g * z
			}
		},
	},
}

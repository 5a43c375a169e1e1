package nn_test

import (
	"math"

	"github.com/reelrank/reelrank/nn"
)

// The layers' formulas as naive float64 loops.

// refLinear is y = x Wᵀ + b.
func refLinear(w, b, x []float64, in int) []float64 {
	out := len(b)
	y := make([]float64, len(x)/in*out)
	for i := range y {
		r, o := i/out, i%out
		y[i] = b[o]
		for k := range in {
			y[i] += w[o*in+k] * x[r*in+k]
		}
	}
	return y
}

// gruRef holds a GRU's parameters in float64.
type gruRef struct {
	in, hidden     int
	wx, wh, bx, bh tensor
}

func newGRURef(g *nn.GRU) gruRef {
	return gruRef{g.In, g.Hidden, paramTensor(g.WX), paramTensor(g.WH), paramTensor(g.BX), paramTensor(g.BH)}
}

func (g gruRef) tensors() []tensor { return []tensor{g.wx, g.wh, g.bx, g.bh} }

// forward runs one sequence after the other, one unit after the other.
func (g gruRef) forward(x []float64, seq nn.Packed) []float64 {
	h := g.hidden
	out := make([]float64, seq.Rows()*h)
	for b, length := range seq.Lengths {
		state := make([]float64, h)
		for t := range length {
			row := seq.Row(t, b)
			next := make([]float64, h)
			for j := range next {
				next[j] = g.unit(x[row*g.in:(row+1)*g.in], state, j)
			}
			state = next
			copy(out[row*h:], state)
		}
	}
	return out
}

// unit is the new value of unit j:
//
//	r = σ(Wr x + br + Ur h + cr), z likewise, n = tanh(Wn x + bn + r(Un h + cn)),
//	h' = (1-z) n + z h.
func (g gruRef) unit(x, state []float64, j int) float64 {
	affine := func(w, b, v []float64, gate int) float64 {
		row := gate*g.hidden + j
		s := b[row]
		for k, x := range v {
			s += w[row*len(v)+k] * x
		}
		return s
	}
	fromX := func(gate int) float64 { return affine(g.wx.ref, g.bx.ref, x, gate) }
	fromH := func(gate int) float64 { return affine(g.wh.ref, g.bh.ref, state, gate) }
	r, z := sigmoid(fromX(0)+fromH(0)), sigmoid(fromX(1)+fromH(1))
	n := math.Tanh(fromX(2) + r*fromH(2))
	return (1-z)*n + z*state[j]
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// refAttention pools every prefix anew, with a softmax over its scores.
func refAttention(w, bias, h []float64, seq nn.Packed) []float64 {
	width := len(w)
	out := make([]float64, len(h))
	for b, length := range seq.Lengths {
		for t := range length {
			var sum float64
			p := make([]float64, width)
			for s := range t + 1 {
				state := h[seq.Row(s, b)*width:][:width]
				e := bias[0]
				for k, v := range state {
					e += w[k] * v
				}
				sum += math.Exp(e)
				for k, v := range state {
					p[k] += math.Exp(e) * v
				}
			}
			for k := range p {
				out[seq.Row(t, b)*width+k] = p[k] / sum
			}
		}
	}
	return out
}

// refBatchNorm normalises each column by its batch's own mean and variance.
func refBatchNorm(gamma, beta, x []float64, epsilon float64) []float64 {
	w := len(gamma)
	rows := len(x) / w
	y := make([]float64, len(x))
	for c := range w {
		var mean, variance float64
		for r := range rows {
			mean += x[r*w+c] / float64(rows)
		}
		for r := range rows {
			variance += (x[r*w+c] - mean) * (x[r*w+c] - mean) / float64(rows)
		}
		for r := range rows {
			y[r*w+c] = gamma[c]*(x[r*w+c]-mean)/math.Sqrt(variance+epsilon) + beta[c]
		}
	}
	return y
}

// refNormalize divides each row by its Euclidean norm.
func refNormalize(x []float64, w int) []float64 {
	y := make([]float64, len(x))
	for r := range len(x) / w {
		var squares float64
		for c := range w {
			squares += x[r*w+c] * x[r*w+c]
		}
		for c := range w {
			y[r*w+c] = x[r*w+c] / math.Sqrt(squares)
		}
	}
	return y
}

// refSoftmaxLoss is the weighted mean of -log softmax(logits)[target].
func refSoftmaxLoss(logits []float64, target []int32, weight []float32) float64 {
	cols := len(logits) / len(target)
	var loss, total float64
	for r, at := range target {
		var sum float64
		for c := range cols {
			sum += math.Exp(logits[r*cols+c])
		}
		loss -= float64(weight[r]) * (logits[r*cols+int(at)] - math.Log(sum))
		total += float64(weight[r])
	}
	return loss / total
}

// refLogisticLoss is Σ weight * -(y log p + (1-y) log(1-p)) / total, p = σ(logit).
func refLogisticLoss(logits []float64, targets, weights []float32, total float64) float64 {
	var loss float64
	for i, x := range logits {
		p, y := sigmoid(x), float64(targets[i])
		loss -= float64(weights[i]) * (y*math.Log(p) + (1-y)*math.Log(1-p))
	}
	return loss / total
}

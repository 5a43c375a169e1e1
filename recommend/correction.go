package recommend

import (
	"math"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/nn/kernel"
)

// How a correction is fitted. Half of a correction's users, with some five
// relevant candidates each among a hundred, are plenty for 45 numbers; with
// fewer than leastChoices it would be noise.
const (
	choiceFolds  = 2
	leastChoices = 50
	choiceSteps  = 150
	choiceRate   = 0.05
	choiceDecay  = 0.003 // of squared weights, in standard deviations
)

// correctionDim is the width of what a correction is fitted on: the similarity,
// then the context.
const correctionDim = 1 + feature.ContextDim

// fitCorrection learns what the slots of a candidate's context add to its
// similarity, so that the relevant candidates of each question stand out from
// the others: the multinomial logit model of choice (McFadden 1974), by
//
//	-mean over questions of mean over hits of log softmax(a (similarity + context·own))
//
// with a ridge. Adam walks it, over standardised inputs. It is nil where too
// few questions have a hit, and where the similarity itself would count
// against a candidate, since then there is nothing to correct.
func fitCorrection(asked []question) []float32 {
	var useful []question
	for _, q := range asked {
		for _, hit := range q.hits {
			if hit {
				useful = append(useful, q)
				break
			}
		}
	}
	if len(useful) < leastChoices {
		return nil
	}
	inputs, scale := standardised(useful)
	w := descend(useful, inputs)
	a := w[0] * scale[0]
	if !(a > 0) {
		return nil
	}
	context := make([]float32, feature.ContextDim)
	for k := range context {
		context[k] = float32(w[1+k] * scale[1+k] / a)
	}
	return context
}

// standardised are the questions' inputs [candidates, correctionDim] with unit
// variance, and what they were multiplied by: 0 for an input that does not
// vary. Their means are left, since softmax does not see them.
func standardised(asked []question) (inputs [][]float32, scale []float64) {
	var n float64
	sums, squares := make([]float64, correctionDim), make([]float64, correctionDim)
	for _, q := range asked {
		x := make([]float32, len(q.reels)*correctionDim)
		for i := range q.reels {
			row := x[i*correctionDim:][:correctionDim]
			row[0] = q.similarity[i]
			copy(row[1:], q.own[i*feature.ContextDim:][:feature.ContextDim])
			for k, v := range row {
				sums[k] += float64(v)
				squares[k] += float64(v) * float64(v)
			}
			n++
		}
		inputs = append(inputs, x)
	}
	scale = make([]float64, correctionDim)
	for k := range scale {
		mean := sums[k] / n
		if variance := squares[k]/n - mean*mean; variance > 1e-8 {
			scale[k] = 1 / math.Sqrt(variance)
		}
	}
	for _, x := range inputs {
		for i := range x {
			x[i] *= float32(scale[i%correctionDim])
		}
	}
	return inputs, scale
}

// descend returns the weights of the inputs that minimise the loss.
func descend(asked []question, inputs [][]float32) []float64 {
	w, first, second := make([]float64, correctionDim), make([]float64, correctionDim), make([]float64, correctionDim)
	narrow := make([]float32, correctionDim)
	for step := 1; step <= choiceSteps; step++ {
		for k := range w {
			narrow[k] = float32(w[k])
		}
		gradient := make([]float64, correctionDim)
		for i := range asked {
			asked[i].addGradient(gradient, narrow, inputs[i])
		}
		for k := range w {
			g := gradient[k]/float64(len(asked)) + choiceDecay*w[k]
			first[k] = 0.9*first[k] + 0.1*g
			second[k] = 0.99*second[k] + 0.01*g*g
			mean, variance := first[k]/(1-math.Pow(0.9, float64(step))), second[k]/(1-math.Pow(0.99, float64(step)))
			w[k] -= choiceRate * mean / (math.Sqrt(variance) + 1e-8)
		}
	}
	return w
}

// addGradient adds the gradient of a question's loss by the weights.
func (q *question) addGradient(gradient []float64, w, x []float32) {
	n := len(q.reels)
	chance, largest, hits := make([]float64, n), math.Inf(-1), 0.0
	for i := range chance {
		chance[i] = float64(kernel.Dot(w, x[i*correctionDim:][:correctionDim]))
		largest = max(largest, chance[i])
		if q.hits[i] {
			hits++
		}
	}
	sum := 0.0
	for i, v := range chance {
		chance[i] = math.Exp(v - largest)
		sum += chance[i]
	}
	own := make([]float32, correctionDim)
	for i, v := range chance {
		d := v / sum
		if q.hits[i] {
			d -= 1 / hits
		}
		kernel.Axpy(float32(d), x[i*correctionDim:][:correctionDim], own)
	}
	for k, v := range own {
		gradient[k] += float64(v)
	}
}

package model

import (
	"fmt"
	"math"

	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/nn"
	"github.com/reelrank/reelrank/reel"
)

// reference is the network stated once more, as naive loops over float64 that
// share no code with Pass: one sequence after the other, every prefix anew.
type reference struct {
	cfg     Config
	p       map[string][]float64 // parameters by name
	running map[string][]float64 // BatchNorm's statistics; nil: those of the batch
	gain    map[string]float64   // what an embedding's row is multiplied by
	b       *Batch
	dots    []float64 // tower_dot of every row, if it is held still
}

func newReference(m *Model, b *Batch, inference bool) *reference {
	r := &reference{cfg: m.Config, p: map[string][]float64{}, b: b, gain: map[string]float64{}}
	for _, p := range m.Params() {
		r.p[p.Name] = widen(p.Value)
	}
	for name, e := range map[string]*nn.Embedding{"reel_id": m.IDs, "creator_id": m.Creators} {
		if e != nil {
			r.gain[name] = float64(e.Scale)
		}
	}
	if inference {
		r.running = map[string][]float64{}
		for _, t := range m.Tensors() {
			r.running[t.Name] = widen(t.Data)
		}
	}
	return r
}

func widen(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// losses is the whole objective, and the logits [row][head].
func (r *reference) losses(obj Objective) (Losses, [][]float64) {
	vectors := r.reels()
	states := r.states(vectors)
	var l Losses
	var queries [][]float64
	if r.cfg.Tower > 0 {
		queries = r.queries(vectors, states)
		if obj.RetrievalWeight > 0 {
			l.Retrieval = r.retrieval(vectors, queries)
			l.Total += obj.RetrievalWeight * l.Retrieval
		}
	}
	logits := r.rank(vectors, states, r.towerDots(vectors, queries))
	for h := range reel.NumHeads {
		l.Heads[h] = r.headLoss(logits, h)
		l.Total += obj.HeadWeights[h] * l.Heads[h]
	}
	return l, logits
}

func (r *reference) content(c int) []float64 {
	return widen(r.b.Content[c*feature.ReelDim : (c+1)*feature.ReelDim])
}

// reels are the distinct reels' vectors: the normalised tower outputs, or the
// raw vectors.
func (r *reference) reels() [][]float64 {
	var vectors [][]float64
	for c := range r.b.Reels() {
		x := r.content(c)
		if r.cfg.Tower > 0 {
			x = affine(r.p["tower.weight"], r.p["tower.bias"], x)
			r.embed(x, "reel_id", r.b.IDs[c])
			r.embed(x, "creator_id", r.b.Makers[c])
			x = unit(x)
		}
		vectors = append(vectors, x)
	}
	return vectors
}

func (r *reference) embed(x []float64, name string, row int32) {
	table := r.p[name+".table"]
	if table == nil || row < 0 {
		return
	}
	for k := range x {
		x[k] += r.gain[name] * table[int(row)*len(x)+k]
	}
}

// states are the user's state before every exposure: zero before the first,
// else the attention pool over the GRU's states of all exposures before.
func (r *reference) states(vectors [][]float64) [][]float64 {
	states := make([][]float64, r.b.Rows())
	for s, length := range r.b.Seq.Lengths {
		var inputs [][]float64
		for t := range length {
			row := r.b.Seq.Row(t, s)
			if r.cfg.Encoder == EncoderTransformer {
				states[row] = r.transform(inputs)
			} else {
				states[row] = r.pool(r.recur(inputs))
			}
			inputs = append(inputs, r.eventInput(vectors, row))
		}
	}
	return states
}

func (r *reference) eventInput(vectors [][]float64, row int) []float64 {
	v, event := vectors[r.b.Reel[row]], widen(r.b.Event[row*feature.EventDim:(row+1)*feature.EventDim])
	if r.cfg.Tower == 0 {
		return append(append([]float64{}, v[:feature.EventAt]...), event...)
	}
	return append(r.stretched(v), event...)
}

// stretched is a unit vector times the root of its width.
func (r *reference) stretched(v []float64) []float64 {
	y := make([]float64, len(v))
	for k := range v {
		y[k] = math.Sqrt(float64(r.cfg.Tower)) * v[k]
	}
	return y
}

// transform is the last step's output of the blocks over the inputs; zero for
// none.
func (r *reference) transform(inputs [][]float64) []float64 {
	if len(inputs) == 0 {
		return make([]float64, r.cfg.Hidden)
	}
	var xs [][]float64
	for _, x := range inputs {
		xs = append(xs, affine(r.p["project.weight"], r.p["project.bias"], x))
	}
	for layer := range r.cfg.Layers {
		name := fmt.Sprintf("block%d.", layer+1)
		var next [][]float64
		for t := range xs {
			next = append(next, r.transformStep(name, xs[:t+1]))
		}
		xs = next
	}
	return r.rms("block.norm", xs[len(xs)-1])
}

// transformStep is a block's output after the last of the steps.
func (r *reference) transformStep(name string, xs [][]float64) []float64 {
	h, heads := r.cfg.Hidden, r.cfg.Heads
	width, reach := h/heads, reel.HistoryLen
	var qkv [][]float64
	for _, x := range xs {
		qkv = append(qkv, affine(r.p[name+"attention.in.weight"], r.p[name+"attention.in.bias"], r.rms(name+"norm1", x)))
	}
	last := len(xs) - 1
	read := make([]float64, h)
	for head := range heads {
		var sum float64
		out := read[head*width : (head+1)*width]
		for back := 0; back <= last && back < reach; back++ {
			k := qkv[last-back][h+head*width:][:width]
			e := math.Exp(dot(qkv[last][head*width:][:width], k)/math.Sqrt(float64(width)) + r.p[name+"attention.bias"][head*reach+reach-1-back])
			sum += e
			for j, v := range qkv[last-back][2*h+head*width:][:width] {
				out[j] += e * v
			}
		}
		for j := range out {
			out[j] /= sum
		}
	}
	a := affine(r.p[name+"attention.out.weight"], r.p[name+"attention.out.bias"], read)
	for j := range a {
		a[j] += xs[last][j]
	}
	up := affine(r.p[name+"up.weight"], r.p[name+"up.bias"], r.rms(name+"norm2", a))
	for j := range up {
		up[j] = max(up[j], 0)
	}
	y := affine(r.p[name+"down.weight"], r.p[name+"down.bias"], up)
	for j := range y {
		y[j] += a[j]
	}
	return y
}

// rms divides by the root mean square.
func (r *reference) rms(name string, x []float64) []float64 {
	y := make([]float64, len(x))
	root := math.Sqrt(dot(x, x)/float64(len(x)) + 1e-6)
	for j := range y {
		y[j] = r.p[name+".gain"][j] * x[j] / root
	}
	return y
}

// recur runs the GRU layers over the inputs.
func (r *reference) recur(xs [][]float64) [][]float64 {
	h := r.cfg.Hidden
	for layer := range r.cfg.Layers {
		name := fmt.Sprintf("gru%d.", layer+1)
		state := make([]float64, h)
		var out [][]float64
		for _, x := range xs {
			a := affine(r.p[name+"weight_input"], r.p[name+"bias_input"], x)
			u := affine(r.p[name+"weight_hidden"], r.p[name+"bias_hidden"], state)
			next := make([]float64, h)
			for j := range next {
				reset, update := sigmoid(a[j]+u[j]), sigmoid(a[h+j]+u[h+j])
				n := math.Tanh(a[2*h+j] + reset*u[2*h+j])
				next[j] = (1-update)*n + update*state[j]
			}
			state = next
			out = append(out, next)
		}
		xs = out
	}
	return xs
}

// pool is the softmax-weighted mean of the states; zero for none.
func (r *reference) pool(states [][]float64) []float64 {
	p := make([]float64, r.cfg.Hidden)
	var sum float64
	for _, s := range states {
		e := math.Exp(dot(r.p["attention.weight"], s) + r.p["attention.bias"][0])
		sum += e
		for k := range p {
			p[k] += e * s[k]
		}
	}
	for k := range p {
		p[k] /= max(sum, math.SmallestNonzeroFloat64)
	}
	return p
}

// queries are every row's retrieval vector: the projected state and the mean
// of what was enjoyed before.
func (r *reference) queries(vectors, states [][]float64) [][]float64 {
	queries := make([][]float64, r.b.Rows())
	for s, length := range r.b.Seq.Lengths {
		for t := range length {
			row := r.b.Seq.Row(t, s)
			q := affine(r.p["query.weight"], r.p["query.bias"], states[row])
			for k := range q {
				sum, n := 0.0, 1.0
				for before := range t {
					if at := r.b.Seq.Row(before, s); r.b.Enjoyed[at] > 0 {
						sum += vectors[r.b.Reel[at]][k]
						n++
					}
				}
				q[k] += r.p["query.enjoyed"][k] * sum / n
			}
			queries[row] = unit(q)
		}
	}
	return queries
}

func (r *reference) towerDots(vectors, queries [][]float64) []float64 {
	if r.dots != nil || queries == nil {
		return r.dots
	}
	var dots []float64
	for row, c := range r.b.Reel {
		dots = append(dots, 2*r.cfg.Temperature*math.Log(r.interest(row, vectors, queries, vectors[c])))
	}
	return dots
}

// interest is exp(similarity/temperature) of a row's user before it and a reel.
func (r *reference) interest(row int, vectors, queries [][]float64, v []float64) float64 {
	sum := math.Exp(dot(queries[row], v) / r.cfg.Temperature)
	if !r.cfg.Interests {
		return sum
	}
	values := r.p["query.interest"]
	for s, length := range r.b.Seq.Lengths {
		var before []int
		for t := range length {
			at := r.b.Seq.Row(t, s)
			if at == row {
				for _, h := range before {
					sum += math.Exp(values[0] + math.Exp(values[1])*dot(vectors[r.b.Reel[h]], v))
				}
			}
			if r.b.Enjoyed[at] > 0 {
				before = append(before, at)
			}
		}
	}
	return sum
}

// retrieval is the sampled softmax over the reels that were there already.
func (r *reference) retrieval(vectors, queries [][]float64) float64 {
	var loss, total float64
	for row, weight := range r.b.Recall {
		target := int(r.b.Reel[row])
		var sum, own float64
		for c, v := range vectors {
			if r.b.Upload[c] > r.b.Now[row] && c != target {
				continue
			}
			age := r.p["query.age"][referenceBucket(r.b.Now[row], r.b.Upload[c])]
			logit := math.Log(r.interest(row, vectors, queries, v)) + age/r.cfg.Temperature - float64(r.b.LogQ[c])
			sum += math.Exp(logit)
			if c == target {
				own = logit
			}
		}
		loss += float64(weight) * (math.Log(sum) - own)
		total += float64(weight)
	}
	if total == 0 {
		return 0
	}
	return loss / total
}

// referenceBucket counts the edges that an age has reached.
func referenceBucket(now, uploaded int64) int {
	if uploaded == 0 {
		return len(ageEdges) + 1
	}
	n := 0
	for _, hours := range ageEdges {
		if now-uploaded >= hours*3600 {
			n++
		}
	}
	return n
}

// rank is the logits of every row.
func (r *reference) rank(vectors, states [][]float64, dots []float64) [][]float64 {
	var xs [][]float64
	for row, c := range r.b.Reel {
		x := append([]float64{}, vectors[c]...)
		if r.cfg.Tower > 0 {
			x = r.stretched(x)
		}
		context := widen(r.b.Context[row*feature.ContextDim : (row+1)*feature.ContextDim])
		if dots != nil {
			context[feature.TowerDot] = dots[row]
		}
		xs = append(xs, append(append(x, states[row]...), context...))
	}
	for i := range r.cfg.Dense {
		xs = r.block(fmt.Sprintf("dense%d", i+1), xs)
	}
	return r.each(xs, "heads")
}

func (r *reference) each(xs [][]float64, layer string) [][]float64 {
	var ys [][]float64
	for _, x := range xs {
		ys = append(ys, affine(r.p[layer+".weight"], r.p[layer+".bias"], x))
	}
	return ys
}

// block is one dense layer: linear, BatchNorm, ReLU.
func (r *reference) block(name string, xs [][]float64) [][]float64 {
	ys := r.each(xs, name)
	for k := range ys[0] {
		mean, variance := r.moments(name, ys, k)
		for _, y := range ys {
			y[k] = r.p[name+".norm.gamma"][k]*(y[k]-mean)/math.Sqrt(variance+1e-5) + r.p[name+".norm.beta"][k]
			y[k] = math.Max(y[k], 0)
		}
	}
	return ys
}

func (r *reference) moments(name string, ys [][]float64, k int) (mean, variance float64) {
	if r.running != nil {
		return r.running[name+".norm.running_mean"][k], r.running[name+".norm.running_var"][k]
	}
	for _, y := range ys {
		mean += y[k] / float64(len(ys))
	}
	for _, y := range ys {
		variance += (y[k] - mean) * (y[k] - mean) / float64(len(ys))
	}
	return mean, variance
}

// headLoss is the cross entropy of one head, -(y log p + (1-y) log(1-p)).
func (r *reference) headLoss(logits [][]float64, h int) float64 {
	var loss, total float64
	for row, w := range r.b.Weights[h] {
		p, y := sigmoid(logits[row][h]), float64(r.b.Targets[h][row])
		loss -= float64(w) * (y*math.Log(p) + (1-y)*math.Log(1-p))
		total += float64(w)
	}
	if total == 0 {
		return 0
	}
	return loss / total
}

// affine is W x + b; most of a reel's values are zero here.
func affine(w, b, x []float64) []float64 {
	y := append([]float64{}, b...)
	for k, v := range x {
		if v == 0 {
			continue
		}
		for o := range y {
			y[o] += w[o*len(x)+k] * v
		}
	}
	return y
}

func dot(x, y []float64) float64 {
	var s float64
	for k := range x {
		s += x[k] * y[k]
	}
	return s
}

func unit(x []float64) []float64 {
	norm := math.Sqrt(dot(x, x))
	y := make([]float64, len(x))
	for k := range x {
		y[k] = x[k] / norm
	}
	return y
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

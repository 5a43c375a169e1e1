package kernel

// peakLoop multiplies and adds in registers alone, as fast as the execution
// units of one core can: what a set's other loops are measured against.
type peakLoop struct {
	// run steps each of the sums `rounds` times by x = x/2 + 1 from 0, at least
	// once, and sets lanes to their totals by vector lane. A sum is exactly 2
	// from the 25th round on: neither speed nor power depends on how long it runs.
	run   func(rounds int, lanes *[16]float32)
	sums  int // at once
	width int // lanes of each
}

// flops counts the operations of one round: a product and an addition per lane.
func (l peakLoop) flops() int { return 2 * l.sums * l.width }

var portablePeak = peakLoop{run: peakScalar, sums: 12, width: 1}

// peakScalar has twelve sums in named variables, since only those stay in
// registers: three or four cycles each for product and addition, at two
// products and two additions a cycle, keep that many under way.
func peakScalar(rounds int, lanes *[16]float32) {
	var a, b, c, d, e, f, g, h, i, j, k, l float32
	for range rounds {
		a = a*0.5 + 1
		b = b*0.5 + 1
		c = c*0.5 + 1
		d = d*0.5 + 1
		e = e*0.5 + 1
		f = f*0.5 + 1
		g = g*0.5 + 1
		h = h*0.5 + 1
		i = i*0.5 + 1
		j = j*0.5 + 1
		k = k*0.5 + 1
		l = l*0.5 + 1
	}
	*lanes = [16]float32{a + b + c + d + e + f + g + h + i + j + k + l}
}

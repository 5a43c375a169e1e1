package kuairand

// floor scores rows by the sum of the logits of smoothed rates, of the user,
// the video, the author, the tab, the tag and the duration: what anyone would
// try first. It needs no learning but counting.
type floor struct {
	n, positives float64
	counts       map[uint64]*[2]float64 // exposures and positives
	signal       Signal
}

// floorStrength is how many exposures' worth of prior a rate has.
const floorStrength = 20

// floorParts are the groups whose rates are summed up.
func floorParts(e *Exposure) [6]uint64 {
	return [...]uint64{
		key(0, uint64(e.User), 0), key(1, uint64(e.Video), 0), key(2, uint64(e.Author), 0),
		key(3, uint64(e.Tab), 0), key(4, e.tag(), 0), key(5, durationBucket(e.Duration, 2), 0),
	}
}

func (f *floor) add(e *Exposure) {
	y := float64(flag(e.Is[f.signal]))
	f.n++
	f.positives += y
	for _, k := range floorParts(e) {
		c := f.counts[k]
		if c == nil {
			c = new([2]float64)
			f.counts[k] = c
		}
		c[0]++
		c[1] += y
	}
}

func (f *floor) score(e *Exposure) float64 {
	prior := f.positives / max(f.n, 1)
	var sum float64
	for _, k := range floorParts(e) {
		var c [2]float64
		if known := f.counts[k]; known != nil {
			c = *known
		}
		sum += float64(logit(float32((c[1] + floorStrength*prior) / (c[0] + floorStrength))))
	}
	return sum
}

// floorScores scores the test rows for a signal. The counts are of the training
// days, or, streaming, of all that happened before the row's time.
func floorScores(l *Log, p Parts, s Signal, streaming bool) []float64 {
	f := &floor{counts: map[uint64]*[2]float64{}, signal: s}
	if !streaming {
		for _, r := range p.Train {
			f.add(&l.Rows[r])
		}
	}
	scores := make([]float64, 0, len(p.Test))
	next := 0 // the first row that is not counted yet
	for _, r := range p.Test {
		e := &l.Rows[r]
		for ; streaming && l.Rows[next].Time < e.Time; next++ {
			f.add(&l.Rows[next])
		}
		scores = append(scores, f.score(e))
	}
	return scores
}

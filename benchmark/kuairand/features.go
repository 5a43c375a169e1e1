package kuairand

import "context"

// Features are the dense inputs of every row.
type Features struct {
	Names []string
	X     []float32 // [rows, len(Names)]
}

// Row is the features of row i.
func (f *Features) Row(i int) []float32 {
	w := len(f.Names)
	return f.X[i*w : (i+1)*w]
}

// Stream walks through the log and computes each row's features from what is
// known before its time. Rows of the same time do not see each other.
func Stream(ctx context.Context, l *Log, report func(done, total int)) (*Features, error) {
	k := know(l)
	w, f := &writer{naming: true}, &Features{}
	for lo := 0; lo < len(l.Rows); {
		if lo&0xfff == 0 {
			report(lo, len(l.Rows))
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		hi := lo
		for ; hi < len(l.Rows) && l.Rows[hi].Time == l.Rows[lo].Time; hi++ {
			w.row = w.row[:0]
			k.write(w, &l.Rows[hi])
			if w.naming {
				w.naming, f.Names, f.X = false, w.names, make([]float32, 0, len(w.names)*len(l.Rows))
			}
			f.X = append(f.X, w.row...)
		}
		for ; lo < hi; lo++ {
			k.observe(&l.Rows[lo])
		}
	}
	report(len(l.Rows), len(l.Rows))
	return f, nil
}

// writer lays the numbers of a row side by side.
type writer struct {
	row    []float32
	prefix string   // of the names
	names  []string // of the first row's numbers
	naming bool     // whether this is the first row
}

func (w *writer) put(name string, v float32) {
	if w.naming {
		w.names = append(w.names, w.prefix+name)
	}
	w.row = append(w.row, v)
}

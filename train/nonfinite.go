package train

import (
	"fmt"
	"math"

	"github.com/reelrank/reelrank/model"
)

// NonFiniteError says where numbers first stopped being numbers. Weights and
// running statistics are those before the step.
type NonFiniteError struct {
	Step  int    // updates done before
	Layer string // e.g. "gru1" or "gradient of heads.weight"
}

func (e *NonFiniteError) Error() string {
	return fmt.Sprintf("training: step %d: %s is not finite: lower train.learning_rate or train.clip_norm, or look for extreme input values", e.Step+1, e.Layer)
}

// brokenLayer names what made the last forward pass's loss no number; "" for
// one that is.
func (t *Trainer) brokenLayer(loss model.Losses) string {
	if !math.IsNaN(loss.Total) && !math.IsInf(loss.Total, 0) {
		return ""
	}
	if layer := t.pass.FirstNonFinite(); layer != "" {
		return layer
	}
	return "the loss"
}

// keepNorms copies the running statistics, which a forward pass moves, so
// that restoreNorms can take a failed step back.
func (t *Trainer) keepNorms() {
	t.norms = t.norms[:0]
	for _, b := range t.m.Dense {
		t.norms = append(append(t.norms, b.Norm.Mean...), b.Norm.Var...)
	}
}

func (t *Trainer) restoreNorms() {
	at := t.norms
	for _, b := range t.m.Dense {
		at = at[copy(b.Norm.Mean, at):]
		at = at[copy(b.Norm.Var, at):]
	}
}

package pipeline

import (
	"fmt"
	"math"
)

// column is a Spec with what was learned for it.
type column struct {
	Spec
	FittedNumber float64     `json:"fitted_number,omitempty"` // replaces a missing number
	FittedLabel  string      `json:"fitted_label,omitempty"`  // replaces a missing label
	Vocabulary   *vocabulary `json:"vocabulary,omitempty"`    // of a categorical column
	Scaler       scaler      `json:"scaler"`
}

// fitColumn learns from the kept rows of src, which is nil for an absent column.
func fitColumn(s Spec, src *Column, kept []int) (column, error) {
	c := column{Spec: s, Scaler: identity}
	cells := make([]Cell, len(kept))
	for i, row := range kept {
		cells[i] = absent
		if src != nil {
			cells[i] = src.cell(row)
		}
	}
	if s.Kind == Categorical {
		if err := c.fitLabels(cells); err != nil {
			return c, err
		}
	} else {
		c.fitNumbers(cells)
	}
	return c, c.fitScaling(cells)
}

func (c *column) fitNumbers(cells []Cell) {
	var present []float64
	for _, cell := range cells {
		if !cell.missing(Numeric) {
			present = append(present, cell.Number)
		}
	}
	c.FittedNumber = fillNumber(&c.Spec, present)
}

func (c *column) fitLabels(cells []Cell) error {
	var present []string
	for _, cell := range cells {
		if cell.Label != "" {
			present = append(present, cell.Label)
		}
	}
	c.FittedLabel = fillLabel(&c.Spec, present)
	if len(present) < len(cells) && c.FittedLabel == "" {
		return fmt.Errorf(`holds no label at all to take the %s of: use missing "constant"`, c.Missing)
	}
	for range len(cells) - len(present) {
		present = append(present, c.FittedLabel)
	}
	filler := ""
	if c.Missing == Constant {
		filler = c.FillLabel
	}
	c.Vocabulary = fitVocabulary(present, c.MaxCategories, filler)
	return nil
}

// fitScaling learns the scale of the filled and encoded values, so that it is
// the scale of what the model sees.
func (c *column) fitScaling(cells []Cell) error {
	if c.Scaling == Unscaled {
		return nil
	}
	values := make([]float64, len(cells))
	for i, cell := range cells {
		if reason := c.write(values[i:i+1], cell); reason != "" {
			return fmt.Errorf("row %d %s", i, reason)
		}
	}
	c.Scaler = fitScaler(c.Scaling, values)
	return c.check()
}

// check refuses learned numbers that would not transform to finite ones.
func (c *column) check() error {
	for _, v := range []float64{c.FittedNumber, c.Scaler.Center, c.Scaler.Spread} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("its values are too large to compute a mean or spread of: rescale them first")
		}
	}
	if c.Scaler.Spread <= 0 {
		return fmt.Errorf("spread %g is not positive", c.Scaler.Spread)
	}
	if (c.Kind == Categorical) != (c.Vocabulary != nil) {
		return fmt.Errorf("a categorical column, and no other, has a vocabulary")
	}
	if c.Vocabulary == nil {
		return nil
	}
	return c.Vocabulary.check()
}

// width is the number of outputs.
func (c *column) width() int {
	if c.Encoding == OneHot {
		return len(c.Vocabulary.Labels)
	}
	return 1
}

func (c *column) appendNames(names []string) []string {
	if c.Encoding != OneHot {
		return append(names, c.Name)
	}
	for _, l := range c.Vocabulary.Labels {
		names = append(names, c.Name+"="+l)
	}
	return names
}

// write puts the outputs of a cell into dst, [width()]. It returns why it
// cannot, or "". A cell missing under Drop must not come here.
func (c *column) write(dst []float64, cell Cell) string {
	if c.Kind == Categorical {
		if reason := c.writeLabel(dst, cell.Label); reason != "" || c.Encoding == OneHot {
			return reason
		}
	} else {
		dst[0] = cell.Number
		if math.IsNaN(cell.Number) {
			dst[0] = c.FittedNumber
		}
	}
	dst[0] = c.Scaler.apply(dst[0])
	if math.IsNaN(dst[0]) || math.IsInf(dst[0], 0) {
		return fmt.Sprintf("holds %g, which is too large for the fitted scale", cell.Number)
	}
	return ""
}

func (c *column) writeLabel(dst []float64, label string) string {
	if label == "" {
		label = c.FittedLabel
	}
	i := c.Vocabulary.find(label, c.Unseen)
	if i < 0 {
		return fmt.Sprintf("holds %q, which the fit did not see (policy %q)", label, c.Unseen)
	}
	c.Vocabulary.encode(dst, c.Encoding, i)
	return ""
}

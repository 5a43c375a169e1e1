package pipeline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// FormatVersion is the version of the JSON form. It changes whenever an older
// reader would misread it.
const FormatVersion = 1

// saved is the JSON form.
type saved struct {
	Version int      `json:"version"`
	Columns []column `json:"columns"`
}

// MarshalJSON writes the fitted state. Floats keep every bit, so that a
// reloaded pipeline transforms bit-identically.
func (p *Pipeline) MarshalJSON() ([]byte, error) {
	return json.Marshal(saved{FormatVersion, p.columns})
}

// UnmarshalJSON reads what MarshalJSON wrote and refuses anything else: another
// version, unknown fields or strategies, and states that Fit cannot produce.
func (p *Pipeline) UnmarshalJSON(b []byte) error {
	var version struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(b, &version); err != nil {
		return fmt.Errorf("pipeline: read the state: %w", err)
	}
	if version.Version != FormatVersion {
		return fmt.Errorf("pipeline: the state has version %d, this program reads version %d: fit again", version.Version, FormatVersion)
	}
	var s saved
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return fmt.Errorf("pipeline: read the state: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("pipeline: read the state: there is more after its end")
	}
	loaded := Pipeline{columns: s.Columns}
	if err := loaded.restore(); err != nil {
		return err
	}
	*p = loaded
	return nil
}

// restore checks a read state and derives what is not saved.
func (p *Pipeline) restore() error {
	faults := specFaults(p.Specs())
	for i := range p.columns {
		c := &p.columns[i]
		if err := c.check(); err != nil {
			faults = append(faults, Fault{c.Name, err.Error()})
			continue
		}
		if c.Vocabulary != nil {
			c.Vocabulary.index()
		}
	}
	if len(faults) > 0 {
		return asError(faults)
	}
	p.listNames()
	return nil
}

package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// FormatVersion is the one version of the layout that this package writes and reads.
const FormatVersion = 1

// The files that every bundle has.
const (
	ManifestFile = "manifest.json"
	ChecksumFile = "manifest.sha256"
	WeightsFile  = "weights.safetensors"
)

// maxManifestBytes bounds what is read before anything is known of the bundle.
const maxManifestBytes = 256 << 20

// Kind tells a servable bundle from a checkpoint of a training run.
type Kind string

// The kinds.
const (
	KindBundle     Kind = "bundle"     // complete: can be served
	KindCheckpoint Kind = "checkpoint" // a training run to be resumed, with the optimiser's state
)

// Manifest describes a bundle. The caller of [Writer.Commit] fills in the
// first part; the writer derives the second from what was added.
type Manifest struct {
	FormatVersion int                `json:"format_version"`
	Kind          Kind               `json:"kind"`
	Preset        string             `json:"preset"`     // the model's shape, such as "seed"
	Created       int64              `json:"created"`    // unix seconds; passed in, so that equal runs give equal bytes
	Config        json.RawMessage    `json:"config"`     // the model's configuration
	Pipeline      json.RawMessage    `json:"pipeline"`   // the state of the fitted preprocessing
	Vocabulary    json.RawMessage    `json:"vocabulary"` // what the rows of the embedding tables stand for
	Metrics       map[string]float64 `json:"metrics"`    // measured before saving, such as "ndcg@10"
	DataWindow    DataWindow         `json:"data_window"`

	ModelVersion string          `json:"model_version"` // the preset and the start of the weights' SHA-256: "seed-0123456789ab"
	Parameters   ParameterTable  `json:"parameters"`
	Files        map[string]File `json:"files"` // every file but the manifest and its checksum
}

// DataWindow says what the model was trained on.
type DataWindow struct {
	From         int64 `json:"from"` // unix seconds of the first interaction
	To           int64 `json:"to"`   // unix seconds of the last interaction
	Interactions int   `json:"interactions"`
	Users        int   `json:"users"`
	Reels        int   `json:"reels"`
}

// ParameterTable lists the tensors of the weights by name.
type ParameterTable struct {
	Total   int         `json:"total"` // the sum of all counts
	Tensors []Parameter `json:"tensors"`
}

// Parameter is one tensor of the weights.
type Parameter struct {
	Name  string `json:"name"`
	Shape []int  `json:"shape"`
	Count int    `json:"count"` // the product of Shape
}

// File is what the manifest knows of a file.
type File struct {
	SHA256 string `json:"sha256"` // 64 lower-case hexadecimal digits
	Bytes  int64  `json:"bytes"`
}

// modelVersion names weights: 48 bits of the hash tell any number of models
// that a team will ever train apart.
func modelVersion(preset, weightsSHA256 string) string {
	return preset + "-" + weightsSHA256[:12]
}

func parameterTable(tensors []Tensor) ParameterTable {
	t := ParameterTable{Tensors: make([]Parameter, 0, len(tensors))}
	for _, x := range tensors {
		shape := slices.Clone(x.Shape)
		if shape == nil {
			shape = []int{}
		}
		t.Tensors = append(t.Tensors, Parameter{Name: x.Name, Shape: shape, Count: len(x.Data)})
		t.Total += len(x.Data)
	}
	slices.SortFunc(t.Tensors, func(a, b Parameter) int { return strings.Compare(a.Name, b.Name) })
	return t
}

// difference names the first tensor by which two tables differ, or is "".
func (t ParameterTable) difference(weights ParameterTable) string {
	for i, want := range t.Tensors {
		if i >= len(weights.Tensors) {
			return fmt.Sprintf("tensor %q is listed in the manifest and not in the weights", want.Name)
		}
		got := weights.Tensors[i]
		if got.Name != want.Name {
			return fmt.Sprintf("tensor %q is where the manifest lists %q", got.Name, want.Name)
		}
		if !slices.Equal(got.Shape, want.Shape) || got.Count != want.Count {
			return fmt.Sprintf("tensor %q has shape %v and %d values; the manifest lists shape %v and %d values",
				got.Name, got.Shape, got.Count, want.Shape, want.Count)
		}
	}
	if len(weights.Tensors) > len(t.Tensors) {
		return fmt.Sprintf("tensor %q is not listed in the manifest", weights.Tensors[len(t.Tensors)].Name)
	}
	if t.Total != weights.Total {
		return fmt.Sprintf("the weights have %d values in all; the manifest lists %d", weights.Total, t.Total)
	}
	return ""
}

// encode returns the one JSON text of the manifest: indented, keys in the
// order of the struct, maps by key.
func (m *Manifest) encode() ([]byte, error) {
	for _, name := range slices.Sorted(maps.Keys(m.Metrics)) {
		if v := m.Metrics[name]; math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("metric %q is %v: leave it out where it is not defined", name, v)
		}
	}
	for _, field := range []struct {
		name string
		raw  json.RawMessage
	}{{"config", m.Config}, {"pipeline", m.Pipeline}, {"vocabulary", m.Vocabulary}} {
		if field.raw != nil && !json.Valid(field.raw) {
			return nil, fmt.Errorf("%s is not valid JSON", field.name)
		}
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(m); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// decodeManifest is the strict inverse of encode. The format version is looked
// at first, since another version may well have other fields.
func decodeManifest(data []byte) (Manifest, error) {
	var m Manifest
	if err := checkDuplicateKeys(data); err != nil {
		return m, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	var head struct {
		FormatVersion *int `json:"format_version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return m, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if head.FormatVersion == nil {
		return m, fmt.Errorf("%w: it has no format_version", ErrMalformed)
	}
	if *head.FormatVersion != FormatVersion {
		return m, versionError(*head.FormatVersion)
	}
	if err := unmarshalStrict(data, &m); err != nil {
		return m, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if err := m.validate(); err != nil {
		return m, err
	}
	for _, raw := range []*json.RawMessage{&m.Config, &m.Pipeline, &m.Vocabulary} {
		*raw = compact(*raw)
	}
	return m, nil
}

func versionError(got int) error {
	advice := "export it again with the release that wrote it, or train anew"
	if got > FormatVersion {
		advice = "a newer release wrote it: upgrade reelrank, or train anew with this one"
	}
	return fmt.Errorf("%w: it has version %d, this release reads version %d: %s", ErrVersion, got, FormatVersion, advice)
}

// validate checks what can be known of a manifest without the other files.
func (m *Manifest) validate() error {
	if m.Kind != KindBundle && m.Kind != KindCheckpoint {
		return fmt.Errorf("%w: kind is %q, neither %q nor %q", ErrMalformed, m.Kind, KindBundle, KindCheckpoint)
	}
	if err := checkPreset(m.Preset); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	for _, name := range slices.Sorted(maps.Keys(m.Files)) {
		if err := checkName(name); err != nil {
			return fmt.Errorf("%w: files: %w", ErrUnsafe, err)
		}
		f := m.Files[name]
		sum, err := hex.DecodeString(f.SHA256)
		if err != nil || len(sum) != sha256.Size || f.SHA256 != strings.ToLower(f.SHA256) {
			return fmt.Errorf("%w: files: the sha256 of %q is not 64 lower-case hexadecimal digits", ErrMalformed, name)
		}
		if f.Bytes < 0 {
			return fmt.Errorf("%w: files: the size of %q is negative", ErrMalformed, name)
		}
	}
	weights, ok := m.Files[WeightsFile]
	if !ok {
		return fmt.Errorf("%s %w", WeightsFile, ErrUnlisted)
	}
	if want := modelVersion(m.Preset, weights.SHA256); m.ModelVersion != want {
		return fmt.Errorf("%w: model_version is %q, the weights make it %q", ErrMalformed, m.ModelVersion, want)
	}
	return nil
}

// compact undoes the indentation that the manifest gives to embedded JSON, so
// that a round trip keeps it; null becomes nil.
func compact(raw json.RawMessage) json.RawMessage {
	var buf bytes.Buffer
	if err := json.Compact(&buf, raw); err != nil || buf.String() == "null" {
		return nil
	}
	return buf.Bytes()
}

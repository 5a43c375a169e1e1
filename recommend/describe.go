package recommend

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/model/bundle"
	"github.com/reelrank/reelrank/nn"
)

// ModelTable lists a network's layers with their learned parameters.
type ModelTable struct {
	Title string
	Rows  []ModelRow
	Total int
}

// ModelRow is one layer.
type ModelRow struct {
	Layer      string
	Shapes     string // of its tensors, e.g. "[256, 1216] [256]"
	Parameters int
}

// DescribePreset tables the sizes of a preset.
func DescribePreset(name string) (ModelTable, error) {
	cfg, err := model.PresetConfig(name)
	if err != nil {
		return ModelTable{}, err
	}
	return describeModel("preset "+name, cfg)
}

// DescribeBundle tables the model of a bundle directory.
func DescribeBundle(dir string) (ModelTable, error) {
	manifest, err := bundle.ReadManifest(dir)
	if err != nil {
		return ModelTable{}, err
	}
	var s settings
	if err := json.Unmarshal(manifest.Config, &s); err != nil {
		return ModelTable{}, fmt.Errorf("bundle %s: config: %w", dir, err)
	}
	return describeModel(fmt.Sprintf("bundle %s, model %s", dir, manifest.ModelVersion), s.Model)
}

// BundleFacts are the facts of a bundle's manifest, without reading the rest.
func BundleFacts(dir string) (Facts, error) {
	manifest, err := bundle.ReadManifest(dir)
	if err != nil {
		return Facts{}, loadError(dir, err)
	}
	s := settings{Config: config.Default()}
	if err := json.Unmarshal(manifest.Config, &s); err != nil {
		return Facts{}, fmt.Errorf("bundle %s: config: %w", dir, err)
	}
	d := manifest.DataWindow
	return Facts{
		ModelVersion: manifest.ModelVersion, Preset: manifest.Preset, Parameters: manifest.Parameters.Total,
		Reels: d.Reels, Users: d.Users, TrainedOn: d.Interactions, DataFrom: d.From, DataTo: d.To, LearnedTo: s.Cuts.TestFrom,
		Metrics: manifest.Metrics,
	}, nil
}

func describeModel(title string, cfg model.Config) (ModelTable, error) {
	m, err := model.New(cfg, 0)
	if err != nil {
		return ModelTable{}, err
	}
	t := ModelTable{Title: title}
	for _, p := range m.Params() {
		t.add(p)
	}
	return t, nil
}

// add counts a tensor into its layer's row.
func (t *ModelTable) add(p *nn.Param) {
	layer, _, _ := strings.Cut(p.Name, ".weight")
	for _, suffix := range []string{".bias", ".gamma", ".beta", ".table"} {
		layer = strings.TrimSuffix(layer, suffix)
	}
	if i := strings.Index(layer, ".bias_"); i >= 0 {
		layer = layer[:i]
	}
	shape := strings.ReplaceAll(fmt.Sprint(p.Shape), " ", ", ")
	t.Total += p.Count()
	if n := len(t.Rows); n > 0 && t.Rows[n-1].Layer == layer {
		t.Rows[n-1].Shapes += " " + shape
		t.Rows[n-1].Parameters += p.Count()
		return
	}
	t.Rows = append(t.Rows, ModelRow{Layer: layer, Shapes: shape, Parameters: p.Count()})
}

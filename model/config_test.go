package model

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
)

// partOf groups parameters by the layer before the first digit or dot; the
// norms of the ranker count apart.
func partOf(name string) string {
	switch {
	case strings.Contains(name, ".norm."):
		return "norm"
	case strings.HasPrefix(name, "dense"):
		return "dense"
	}
	part, _, _ := strings.Cut(name, ".")
	return part
}

// The documented network: GRU 1216 -> 256 -> 256, attention, the ranker 1536
// -> 512 -> 256 -> 128 with BatchNorm, four heads.
func TestSeedPresetHasTheDocumentedSizes(t *testing.T) {
	m := mustNew(t, Presets["seed"], 1)
	if got := m.ParameterCount(); got != 2_480_517 {
		t.Errorf("the seed preset has %d parameters, want 2480517", got)
	}
	parts := map[string]int{}
	for _, p := range m.Params() {
		parts[partOf(p.Name)] += p.Count()
	}
	want := map[string]int{"gru1": 1_132_032, "gru2": 394_752, "attention": 257, "dense": 951_168, "norm": 1_792, "heads": 516}
	if !maps.Equal(parts, want) {
		t.Errorf("its parts are %v, want %v", parts, want)
	}
}

func TestDefaultPresetStaysWithinTenMillion(t *testing.T) {
	n := mustNew(t, Presets["default"], 1).ParameterCount()
	if n > 10_000_000 {
		t.Errorf("the default preset has %d parameters, want at most 10 million", n)
	}
	if compact := mustNew(t, Presets["compact"], 1).ParameterCount(); compact > n/4 {
		t.Errorf("compact has %d parameters and default %d: that is no quarter", compact, n)
	}
}

// Validate counts before New allocates.
func TestSizesForetellTheirParameters(t *testing.T) {
	configs := []Config{withTower, seedLike, {Tower: 3, Hidden: 4, Layers: 1, Dense: []int{2}, Temperature: 1}}
	for _, cfg := range Presets {
		configs = append(configs, cfg)
	}
	for _, cfg := range configs {
		if got, want := cfg.parameters(), mustNew(t, cfg, 1).ParameterCount(); got != int64(want) {
			t.Errorf("%+v counts %d parameters, its model has %d", cfg, got, want)
		}
	}
}

func TestPresetsAreLookedUpByName(t *testing.T) {
	for name := range Presets {
		cfg, err := PresetConfig(name)
		if err != nil || cfg.Preset != name || cfg.Validate() != nil {
			t.Errorf("%s: %+v, %v, %v", name, cfg, err, cfg.Validate())
		}
		cfg.Dense[0] = -1
		if Presets[name].Dense[0] == -1 {
			t.Errorf("%s: a looked-up preset shares its memory", name)
		}
	}
	_, err := PresetConfig("huge")
	if err == nil || !strings.Contains(err.Error(), `"huge"`) || !strings.Contains(err.Error(), "compact, default, seed") {
		t.Errorf("an unknown preset gives %v", err)
	}
}

func TestBothEncodersComeInEveryPreset(t *testing.T) {
	for name, preset := range Presets {
		for _, kind := range Encoders() {
			cfg, err := preset.WithEncoder(kind)
			if err != nil || cfg.EncoderKind() != kind {
				t.Fatalf("%s with %s: %+v, %v", name, kind, cfg, err)
			}
			if m := mustNew(t, cfg, 1); int64(m.ParameterCount()) != cfg.parameters() {
				t.Errorf("%s with %s has %d parameters, and is said to have %d", name, kind, m.ParameterCount(), cfg.parameters())
			}
		}
	}
	if _, err := withTower.WithEncoder("lstm"); err == nil || !strings.Contains(err.Error(), `"lstm"`) {
		t.Errorf("an unknown encoder gives %v", err)
	}
}

func TestValidateNamesTheBadSize(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name string
		set  func(c *Config)
		want string
	}{
		{"no hidden units", func(c *Config) { c.Hidden = 0 }, "hidden is 0"},
		{"too many hidden units", func(c *Config) { c.Hidden = maxWidth + 1 }, "hidden is"},
		{"no layer", func(c *Config) { c.Layers = 0 }, "layers is 0"},
		{"too many layers", func(c *Config) { c.Layers = 9 }, "layers is 9"},
		{"unknown encoder", func(c *Config) { c.Encoder = "lstm" }, `encoder is "lstm"`},
		{"heads that do not divide", func(c *Config) { c.Encoder, c.Heads, c.Inner = EncoderTransformer, 3, 4 }, "heads is 3"},
		{"transformer without a dense part", func(c *Config) { c.Encoder, c.Heads = EncoderTransformer, 1 }, "inner is 0"},
		{"negative tower", func(c *Config) { c.Tower = -1 }, "tower is -1"},
		{"negative buckets", func(c *Config) { c.IDBuckets = -1 }, "id_buckets is -1"},
		{"too many buckets", func(c *Config) { c.IDBuckets = 1<<24 + 1 }, "id_buckets is"},
		{"negative creators", func(c *Config) { c.Creators = -3 }, "creators is -3"},
		{"reel embedding without a tower", func(c *Config) { c.Tower, c.Creators = 0, 0 }, "embeddings need a tower"},
		{"creator embedding without a tower", func(c *Config) { c.Tower, c.IDBuckets = 0, 0 }, "embeddings need a tower"},
		{"no dense layer", func(c *Config) { c.Dense = nil }, "0 dense layers"},
		{"too many dense layers", func(c *Config) { c.Dense = slices.Repeat([]int{2}, 9) }, "9 dense layers"},
		{"empty dense layer", func(c *Config) { c.Dense = []int{4, 0} }, "dense width is 0"},
		{"sizes that are each within bounds, but not together", func(c *Config) { c.Hidden = maxWidth }, "parameters, want at most"},
		{"wide dense layer", func(c *Config) { c.Dense = []int{maxWidth + 1} }, "dense width is"},
		{"negative dropout", func(c *Config) { c.Dropout = -0.1 }, "dropout is -0.1"},
		{"dropout of all", func(c *Config) { c.Dropout = 1 }, "dropout is 1"},
		{"dropout that is no number", func(c *Config) { c.Dropout = nan }, "dropout is NaN"},
		{"id dropout above one", func(c *Config) { c.IDDropout = 1.5 }, "id_dropout is 1.5"},
		{"no temperature", func(c *Config) { c.Temperature = 0 }, "temperature is 0"},
		{"temperature that is no number", func(c *Config) { c.Temperature = nan }, "temperature is NaN"},
	} {
		cfg := withTower
		cfg.Dense = slices.Clone(cfg.Dense)
		c.set(&cfg)
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
		if _, err := New(cfg, 1); err == nil {
			t.Errorf("%s: New accepts it", c.name)
		}
	}
	for _, shape := range shapes {
		if err := shape.cfg.Validate(); err != nil {
			t.Errorf("%s: %v", shape.name, err)
		}
	}
}

func TestWeightsDependOnTheSeedAlone(t *testing.T) {
	same := func(a, b *Model) bool {
		return slices.EqualFunc(a.Tensors(), b.Tensors(), func(x, y tensor) bool { return x.Name == y.Name && sameBits(x.Data, y.Data) })
	}
	if !same(mustNew(t, withTower, 5), mustNew(t, withTower, 5)) {
		t.Error("the same seed gives other weights")
	}
	if same(mustNew(t, withTower, 5), mustNew(t, withTower, 6)) {
		t.Error("another seed gives the same weights")
	}
}

func TestHeadsStartAtTheBaseRates(t *testing.T) {
	m := mustNew(t, withTower, 7)
	m.InitHeadBias([4]float64{0.5, 0.2, 0, 1})
	clear(m.Heads.W.Value)
	b := newBatch(t, m, []int{2}, 8)
	pass := NewPass(m)
	pass.Forward(b, Objective{})
	for h, want := range [4]float64{0.5, 0.2, 1e-4, 1 - 1e-4} { // never wholly certain
		if got := sigmoid(float64(pass.Logits[h])); !near(got, want, 1e-6) {
			t.Errorf("head %d starts at %g, want %g", h, got, want)
		}
	}
}

package recommend

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/reelrank/reelrank/config"
	"github.com/reelrank/reelrank/dataset"
	"github.com/reelrank/reelrank/feature"
	"github.com/reelrank/reelrank/model"
	"github.com/reelrank/reelrank/model/bundle"
	"github.com/reelrank/reelrank/reel"
	"github.com/reelrank/reelrank/train"
)

// settings is a bundle's configuration: what shaped the model and its answers.
type settings struct {
	Model  model.Config        `json:"model"`
	Config config.Config       `json:"config"`
	Cuts   cuts                `json:"cuts"`
	Epochs []train.EpochResult `json:"epochs"`

	// Correction is what each slot of a candidate's context adds to its
	// similarity; absent where nothing is added.
	Correction []float32 `json:"correction,omitempty"`

	// Strangers is how the scores of people without a history are made;
	// absent where as everybody's.
	Strangers *choice `json:"strangers,omitempty"`
}

// vocabulary says what the model's tables and outputs stand for.
type vocabulary struct {
	Heads    []string `json:"heads"`
	Metadata []string `json:"metadata"` // the named features at the end of a reel's vector
	Context  []string `json:"context"`
	IDHash   string   `json:"id_hash"` // how a reel's id finds its embedding
}

// Save writes everything needed to serve to a bundle directory, which appears
// whole or not at all: the weights, the fitted pipeline, and the reels and
// interactions from which Load rebuilds the catalogue and the profiles.
func (r *Recommender) Save(ctx context.Context, dir string) error {
	e, err := r.current()
	if err != nil {
		return err
	}
	err = e.save(dir, func(w *bundle.Writer) error {
		err := w.Add(dataset.InteractionsFile, func(out io.Writer) error { return dataset.WriteInteractions(ctx, out, e.data.Interactions) })
		if err != nil {
			return err
		}
		return w.Add(dataset.ReelsFile, func(out io.Writer) error { return dataset.WriteReels(ctx, out, e.data.Reels) })
	})
	if err != nil {
		return fmt.Errorf("save bundle %s: %w", dir, err)
	}
	return nil
}

// SaveModel is Save without the reels and interactions: the bundle serves over
// a world that has its own, see LoadOnto, and takes a few megabytes.
func (r *Recommender) SaveModel(dir string) error {
	e, err := r.current()
	if err != nil {
		return err
	}
	if err := e.save(dir, func(*bundle.Writer) error { return nil }); err != nil {
		return fmt.Errorf("save bundle %s: %w", dir, err)
	}
	return nil
}

// CopyModel writes the model of a bundle as one without data.
func CopyModel(from, to string) error {
	b, err := bundle.Open(from)
	if err != nil {
		return loadError(from, err)
	}
	if err := checkKind(b.Manifest); err != nil {
		return loadError(from, err)
	}
	w, err := bundle.Create(to)
	if err != nil {
		return err
	}
	defer w.Close()
	if err := w.AddTensors(b.Tensors, b.Metadata); err != nil {
		return err
	}
	_, err = w.Commit(b.Manifest)
	return err
}

// save writes the model, and what add adds.
func (e *engine) save(dir string, add func(*bundle.Writer) error) error {
	manifest, err := e.manifest()
	if err != nil {
		return err
	}
	w, err := bundle.Create(dir)
	if err != nil {
		return err
	}
	defer w.Close()
	if err := w.AddTensors(e.model.Tensors(), nil); err != nil {
		return err
	}
	if err := add(w); err != nil {
		return err
	}
	_, err = w.Commit(manifest)
	return err
}

func (e *engine) manifest() (bundle.Manifest, error) {
	m := bundle.Manifest{Kind: bundle.KindBundle, Preset: e.model.Config.Preset, Created: e.created, Metrics: e.metrics}
	from, to := e.data.Window()
	m.DataWindow = bundle.DataWindow{From: from, To: to, Interactions: len(e.data.Interactions), Users: e.world.Users(), Reels: e.catalog.Len()}
	var err error
	if m.Config, err = json.Marshal(settings{e.model.Config, withoutPlaces(e.cfg), e.cuts, e.epochs, e.correction, e.strangers}); err != nil {
		return m, err
	}
	if m.Pipeline, err = json.Marshal(e.encoder); err != nil {
		return m, err
	}
	m.Vocabulary, err = json.Marshal(newVocabulary())
	return m, err
}

// withoutPlaces is the configuration less what is of this machine alone, so
// that equal runs give equal bundles, and none looks for another's server.
func withoutPlaces(cfg config.Config) config.Config {
	cfg.Train.CheckpointDir = ""
	own, r := config.Default().Retrieve, &cfg.Retrieve
	r.Index, r.WeaviateURL, r.WeaviateName, r.WeaviateKeyFile = own.Index, own.WeaviateURL, own.WeaviateName, own.WeaviateKeyFile
	return cfg
}

// Load opens a bundle directory and serves from it. It refuses, with the file
// named, what is truncated, altered, or of another version; see bundle.Open.
func Load(ctx context.Context, dir string) (*Recommender, error) {
	return LoadWith(ctx, dir, nil)
}

// LoadWith is Load with changes to the configuration that the bundle was made
// with: adjust returns the one to serve by. The model and train sections have
// had their effect and change nothing any more.
func LoadWith(ctx context.Context, dir string, adjust func(own config.Config) (config.Config, error)) (*Recommender, error) {
	t, err := load(ctx, dir, adjust)
	if err != nil {
		return nil, loadError(dir, err)
	}
	e, err := newEngine(t)
	if err != nil {
		return nil, loadError(dir, err)
	}
	r := New(t.cfg)
	r.engine.Store(e)
	return r, nil
}

// LoadOnto is LoadWith for a world that is there already: the bundle's model
// answers over it and follows its changes, and the bundle's own data is not
// read.
func LoadOnto(ctx context.Context, dir string, w *World, adjust func(own config.Config) (config.Config, error)) (*Recommender, error) {
	r := &Recommender{world: w, adjust: adjust}
	if err := r.Swap(ctx, dir); err != nil {
		return nil, err
	}
	return r, nil
}

// Swap puts the model of another bundle into service over the same world. Answers
// come from the old one until the new one is complete. It is for a recommender
// of LoadOnto.
func (r *Recommender) Swap(ctx context.Context, dir string) error {
	if r.world == nil {
		return errors.New("swap: the recommender has the data of its own bundle: load the other bundle instead")
	}
	r.swapping.Lock()
	defer r.swapping.Unlock()
	t, _, err := loadModel(dir, r.adjust)
	if err != nil {
		return loadError(dir, err)
	}
	e, err := join(ctx, t, r.world)
	if err != nil {
		return loadError(dir, err)
	}
	if old := r.engine.Swap(e); old != nil {
		old.held.Lock() // answers under way end with the tables that they began with
		r.world.forget(old.tables)
		old.held.Unlock()
	}
	return nil
}

// BundleData reads the reels and interactions that a bundle was fitted on.
func BundleData(ctx context.Context, dir string) (*dataset.Dataset, error) {
	b, err := bundle.Open(dir)
	if err != nil {
		return nil, loadError(dir, err)
	}
	ds, err := readData(ctx, b)
	if err != nil {
		return nil, loadError(dir, err)
	}
	return ds, nil
}

// BundleConfig is the configuration that a bundle was made with.
func BundleConfig(dir string) (config.Config, error) {
	t, _, err := loadModel(dir, nil)
	if err != nil {
		return config.Config{}, loadError(dir, err)
	}
	return t.cfg, nil
}

// loadError names the bundle, where the error does not do so itself.
func loadError(dir string, err error) error {
	var file *bundle.FileError
	if errors.As(err, &file) {
		return fmt.Errorf("load %w", err)
	}
	return fmt.Errorf("load bundle %s: %w", dir, err)
}

func load(ctx context.Context, dir string, adjust func(own config.Config) (config.Config, error)) (trained, error) {
	t, b, err := loadModel(dir, adjust)
	if err != nil {
		return trained{}, err
	}
	if t.data, err = readData(ctx, b); err != nil {
		return trained{}, err
	}
	t.past = pastOf(t.data, t.cuts)
	return t, nil
}

// loadModel is load without the data.
func loadModel(dir string, adjust func(own config.Config) (config.Config, error)) (trained, *bundle.Bundle, error) {
	b, err := bundle.Open(dir)
	if err != nil {
		return trained{}, nil, err
	}
	if err := checkKind(b.Manifest); err != nil {
		return trained{}, nil, err
	}
	s := settings{Config: config.Default()} // settings newer than the bundle have their defaults
	if err := decodeStrict(b.Manifest.Config, &s); err != nil {
		return trained{}, nil, fmt.Errorf("%s: config: %w (a bundle of another version of reelrank: load it there, or train anew)", bundle.ManifestFile, err)
	}
	if err := s.Config.Validate(); err != nil {
		return trained{}, nil, fmt.Errorf("%s: config: %w", bundle.ManifestFile, err)
	}
	if adjust != nil {
		if s.Config, err = adjust(s.Config); err != nil {
			return trained{}, nil, err
		}
	}
	corrections := [][]float32{s.Correction}
	if s.Strangers != nil {
		corrections = append(corrections, s.Strangers.Correction)
	}
	for _, c := range corrections {
		if err := checkCorrection(c); err != nil {
			return trained{}, nil, fmt.Errorf("%s: config: %w", bundle.ManifestFile, err)
		}
	}
	t := trained{cfg: s.Config, cuts: s.Cuts, epochs: s.Epochs, metrics: b.Manifest.Metrics, created: b.Manifest.Created, correction: s.Correction, strangers: s.Strangers}
	t.encoder = new(feature.Encoder)
	if err := json.Unmarshal(b.Manifest.Pipeline, t.encoder); err != nil {
		return trained{}, nil, fmt.Errorf("%s: pipeline: %w", bundle.ManifestFile, err)
	}
	if t.model, err = model.FromTensors(s.Model, b.Tensors); err != nil {
		return trained{}, nil, fmt.Errorf("%s: %w", bundle.WeightsFile, err)
	}
	t.model.RoundRecurrent() // changes nothing but in bundles from before 0008
	d := b.Manifest.DataWindow
	t.past = past{From: d.From, To: d.To, Interactions: d.Interactions}
	return t, b, nil
}

// checkCorrection refuses a correction that is not one number per slot.
func checkCorrection(c []float32) error {
	if c != nil && len(c) != feature.ContextDim {
		return fmt.Errorf("the correction of the similarity has %d numbers: want one for each of the %d slots of a context", len(c), feature.ContextDim)
	}
	return nil
}

func checkKind(m bundle.Manifest) error {
	if m.Kind != bundle.KindBundle {
		return fmt.Errorf("it is a %s, not a bundle: resume its training, then save", m.Kind)
	}
	return nil
}

// ErrNoData: the bundle is a model alone, as SaveModel and CopyModel write it.
var ErrNoData = errors.New("it holds a model without reels and interactions, which serves over a store that has them: name a bundle that reelrank train wrote")

// readData reads the reels and interactions, verified against the manifest.
func readData(ctx context.Context, b *bundle.Bundle) (*dataset.Dataset, error) {
	if _, ok := b.Manifest.Files[dataset.InteractionsFile]; !ok {
		return nil, ErrNoData
	}
	raw, err := b.ReadFile(dataset.InteractionsFile)
	if err != nil {
		return nil, err
	}
	ds := &dataset.Dataset{Source: "bundle"}
	if ds.Interactions, err = dataset.ReadInteractions(ctx, bytes.NewReader(raw), int64(len(raw))); err != nil {
		return nil, fmt.Errorf("%s: %w", dataset.InteractionsFile, err)
	}
	if raw, err = b.ReadFile(dataset.ReelsFile); err != nil {
		return nil, err
	}
	if ds.Reels, err = dataset.ReadReels(ctx, bytes.NewReader(raw), int64(len(raw))); err != nil {
		return nil, fmt.Errorf("%s: %w", dataset.ReelsFile, err)
	}
	return ds, ds.Validate()
}

func newVocabulary() vocabulary {
	v := vocabulary{IDHash: "fibonacci64"}
	for h := range reel.Head(reel.NumHeads) {
		v.Heads = append(v.Heads, h.String())
	}
	for _, s := range feature.MetaSlots {
		v.Metadata = append(v.Metadata, s.Name)
	}
	for _, s := range feature.ContextSlots {
		v.Context = append(v.Context, s.Name)
	}
	return v
}

func decodeStrict(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

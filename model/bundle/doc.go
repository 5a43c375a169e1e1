// Package bundle keeps a trained model on disk: a directory with everything
// that is needed to serve it, checked byte for byte when it is opened.
//
//	weights.safetensors   every parameter, float32, readable by the public safetensors readers
//	manifest.json         what the bundle is, and the size and SHA-256 of every other file
//	manifest.sha256       the SHA-256 of manifest.json, as sha256sum prints it
//
// and any further files that the writer adds. The package knows nothing of
// what the tensors mean. [Create] returns a [Writer], [Open] a [Bundle]:
//
//	w, err := bundle.Create("models/feed")
//	defer w.Close()
//	err = w.AddTensors(tensors, nil)
//	manifest, err := w.Commit(bundle.Manifest{Kind: bundle.KindBundle, Preset: "seed", Created: now})
//	b, err := bundle.Open("models/feed")
//
// Invariants. A bundle that opens is complete and unaltered: each flipped,
// missing or surplus byte of a listed file is an error that names the file.
// A write that is interrupted at any point leaves the earlier bundle or the
// new one, never a mixture. Equal content gives equal bytes. Nothing that is
// loaded is executed, and no name in a manifest reaches outside the directory.
//
// The checksums guard against damage and mix-ups. They are no signature:
// whoever can write the directory can also write fitting checksums.
package bundle

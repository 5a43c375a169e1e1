package bundle

import (
	"crypto/sha256"
	"encoding/hex"
)

// ModelVersion is the model_version that a bundle with these weights gets, for
// a model that is not on disk yet. It holds where the weights are written
// without metadata.
func ModelVersion(preset string, tensors []Tensor) (string, error) {
	hash := sha256.New()
	if err := EncodeSafetensors(hash, tensors, nil); err != nil {
		return "", err
	}
	return modelVersion(preset, hex.EncodeToString(hash.Sum(nil))), nil
}

"""Writes golden.safetensors with the public Python writer.

    pip install safetensors numpy
    python golden.py            # writes golden.safetensors beside this file
    python golden.py FILE       # reads FILE, prints its tensors and metadata

The Go test demands the same bytes of EncodeSafetensors, and reads the file back.
"""

import pathlib
import sys

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

TENSORS = {
    "weight": np.arange(6, dtype=np.float32).reshape(2, 3) / 4 - 1,
    "bias": np.array([1.5, -0.0, np.inf], dtype=np.float32),
    "scalar": np.array(3.25, dtype=np.float32),
    "empty": np.zeros((0, 4), dtype=np.float32),
    'a "quoted" <nom> é': np.array([[1e-45]], dtype=np.float32),
}


def show(path):
    with safe_open(path, framework="numpy") as f:
        print("metadata", f.metadata())
        for name in sorted(f.keys()):
            t = f.get_tensor(name)
            print(repr(name), t.dtype, list(t.shape), t.ravel().tolist())


if len(sys.argv) > 1:
    show(sys.argv[1])
else:
    path = pathlib.Path(__file__).with_name("golden.safetensors")
    save_file(TENSORS, path, metadata={"written by": "the public writer"})

"""Writes golden.json: what scikit-learn makes of the tables below.

Run: python golden.py > golden.json   (needs scikit-learn)
The committed file was written with scikit-learn 1.9.1 and numpy 2.4.6.

A missing number is null in the JSON and NaN here, a missing label is "" there
and None here. Columns that drop rows are not scikit-learn's business; their
cases are written by hand in the Go tests.
"""
import json
import sys

import numpy as np
import sklearn
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)

IMPUTE = {"mean": "mean", "median": "median", "mode": "most_frequent", "constant": "constant"}
SCALE = {"standard": StandardScaler, "minmax": MinMaxScaler, "robust": RobustScaler, "none": FunctionTransformer}
NAN = float("nan")

random = np.random.default_rng(20)
NUMBERS = {
    "plain": [3.5, -1.25, 8.0, 2.0, 2.0, 11.75],
    "with missing": [3.5, NAN, 8.0, 2.0, NAN, 2.0, 11.75, 0.1],
    "tie in mode": [5.0, 1.0, 5.0, 1.0, 9.0, NAN],
    "constant": [0.1] * 7,
    "constant large": [1e9 + 0.1] * 5,
    "constant zero": [0.0, 0.0, NAN, 0.0],
    "single row": [4.25],
    "single present": [NAN, -7.5, NAN],
    "two": [1.0, 2.0],
    "all missing": [NAN, NAN, NAN],
    "nearly constant": [1.0, 1.0 + 1e-15, 1.0],
    "no quartile range": [1.0, 1.0, 1.0, 1.0, 1.0, 50.0],
    "large and small": [1e12, -1e12, 1e-9, 3.0],
    "normal": random.normal(40, 12, 101).tolist(),
    "log-normal": random.lognormal(2, 1.5, 64).tolist(),
}
LABELS = {
    "plain": ["pear", "apple", "fig", "apple", "fig", "apple"],
    "with missing": ["b", None, "a", "b", None, "c"],
    "tie in mode": ["zebra", "ant", "zebra", "ant", None],
    "single label": ["x", "x", "x"],
    "single row": ["only"],
    "case and script": ["é", "e", "E", "日本", "ß", "z", "Z", "e"],
}
PROBE_NUMBERS = [NAN, 0.0, -3.0, 2.0, 100.0, 0.1]


def numbers():
    for title, fit in NUMBERS.items():
        x = np.array(fit).reshape(-1, 1)
        probe = np.array(PROBE_NUMBERS).reshape(-1, 1)
        for missing, strategy in IMPUTE.items():
            for scaling, scaler in SCALE.items():
                pipe = make_pipeline(
                    SimpleImputer(strategy=strategy, fill_value=-2.5 if missing == "constant" else None, keep_empty_features=True),
                    scaler(),
                )
                pipe.fit(x)
                spec = {"name": "x", "kind": "numeric", "max_missing": 1, "missing": missing, "scaling": scaling}
                if missing == "constant":
                    spec["fill_number"] = -2.5
                yield {
                    "title": f"{title}, {missing}, {scaling}",
                    "spec": spec,
                    "numbers": blank(fit),
                    "probe_numbers": blank(PROBE_NUMBERS),
                    "want_fit": pipe.transform(x).tolist(),
                    "want_probe": pipe.transform(probe).tolist(),
                }


def encoder(encoding, policy, fitted):
    if encoding == "onehot":
        return OneHotEncoder(handle_unknown="error" if policy == "error" else "ignore", sparse_output=False)
    if policy == "error":
        return OrdinalEncoder(handle_unknown="error")
    return OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=len(fitted))


def labels():
    for title, fit in LABELS.items():
        x = np.array(fit, dtype=object).reshape(-1, 1)
        for missing in ["mode", "constant"]:
            imputer = SimpleImputer(
                strategy=IMPUTE[missing], missing_values=None, fill_value="(none)" if missing == "constant" else None
            )
            filled = imputer.fit_transform(x)
            names, counts = np.unique(filled[:, 0].astype(str), return_counts=True)
            top = names[np.argmax(counts)]
            for encoding in ["ordinal", "onehot"]:
                for policy in ["error", "unknown", "most_frequent"]:
                    known = list(names)
                    probe = known if policy == "error" else known + ["never seen"]
                    asked = [top if policy == "most_frequent" and p == "never seen" else p for p in probe]
                    enc = encoder(encoding, policy, known).fit(filled)
                    spec = {
                        "name": "x", "kind": "categorical", "max_missing": 1, "missing": missing,
                        "encoding": encoding, "unseen": policy, "scaling": "none",
                    }
                    if missing == "constant":
                        spec["fill_label"] = "(none)"
                    yield {
                        "title": f"{title}, {missing}, {encoding}, {policy}",
                        "spec": spec,
                        "labels": ["" if l is None else l for l in fit],
                        "probe_labels": probe,
                        "want_fit": enc.transform(filled).tolist(),
                        "want_probe": enc.transform(np.array(asked, dtype=object).reshape(-1, 1)).tolist(),
                    }
            scaled = make_pipeline(OrdinalEncoder(), StandardScaler()).fit(filled)
            spec = {
                "name": "x", "kind": "categorical", "max_missing": 1, "missing": missing,
                "encoding": "ordinal", "unseen": "error", "scaling": "standard",
            }
            if missing == "constant":
                spec["fill_label"] = "(none)"
            yield {
                "title": f"{title}, {missing}, ordinal, standard",
                "spec": spec,
                "labels": ["" if l is None else l for l in fit],
                "probe_labels": list(names),
                "want_fit": scaled.transform(filled).tolist(),
                "want_probe": scaled.transform(names.astype(object).reshape(-1, 1)).tolist(),
            }


def blank(values):
    return [None if v != v else v for v in values]


cases = list(numbers()) + list(labels())
lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
sys.stdout.write(f'{{"sklearn": "{sklearn.__version__}", "numpy": "{np.__version__}", "cases": [\n{lines}\n]}}\n')

#!/usr/bin/env python3
"""Writes the small tables that scikit-learn carries as NPZ files, for `judge-bench recipe`.

    bench/judge/tabular.py FOLDER

Inputs, and the numbers of diabetes, are standardised; rows are put into random order. In
the files named _noise a fifth of the labels is drawn anew.
"""

import pathlib
import sys

import numpy as np
from sklearn import datasets

SETS = ["iris", "wine", "breast_cancer", "digits", "diabetes"]
NOISY = ["breast_cancer", "digits"]


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    for name in SETS:
        x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
        order = random.permutation(len(x))
        x, y = standardised(x[order]), y[order]
        y = standardised(y) if name == "diabetes" else y.astype(np.int64)
        np.savez(folder / f"{name}.npz", x=x, y=y)
        if name in NOISY:
            drawn = random.integers(0, y.max() + 1, len(y))
            noisy = np.where(random.random(len(y)) < 0.2, drawn, y)
            np.savez(folder / f"{name}_noise.npz", x=x, y=noisy)


def standardised(values):
    spread = values.std(axis=0)
    return ((values - values.mean(axis=0)) / np.where(spread > 0, spread, 1)).astype(np.float32)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))

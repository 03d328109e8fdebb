"""Fashion-MNIST as raw bytes, and dense random inputs of the same size."""

import gzip
import os
import pathlib

import numpy as np

FEATURES, CLASSES = 784, 10


def folder(given):
    """Where the four IDX files are: an argument, WELLFIT_DATA, the cache, Debian's package."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    places = [given, os.environ.get("WELLFIT_DATA"), cache / "wellfit" / "fashion-mnist",
              "/usr/share/datasets/fashion-mnist"]
    for place in filter(None, places):
        for path in [pathlib.Path(place), pathlib.Path(place) / "fashion-mnist"]:
            if (path / "train-images-idx3-ubyte.gz").exists():
                return path
    raise SystemExit("Fashion-MNIST was not found: run `wellfit data fetch fashion-mnist`, "
                     "install Debian's package dataset-fashion-mnist, or give --data-dir")


def idx(path, header):
    with gzip.open(path) as file:
        return np.frombuffer(file.read(), np.uint8, offset=header)


def fashion(place, part="train"):
    """Images [n, 784] and labels [n], both bytes."""
    images = idx(place / f"{part}-images-idx3-ubyte.gz", 16).reshape(-1, FEATURES)
    return images, idx(place / f"{part}-labels-idx1-ubyte.gz", 8)


def dense(n):
    """As many inputs without a zero among them, float32 in (0, 1), and random labels."""
    rng = np.random.default_rng(0)
    images = rng.random((n, FEATURES), dtype=np.float32)
    return np.maximum(images, np.float32(1e-6)), rng.integers(0, CLASSES, n, dtype=np.uint8)


def read(images, labels):
    """What the peers train on: float32 images, bytes divided by 255, and labels."""
    labels = np.fromfile(labels, np.uint8)
    if os.path.getsize(images) == len(labels) * FEATURES * 4:
        return np.fromfile(images, np.float32).reshape(-1, FEATURES), labels
    return np.fromfile(images, np.uint8).reshape(-1, FEATURES) / np.float32(255), labels

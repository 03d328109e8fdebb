"""Fashion-MNIST as raw bytes, dense random inputs of the same size, and a table."""

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


def table(n, columns=20):
    """A table with two classes: standard normal columns, and the side of a curved
    surface, with a tenth of the labels turned."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((n, columns), dtype=np.float32)
    line, curve = rng.standard_normal((2, columns))
    labels = rows @ line + (rows * rows - 1) @ curve > 0
    return rows, (labels ^ (rng.random(n) < 0.1)).astype(np.uint8)


class Files:
    """Data sets as raw files in a folder, written when first asked for."""

    def __init__(self, folder, place):
        self.folder, self.place, self.sets = pathlib.Path(folder), place, {}

    def get(self, name, samples):
        """The first `samples` of a set: what a program is told."""
        if name not in self.sets:
            make = {"fashion": lambda: fashion(self.place), "dense": lambda: dense(60_000),
                    "table": lambda: table(10_000)}
            self.sets[name] = make[name]()
        paths = [self.folder / f"{name}-{samples}-{what}" for what in ["images", "labels"]]
        for path, values in zip(paths, self.sets[name]):
            if not path.exists():
                values[:samples].tofile(path)
        return {"images": paths[0], "labels": paths[1]}


def read(images, labels, features):
    """What the peers train on: float32 values, bytes divided by 255, and labels."""
    labels = np.fromfile(labels, np.uint8)
    if os.path.getsize(images) == len(labels) * features * 4:
        return np.fromfile(images, np.float32).reshape(-1, features), labels
    return np.fromfile(images, np.uint8).reshape(-1, features) / np.float32(255), labels

#!/usr/bin/env python3
"""Draws the data set fashion-mnist-sample from Fashion-MNIST.

6,000 training images (600 a class), and the 10,000 official test images as 5,000
for validation and 5,000 for test (500 a class each). Which images go where is fixed:
within a class, images are ordered by the SHA-256 of "wellfit sample SEED PART INDEX",
and the first ones are taken. Kept images stay in the order of the full set.

    scripts/make_sample.py             write crates/wellfit-data/sample/
    scripts/make_sample.py --check     say whether what is there is what would be written

--check compares contents, not compressed bytes: versions of zlib differ in those.
Needs Python 3.8 and Fashion-MNIST's four .gz files: Debian's package
dataset-fashion-mnist, or any folder given with --source.
"""

import argparse
import gzip
import hashlib
import pathlib
import struct
import sys

SEED = 0
SIZE = 28 * 28
CLASSES = 10
TARGET = pathlib.Path(__file__).resolve().parent.parent / "crates/wellfit-data/sample"

# SHA-256 of the decompressed files, so that the sample can only come from the real set.
PUBLISHED = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}


def read(folder, name):
    """The values of one IDX file, without its header."""
    content = gzip.decompress((folder / (name + ".gz")).read_bytes())
    if hashlib.sha256(content).hexdigest() != PUBLISHED[name]:
        sys.exit(f"{folder / name}.gz: not the published file")
    dimensions = content[3]
    return content[4 + 4 * dimensions :]


def by_class(labels, part):
    """The rows of each class, in the random order of this part."""

    def rank(row):
        return hashlib.sha256(f"wellfit sample {SEED} {part} {row}".encode()).digest()

    return [
        sorted((row for row, label in enumerate(labels) if label == wanted), key=rank)
        for wanted in range(CLASSES)
    ]


def idx(images, labels, rows):
    """The two IDX files of these rows."""
    rows = sorted(rows)
    picked = b"".join(images[row * SIZE : (row + 1) * SIZE] for row in rows)
    return {
        "images-idx3-ubyte": struct.pack(">IIII", 0x803, len(rows), 28, 28) + picked,
        "labels-idx1-ubyte": struct.pack(">II", 0x801, len(rows))
        + bytes(labels[row] for row in rows),
    }


def draw(source):
    """Every file of the sample: its name and its content."""
    images, labels = read(source, "train-images-idx3-ubyte"), read(source, "train-labels-idx1-ubyte")
    rows = [row for rows in by_class(labels, "train") for row in rows[:600]]
    parts = {"train": idx(images, labels, rows)}

    images, labels = read(source, "t10k-images-idx3-ubyte"), read(source, "t10k-labels-idx1-ubyte")
    ordered = by_class(labels, "t10k")
    parts["validation"] = idx(images, labels, [row for rows in ordered for row in rows[:500]])
    parts["t10k"] = idx(images, labels, [row for rows in ordered for row in rows[500:]])
    return {
        f"{part}-{name}.gz": content
        for part, files in parts.items()
        for name, content in files.items()
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--source", type=pathlib.Path, default=pathlib.Path("/usr/share/datasets/fashion-mnist")
    )
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    arguments = parser.parse_args()

    files = draw(arguments.source)
    if arguments.check:
        there = {path.name for path in TARGET.glob("*.gz")}
        wrong = sorted(there ^ set(files))
        wrong += [
            name
            for name in sorted(there & set(files))
            if gzip.decompress((TARGET / name).read_bytes()) != files[name]
        ]
        for name in wrong:
            print(f"{TARGET / name}: is not what this script writes", file=sys.stderr)
        sys.exit(1 if wrong else 0)

    TARGET.mkdir(exist_ok=True)
    for name, content in files.items():
        (TARGET / name).write_bytes(gzip.compress(content, 9, mtime=0))


if __name__ == "__main__":
    main()

"""Writes the NPZ files beside this script, as NumPy writes them.

    python make_npz.py      (made with NumPy 2.4.6)

x counts 0, 1, 2, …; y is 0, 1, 2, 0, 1. The names say what is special.
"""

import pathlib

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
LABELS = np.arange(5) % 3


def images(dtype):
    return np.arange(5 * 1 * 2 * 3).astype(dtype).reshape(5, 1, 2, 3)


def rows(dtype):
    return np.arange(5 * 4).astype(dtype).reshape(5, 4)


def write(name, how=np.savez, **arrays):
    how(HERE / f"{name}.npz", **arrays)


write("images-u1", x=images("u1"), y=LABELS)
write("images-u1-compressed", np.savez_compressed, x=images("u1"), y=LABELS.astype("u1"))
write("rows-f4", x=rows("<f4"), y=LABELS.astype("i4"))
write("rows-f8-compressed", np.savez_compressed, x=rows("<f8"), y=LABELS.astype("u8"))
write("rows-f4-big-endian", x=rows(">f4"), y=LABELS.astype(">i2"))
write("rows-f8-big-endian-bool", x=rows(">f8"), y=LABELS == 1)
write("extra-array", names=np.array(["a", "b"]), x=rows("<f4"), y=LABELS.astype("i1"))

write("bad-fortran", x=np.asfortranarray(rows("<f4")), y=LABELS)
write("bad-f2", x=rows("<f2"), y=LABELS)
write("bad-i8", x=rows("<i8"), y=LABELS)
write("bad-string-labels", x=rows("<f4"), y=np.array(list("abcab")))
write("bad-record-labels", x=rows("<f4"), y=np.zeros(5, dtype=[("a", "<i4")]))
write("bad-negative-label", x=rows("<f4"), y=LABELS - 1)
write("bad-huge-label", x=rows("<f4"), y=LABELS + 2**40)
write("bad-wild-label", x=rows("<f4"), y=LABELS * 1000)
write("bad-scalar-label", x=rows("<f4"), y=np.int64(1))
write("bad-three-dimensions", x=images("u1")[:, 0], y=LABELS)
write("bad-count", x=rows("<f4"), y=LABELS[:4])
write("bad-empty", x=rows("<f4")[:0], y=LABELS[:0])
write("bad-no-values", x=rows("<f4")[:, :0], y=LABELS)
write("bad-no-y", x=rows("<f4"), z=LABELS)
with_nan = rows("<f4")
with_nan[3, 1] = np.nan
write("bad-nan", x=with_nan, y=LABELS)
with_large = rows("<f8")
with_large[2, 3] = -1e39
write("bad-beyond-float32", x=with_large, y=LABELS)
write("bad-nan-target", x=rows("<f4"), y=np.array([1, 2, np.nan, 3, np.inf]))
write("constant-target", x=rows("<f4"), y=np.full(5, 0.1))
write(
    "groups",
    x=np.arange(12, dtype="<f4").reshape(6, 2),
    y=np.array([0, 1, 0, 1, 0, 1]),
    who=np.array([7, 3, 7, -1, 3, -1]),
    when=np.arange(6.5, 0.5, -1),
    short=np.array([1, 2]),
)

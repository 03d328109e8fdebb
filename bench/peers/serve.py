"""How a peer talks to compare.py: as crates/wellfit-nn/examples/epoch.rs does.

    PEER.py IMAGES LABELS BATCH plain|dropout|l1|l2-norm THREADS [VARIANT]
"""

import pathlib
import sys
import time
from types import SimpleNamespace

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

import data  # noqa: E402

L1, L2_NORM, P = 1e-4, 1e-2, 0.5


def task():
    images, labels, batch, remedy, threads, *variant = sys.argv[1:]
    x, y = data.read(images, labels)
    return SimpleNamespace(x=x, y=y, batch=int(batch), remedy=remedy, threads=int(threads),
                           variant=variant[0] if variant else "")


def serve(name, epoch):
    """`epoch()` trains once on everything and returns the mean loss."""
    epoch()
    print("ready", name, flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        loss = float(epoch())
        print(time.perf_counter() - start, loss, flush=True)

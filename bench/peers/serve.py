"""How a peer talks to the harness: as crates/wellfit-nn/examples/epoch.rs does.

    PEER.py images=FILE labels=FILE input=1x28x28 layers=LIST penalty=none|l1:λ|l2-norm:λ
            batch=N threads=N task=train|evaluate [variant=TEXT]

works.py says what the layers are.
"""

import pathlib
import sys
import time
from types import SimpleNamespace

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

import data  # noqa: E402
import works  # noqa: E402


def task():
    job = dict(argument.split("=", 1) for argument in sys.argv[1:])
    penalty, _, strength = job["penalty"].partition(":")
    shape = works.sizes(job["input"])
    features = shape[0] if len(shape) == 1 else shape[0] * shape[1] * shape[2]
    x, y = data.read(job["images"], job["labels"], features)
    return SimpleNamespace(
        x=x, y=y, shape=shape, layers=works.parse(job["layers"]), penalty=penalty,
        strength=float(strength or 0), batch=int(job["batch"]), threads=int(job["threads"]),
        evaluate=job["task"] == "evaluate", variant=set(job.get("variant", "").split()))


def serve(name, work):
    """`work()` does it all once and returns the mean loss. Once to warm up, then once for
    each line on stdin."""
    work()
    print("ready", name, flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        loss = float(work())
        print(time.perf_counter() - start, loss, flush=True)

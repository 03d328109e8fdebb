"""How fast can this machine multiply? A product of two square float32 matrices, by
variant: `mkl` (PyTorch's `@`), `onednn` (its linear layer on oneDNN tensors), `openblas`
(NumPy's `@`). Answers as serve.py does; the loss is meaningless.

    gemm.py size=N threads=N variant=mkl|onednn|openblas
"""

import sys
import time

import numpy as np
from threadpoolctl import threadpool_limits

job = dict(argument.split("=", 1) for argument in sys.argv[1:])
n, threads = int(job["size"]), int(job["threads"])
rng = np.random.default_rng(0)
a, b = (rng.standard_normal((n, n), dtype=np.float32) for _ in range(2))
if job["variant"] == "openblas":
    threadpool_limits(threads)
    version = f"numpy {np.__version__}"

    def product():
        return a @ b
else:
    import torch

    torch.set_num_threads(threads)
    version = f"torch {torch.__version__}"
    a, b = torch.from_numpy(a), torch.from_numpy(b)
    if job["variant"] == "onednn":
        a, b = a.to_mkldnn(), b.to_mkldnn()

        def product():
            return torch.nn.functional.linear(a, b)
    else:
        def product():
            return a @ b

product()
print("ready", version, flush=True)
for _ in sys.stdin:
    # The fastest of a few: an interrupted one says nothing about the peak.
    times = []
    for _ in range(4):
        start = time.perf_counter()
        product()
        times.append(time.perf_counter() - start)
    print(min(times), 0.0, flush=True)

#!/usr/bin/env python3
"""Writes the model files beside this script, and expected.json: what NumPy and
WeightWatcher say about them, for tests/golden.rs.

Needs torch, numpy, scikit-learn, safetensors and weightwatcher.

    python3 make.py
"""
import json
import logging
import pickle
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
import weightwatcher
from safetensors.numpy import save_file as save_numpy
from safetensors.torch import save_file
from sklearn.datasets import load_digits
from torch import nn

HERE = Path(__file__).parent
NEAR_ZERO = 1e-3
logging.disable(logging.CRITICAL)
torch.manual_seed(20261123)
rng = np.random.default_rng(20261123)


def trained(model, x, y, epochs):
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
            optimizer.step()
    return model.eval(), optimizer


digits = load_digits()
x = torch.tensor(digits.data / 16, dtype=torch.float32)
y = torch.tensor(digits.target)
mlp, _ = trained(
    nn.Sequential(nn.Linear(64, 80), nn.BatchNorm1d(80), nn.ReLU(), nn.Linear(80, 32), nn.ReLU(),
                  nn.Linear(32, 10)), x, y, 40
)
cnn, _ = trained(
    nn.Sequential(nn.Unflatten(1, (1, 8, 8)), nn.Conv2d(1, 24, 3), nn.ReLU(), nn.Conv2d(24, 28, 3),
                  nn.ReLU(), nn.Flatten(), nn.Linear(28 * 16, 10)), x, y, 10
)
small, optimizer = trained(nn.Sequential(nn.Linear(64, 10)), x, y, 1)
# Weights of a known law: columns whose lengths, squared, are drawn from a power law.
lengths = np.sqrt((1 - rng.random(120)) ** (-1 / 1.5))
tail = nn.Sequential(nn.Linear(120, 120, bias=False))
with torch.no_grad():
    q = np.linalg.qr(rng.normal(size=(120, 120)))[0]
    tail[0].weight.copy_(torch.tensor(q * lengths))

torch.save(mlp.state_dict(), HERE / "mlp.pt")
save_file(mlp.state_dict(), HERE / "mlp.safetensors", {"format": "pt"})
torch.save(cnn.state_dict(), HERE / "cnn.pt", pickle_protocol=4)
save_numpy({"kernel": np.ascontiguousarray(cnn[3].weight.detach().numpy().transpose(2, 3, 1, 0))},
           HERE / "cnn_flax.safetensors", {"format": "flax"})
torch.save(tail.state_dict(), HERE / "tail.pth")
torch.save({"epoch": 1, "model_state_dict": small.state_dict(), "loss": 0.5,
            "optimizer_state_dict": optimizer.state_dict()}, HERE / "checkpoint.pt")

w = torch.tensor(rng.normal(size=(10, 12)) * 0.1)
kinds = {"f16": w.half(), "bf16": w.bfloat16(), "f32": w.float(), "f64": w,
         "int": torch.arange(3), "bool": torch.tensor([True]), "scalar": torch.tensor(1.5),
         "empty": torch.empty(0, 3), "f8": w.to(torch.float8_e4m3fn)}
save_file(kinds, HERE / "kinds.safetensors")
base = w.float()
views = {**kinds, "turned": base.t(), "part": base[2:7, 1:9], "strided": base[::2, ::3],
         "same": base, "parameter": nn.Parameter(base[:4].clone())}
torch.save(views, HERE / "views.pt")
broken = base.clone()
broken[1, 2], broken[3, 4], broken[5, 6] = float("nan"), float("inf"), -float("inf")
torch.save({"broken": broken, "zeros": torch.zeros(12, 11), "same": torch.eye(11)}, HERE / "odd.pt")

# What must be refused.
torch.save(small.state_dict(), HERE / "legacy.pt", _use_new_zipfile_serialization=False)
torch.save(small, HERE / "module.pt")
torch.save({"sparse": base.to_sparse()}, HERE / "sparse.pt")
torch.save({"expanded": torch.ones(1).expand(1000)}, HERE / "expanded.pt")
torch.jit.save(torch.jit.script(nn.Linear(2, 2)), HERE / "script.pt")
np.savez(HERE / "arrays.npz", x=np.zeros(3))
(HERE / "plain.pkl").write_bytes(pickle.dumps({"a": 1}))


def matrices(values, flax):
    """One matrix a position of the kernel, [outputs, inputs]."""
    if values.ndim == 2:
        return [values]
    if flax:
        values = values.transpose(3, 2, 0, 1)
    return list(values.reshape(*values.shape[:2], -1).transpose(2, 0, 1))


def figures(values, flax=False):
    wide = values.astype(np.float64)
    found = {"shape": list(wide.shape), "not_finite": int((~np.isfinite(wide)).sum())}
    if wide.size == 0:
        return found
    finite = wide[np.isfinite(wide)]
    found |= {"mean": finite.mean(), "std": finite.std(), "min": finite.min(),
              "max": finite.max(), "near_zero": (np.abs(finite) < NEAR_ZERO).mean(),
              "frobenius": np.linalg.norm(finite)}
    if wide.ndim >= 2 and found["not_finite"] == 0:
        values = [np.linalg.svd(m, compute_uv=False) for m in matrices(wide, flax)]
        found["singular_values"] = sorted(np.concatenate(values).tolist(), reverse=True)
    return found


def numbers(tensor):
    return tensor.detach().to(torch.float64).numpy()


def all_figures(tensors):
    kept = {k: v for k, v in tensors.items() if v.dtype in (torch.float16, torch.bfloat16,
                                                            torch.float32, torch.float64)}
    return {name: figures(numbers(tensor)) for name, tensor in kept.items()}


def watched(model):
    """WeightWatcher's fits by layer, pooled and by slice. It scales convolutions by
    √(slices/2), pooled by √(1/2); x_min is given for the weights as they are."""
    found = {}
    for pool in (True, False):
        details = weightwatcher.WeightWatcher(model=model).analyze(pool=pool, savefig=False)
        for row in details.to_dict("records"):
            conv = "Conv" in type(dict(model.named_modules())[row["longname"]]).__name__
            if not pool and not conv:
                continue
            slices = row["rf"] if not pool else 1
            fit = {"alpha": row["alpha"], "standard_error": row["sigma"], "distance": row["D"],
                   "x_min": row["xmin"] / (slices / 2 if conv else 1),
                   "tail": int(row["num_pl_spikes"]), "eigenvalues": int(row["num_evals"]),
                   "stable_rank": row["stable_rank"]}
            layer = found.setdefault(row["longname"] + ".weight", {"slices": []})
            if pool:
                layer["pooled"] = fit
            else:
                layer["slices"].append(fit)
    return found


expected = {
    "versions": {p: version(p) for p in ("torch", "numpy", "weightwatcher")},
    "files": {
        "mlp.pt": all_figures(mlp.state_dict()),
        "mlp.safetensors": all_figures(mlp.state_dict()),
        "cnn.pt": all_figures(cnn.state_dict()),
        "cnn_flax.safetensors": {"kernel": figures(numbers(cnn[3].weight.permute(2, 3, 1, 0)), True)},
        "tail.pth": all_figures(tail.state_dict()),
        "checkpoint.pt": all_figures(small.state_dict()),
        "kinds.safetensors": all_figures(kinds),
        "views.pt": all_figures(views),
        "odd.pt": all_figures({"broken": broken, "zeros": torch.zeros(12, 11), "same": torch.eye(11)}),
    },
    "weightwatcher": {"mlp.pt": watched(mlp), "cnn.pt": watched(cnn), "tail.pth": watched(tail)},
}
(HERE / "expected.json").write_text(json.dumps(expected, indent=0) + "\n")
print(sum(f.stat().st_size for f in HERE.iterdir()), "bytes")

#!/usr/bin/env python3
"""Loads what wellfit saved into PyTorch, and compares what both make of the data.

    python load_back.py PROGRAM [CASE ...]

PROGRAM is the wellfit binary. Each case (all without arguments) is trained by it; its
`last.safetensors` must go into the `nn.Sequential` of the same layers, strictly, and give
the losses of single validation samples that wellfit has in `record.json`. Run it where
make.py runs.
"""

import base64
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn

from make import CASES, HERE, load_data, network


def losses(case, weights):
    """PyTorch's loss of each validation sample, and whether it is a hit."""
    x, y = load_data("validation", case, torch.float32)
    model = network(case["layers"], x.shape[1:])
    model.load_state_dict(weights, strict=True)
    types = {name: tensor.dtype for name, tensor in model.state_dict().items()}
    assert types == {name: tensor.dtype for name, tensor in weights.items()}
    model.eval()
    with torch.no_grad():
        logits = model(x)
    return nn.functional.cross_entropy(logits, y, reduction="none"), logits.argmax(1) == y


def recorded(path, samples):
    """The same as wellfit has it after the last epoch."""
    last = json.loads(path.read_text())["last_samples"]
    losses = np.frombuffer(base64.b64decode(last["losses"]), "<f4")
    hits = np.frombuffer(base64.b64decode(last["hits"]), np.uint8)
    hits = np.unpackbits(hits, bitorder="little")[:samples].astype(bool)
    return torch.from_numpy(losses.copy()), torch.from_numpy(hits)


def main():
    program, *names = sys.argv[1:]
    unknown = set(names) - {case["name"] for case in CASES}
    if unknown:
        raise SystemExit(f"no case is called {', '.join(sorted(unknown))}")
    worst, tensors, number = 0.0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            if names and case["name"] not in names:
                continue
            out = pathlib.Path(folder) / case["name"]
            plan = HERE / case["name"] / "plan.toml"
            command = [program, "train", plan, "--out", out, "--quiet"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            weights = load_file(out / "last.safetensors")
            wanted, hits = losses(case, weights)
            found, found_hits = recorded(out / "record.json", len(wanted))
            off = (found - wanted).abs() / (1 + wanted)
            off = off.max().item()
            if not off < 1e-5:
                raise SystemExit(f"{case['name']}: a sample's loss is off by {off}")
            if not torch.equal(found_hits, hits):
                raise SystemExit(f"{case['name']}: other samples are hits")
            worst, tensors, number = max(worst, off), tensors + len(weights), number + 1
            print(f"{case['name']:22} {len(weights):3} tensors, losses within {off:.1e}")
    print(f"{number} networks, {tensors} tensors loaded strictly, losses within {worst:.1e}")
    print("torch", torch.__version__)


if __name__ == "__main__":
    main()

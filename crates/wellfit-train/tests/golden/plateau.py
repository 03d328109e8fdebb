"""Rates of PyTorch's ReduceLROnPlateau on sequences of figures.

Run: python plateau.py > plateau.json
"""

import itertools
import json
import math
import random

import torch


def rates(case):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=case["lr"])
    names = ["mode", "threshold_mode", "factor", "patience", "threshold", "cooldown", "min_lr"]
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, **{name: case[name] for name in names}
    )
    out = []
    for value in case["values"]:
        schedule.step(value)
        out.append(optimizer.param_groups[0]["lr"])
    return out


def figures(rng, mode, n):
    """A noisy curve that flattens out, with a NaN now and then."""
    level, out = rng.uniform(0.5, 2.0), []
    for epoch in range(n):
        level *= rng.choice([0.8, 0.95, 0.999, 1.0, 1.0, 1.02])
        value = level if mode == "min" else 1.0 - level / 3.0
        out.append(math.nan if rng.random() < 0.03 else value)
    return out


def main():
    rng = random.Random(0)
    cases = []
    grid = itertools.product(["min", "max"], ["rel", "abs"], [0, 1, 3], [0, 2], [0.0, 1e-3, 0.3])
    for mode, threshold_mode, patience, cooldown, threshold in grid:
        cases.append({
            "mode": mode,
            "threshold_mode": threshold_mode,
            "factor": rng.choice([0.1, 0.5, 0.9]),
            "patience": patience,
            "threshold": threshold,
            "cooldown": cooldown,
            "min_lr": rng.choice([0.0, 1e-5, 1e-3]),
            "lr": rng.choice([1e-3, 0.1]),
            "values": figures(rng, mode, 30),
        })
    # The article's schedule on a constant figure: a cut each epoch down to the bound.
    cases.append({
        "mode": "min", "threshold_mode": "abs", "factor": 0.5, "patience": 0,
        "threshold": 1e-3, "cooldown": 0, "min_lr": 1e-5, "lr": 1e-3, "values": [0.4] * 12,
    })
    # Cuts below eps (1e-8) are not written.
    cases.append({
        "mode": "min", "threshold_mode": "rel", "factor": 0.5, "patience": 0,
        "threshold": 1e-4, "cooldown": 0, "min_lr": 0.0, "lr": 1e-7, "values": [1.0] * 8,
    })
    for case in cases:
        case["rates"] = rates(case)
        case["values"] = ["nan" if math.isnan(v) else v for v in case["values"]]
    print("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]")


main()

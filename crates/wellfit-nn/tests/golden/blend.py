#!/usr/bin/env python3
"""Makes blend.txt: the loss and the gradients that PyTorch gives for one batch whose samples
have two targets each, by mixup's loss of two terms. `fed.rs` compares; see there.

Run it beside this file in an environment with torch.
"""

import pathlib

import torch
from torch import nn
from torch.nn import functional as F

FEATURES, HIDDEN, OUTPUTS, BATCH = 5, 7, 4, 6
CASES = {
    "cross-entropy": lambda w: nn.CrossEntropyLoss(),
    "smoothing": lambda w: nn.CrossEntropyLoss(label_smoothing=0.2),
    "weights": lambda w: nn.CrossEntropyLoss(weight=w, label_smoothing=0.1),
    "mse": lambda w: nn.MSELoss(),
    "huber": lambda w: nn.HuberLoss(delta=0.5),
}


def main():
    torch.manual_seed(20261129)
    torch.set_default_dtype(torch.float64)
    out = []
    for name, make in CASES.items():
        weights = (torch.rand(OUTPUTS) * 2 + 0.2).round(decimals=3)
        loss = make(weights)
        model = nn.Sequential(nn.Linear(FEATURES, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, OUTPUTS))
        x = torch.randn(BATCH, FEATURES).round(decimals=3)
        with torch.no_grad():
            for p in model.parameters():
                p.copy_(p.round(decimals=3))
        numbers = torch.randn(BATCH, OUTPUTS).round(decimals=3)
        labels = torch.randint(OUTPUTS, (BATCH,))
        y = numbers if name in {"mse", "huber"} else labels
        partner, share = torch.randperm(BATCH), 0.3125
        z = model(share * x + (1 - share) * x[partner])
        total = share * loss(z, y) + (1 - share) * loss(z, y[partner])
        if name in {"cross-entropy", "smoothing"}:
            # The same as one term with the blended targets as probabilities.
            hot = F.one_hot(y, OUTPUTS).double()
            soft = loss(z, share * hot + (1 - share) * hot[partner])
            assert abs(total - soft) < 1e-12, name
        total.backward()
        lines = {"x": x, "partner": partner, "share": torch.tensor([share]), "labels": labels,
                 "numbers": numbers, "weights": weights, "loss": total}
        for parameter, p in model.named_parameters():
            lines[parameter], lines[parameter + ".grad"] = p, p.grad
        out.append(f"case {name}")
        for key, values in lines.items():
            out.append(" ".join([key, *(f"{v:.9g}" for v in values.flatten().tolist())]))
    path = pathlib.Path(__file__).with_name("blend.txt")
    path.write_text("\n".join(out) + "\n")


main()

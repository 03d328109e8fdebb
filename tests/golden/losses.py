"""Golden files of the losses: what PyTorch gives for label smoothing, class weights,
and regression. `make.py` runs this; it is a part of its own, with data of its own.
"""

import csv
import math
import pathlib

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

HERE = pathlib.Path(__file__).parent
FEATURES, TRAIN, VALIDATION = 12, 200, 80


def make_data(folder):
    """Noisy nonlinear functions of 12 values: one target, and three of other sizes."""
    rng = np.random.default_rng(20261124)
    for name, n in [("train", TRAIN), ("validation", VALIDATION)]:
        x = rng.normal(0, 1, (n, FEATURES))
        noise = rng.normal(0, 0.3, (n, 3))
        first = np.sin(x[:, 0]) + x[:, 1] * x[:, 2] + 0.5 * x[:, 3]
        y = np.stack([first, 10 + 5 * x[:, 4] * (x[:, 5] > 0), 0.1 * np.abs(x[:, 6])], axis=1)
        y += noise * [1, 5, 0.1]
        # One wild value, for the robust losses.
        y[7, 0] += 30
        x, y = x.astype(np.float32), y.astype(np.float32)
        np.savez_compressed(folder / f"{name}-1-target.npz", x=x, y=y[:, 0])
        np.savez_compressed(folder / f"{name}-3-targets.npz", x=x, y=y.astype(np.float64))


def load_data(name, targets, dtype):
    suffix = {0: "", 1: "-1-target", 3: "-3-targets"}[targets]
    with np.load(HERE / "data" / f"{name}{suffix}.npz") as file:
        x, y = torch.from_numpy(file["x"]).to(dtype), torch.from_numpy(file["y"])
    return x, y if targets == 0 else y.to(dtype).reshape(len(y), targets)


def weights_of(loss, y, dtype):
    """Class weights: as given, or n/(K·n_k) on the training part."""
    weights = loss.get("class_weights")
    if weights == "balanced":
        counts = torch.bincount(y)
        weights = (len(y) / (len(counts) * counts.double())).tolist()
    return None if weights is None else torch.tensor(weights, dtype=dtype)


def loss_function(loss, weights, smoothing):
    if loss["type"] == "mse":
        return nn.MSELoss()
    if loss["type"] == "huber":
        return nn.HuberLoss(delta=loss.get("delta", 1.0))
    smoothing = loss.get("label_smoothing", 0.0) if smoothing else 0.0
    return nn.CrossEntropyLoss(weight=weights, label_smoothing=smoothing)


def judge(model, x, y, measure):
    """Loss, and accuracy or R²."""
    model.eval()
    with torch.no_grad():
        out = model(x)
        loss = measure(out, y).item()
        if y.dtype == torch.int64:
            return loss, (out.argmax(1) == y).double().mean().item()
        left = ((y - out).double() ** 2).sum(0)
        there = ((y - y.mean(0)).double() ** 2).sum(0)
        return loss, (1 - left / there).mean().item()


def train(case, dtype):
    torch.manual_seed(case["seed"])
    torch.set_num_threads(1)
    x, y = load_data("train", case["targets"], dtype)
    val_x, val_y = load_data("validation", case["targets"], dtype)
    outputs = case["targets"] or 3
    model = nn.Sequential(nn.Linear(FEATURES, 16), nn.ReLU(), nn.Linear(16, outputs)).to(dtype)
    init = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    weights = weights_of(case["loss"], y, dtype)
    objective = loss_function(case["loss"], weights, smoothing=True)
    measure = loss_function(case["loss"], weights, smoothing=False)
    optimizer = torch.optim.Adam(model.parameters(), lr=case["lr"])
    score = "accuracy" if case["targets"] == 0 else "r2"
    history = []
    for epoch in range(1, case["epochs"] + 1):
        model.train()
        total = 0
        for start in range(0, len(x), 32):
            batch, wanted = x[start:start + 32], y[start:start + 32]
            loss = objective(model(batch), wanted)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        row = {"epoch": epoch, "lr": case["lr"], "train_loss": total / len(x), "train_penalty": 0.0}
        row["train_eval_loss"], row[f"train_{score}"] = judge(model, x, y, measure)
        row["val_loss"], row[f"val_{score}"] = judge(model, val_x, val_y, measure)
        history.append(row)
    return init, history


def check_calm(case, single, double):
    """A golden file must not hang on rounding errors, which float64 would show."""
    for a, b in zip(single, double):
        for column, wanted in b.items():
            tolerance = 0 if column.endswith("accuracy") else 2e-4 * abs(wanted) + 2e-5
            if abs(a[column] - wanted) > tolerance or math.isnan(wanted):
                raise SystemExit(f"{case['name']}: {column} is {a[column]} in float32 and "
                                 f"{wanted} in float64, epoch {a['epoch']}; change the seed")


def toml(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else repr(value)


def plan(case):
    suffix = {0: "", 1: "-1-target", 3: "-3-targets"}[case["targets"]]
    outputs = case["targets"] or 3
    layers = [{"type": "linear", "out": 16}, {"type": "relu"}, {"type": "linear", "out": outputs}]
    lines = [
        f"# {case['what']}. Written by losses.py.",
        "[data]",
        f'source = "../data/train{suffix}.npz"',
        f'validation = "../data/validation{suffix}.npz"',
        "",
        "[model]",
        'init = "init.safetensors"',
        f"layers = {toml(layers)}",
        "",
        "[train]",
        "shuffle = false",
        f"epochs = {case['epochs']}",
        "batch_size = 32",
        f"optimizer = {toml({'type': 'adam', 'lr': case['lr']})}",
    ]
    if not case["silent"]:
        lines.append(f"loss = {toml(case['loss'])}")
    return "\n".join(lines) + "\n"


def case(name, what, loss, *, targets=0, lr=0.01, epochs=6, seed=1, silent=False):
    return {"name": name, "what": what, "loss": loss, "targets": targets, "lr": lr,
            "epochs": epochs, "seed": seed, "silent": silent}


def entropy(**settings):
    return {"type": "cross-entropy"} | settings


CASES = [
    case("smoothing", "Label smoothing", entropy(label_smoothing=0.1)),
    case("class-weights", "Class weights, one of them 0",
         entropy(class_weights=[0.5, 3.0, 0.0])),
    case("class-weights-balanced", "Balanced class weights", entropy(class_weights="balanced")),
    case("smoothing-class-weights", "Label smoothing with class weights",
         entropy(label_smoothing=0.2, class_weights=[0.5, 2.0, 1.0])),
    case("smoothing-balanced", "Label smoothing with balanced class weights",
         entropy(label_smoothing=0.3, class_weights="balanced")),
    case("mse", "One number to predict, by the loss that is regression's own",
         {"type": "mse"}, targets=1, silent=True),
    case("mse-3", "Three numbers to predict", {"type": "mse"}, targets=3),
    case("huber", "Huber with its own delta", {"type": "huber"}, targets=1),
    case("huber-small", "Huber with a small delta", {"type": "huber", "delta": 0.1}, targets=3),
    case("huber-large", "Huber with a large delta", {"type": "huber", "delta": 20.0}, targets=3),
]


def main(names):
    """Makes the cases of these names, or all; names that are not here are left to others."""
    make_data(HERE / "data")
    for case in CASES:
        if names and case["name"] not in names:
            continue
        init, history = train(case, torch.float32)
        check_calm(case, history, train(case, torch.float64)[1])
        folder = HERE / case["name"]
        folder.mkdir(exist_ok=True)
        (folder / "plan.toml").write_text(plan(case))
        save_file(init, folder / "init.safetensors")
        with open(folder / "history.csv", "w", newline="") as file:
            writer = csv.DictWriter(file, history[-1], lineterminator="\n")
            writer.writeheader()
            writer.writerows(history)
        (folder / "cuts.txt").write_text("")
        print(f"{case['name']:24}", {k: round(v, 4) for k, v in history[-1].items()})

#!/usr/bin/env python3
"""Makes the golden files: what PyTorch gives for small plans.

Each case is a folder with a plan, the weights it starts from, and the history
that PyTorch has for it: same weights, same order of batches, same objective.
Run it in an environment with torch, numpy and safetensors; see README.md.
"""

import csv
import math
import pathlib

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

import schedules

HERE = pathlib.Path(__file__).parent
FEATURES, CLASSES, TRAIN, VALIDATION = 12, 3, 200, 80
COLUMNS = [
    "epoch", "lr", "train_loss", "train_penalty",
    "train_eval_loss", "train_accuracy", "val_loss", "val_accuracy",
]


def make_data(folder):
    """Three overlapping clouds, hard enough to overfit; once as floats, once as bytes."""
    rng = np.random.default_rng(20261123)
    centres = rng.normal(0, 0.8, (CLASSES, FEATURES))
    sets = {}
    for name, n in [("train", TRAIN), ("validation", VALIDATION)]:
        y = rng.integers(0, CLASSES, n)
        x = centres[y] + rng.normal(0, 1.3, (n, FEATURES))
        grey = np.clip(np.round(128 + 40 * x), 0, 255).astype(np.uint8)
        sets[name] = x.astype(np.float32), grey.reshape(n, 1, 3, 4), y.astype(np.int64)
    for name, (x, grey, y) in sets.items():
        np.savez_compressed(folder / f"{name}.npz", x=x, y=y)
        np.savez_compressed(folder / f"{name}-bytes.npz", x=grey, y=y)


def load_data(name, bytes_, dtype):
    with np.load(HERE / "data" / f"{name}{'-bytes' if bytes_ else ''}.npz") as file:
        x, y = file["x"], file["y"]
    if bytes_:
        x = x.reshape(len(x), -1).astype(np.float32) / np.float32(255)
    return torch.from_numpy(x).to(dtype), torch.from_numpy(y)


ACTIVATIONS = {
    "relu": nn.ReLU, "leaky-relu": lambda slope=0.01: nn.LeakyReLU(slope), "elu": nn.ELU,
    "gelu": nn.GELU, "silu": nn.SiLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid,
}


def network(hidden, activation):
    kind, settings = activation
    layers, width = [], FEATURES
    for out in hidden:
        layers += [nn.Linear(width, out), ACTIVATIONS[kind](**settings)]
        width = out
    return nn.Sequential(*layers, nn.Linear(width, CLASSES))


def penalty(model, terms):
    """λΣ|w|, λΣw² or λΣ‖w‖₂, over all parameter tensors or the weights only."""
    total = torch.zeros(())
    for kind, lam, on in terms:
        for name, w in model.named_parameters():
            if on == "all" or name.endswith("weight"):
                size = {"l1": w.abs().sum, "l2": w.square().sum, "l2-norm": w.norm}[kind]
                total = total + lam * size()
    return total


OPTIMIZERS = {
    "adam": lambda p, lr, **settings: torch.optim.Adam(p, lr=lr, **settings),
    "adamw": lambda p, lr, **settings: torch.optim.AdamW(p, lr=lr, **settings),
    "rmsprop": lambda p, lr, **settings: torch.optim.RMSprop(p, lr=lr, **settings),
    "sgd": lambda p, lr, **settings: torch.optim.SGD(p, lr=lr, **settings),
}


def judge(model, x, y):
    """Loss, accuracy, and by how much the two largest logits differ at least."""
    model.eval()
    with torch.no_grad():
        logits = model(x)
        loss = nn.functional.cross_entropy(logits, y).item()
        hits = (logits.argmax(1) == y).sum().item()
        top = logits.topk(2, dim=1).values
        return loss, hits / len(y), (top[:, 0] - top[:, 1]).min().item()


def train(case, dtype=torch.float32):
    torch.manual_seed(case["seed"])
    torch.set_num_threads(1)
    model = network(case["hidden"], case["activation"]).to(dtype)
    init = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    x, y = load_data("train", case["bytes"], dtype)
    val_x, val_y = load_data("validation", case["bytes"], dtype)
    kind, lr, settings = case["optimizer"]
    optimizer = OPTIMIZERS[kind](model.parameters(), lr, **settings)
    batches = [x[start:start + case["batch_size"]] for start in range(0, len(x), case["batch_size"])]
    if case["drop_last"]:
        batches = [batch for batch in batches if len(batch) == case["batch_size"]]
    rates = schedules.Rates(case, optimizer, len(batches))
    averaging = schedules.Averaging(case, model)
    scheduler, monitor = None, None
    if case["plateau"]:
        plateau = dict(case["plateau"])
        monitor = plateau.pop("monitor")
        mode = "max" if monitor.endswith("accuracy") else "min"
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode=mode, **plateau)
    history, cuts = [], []
    for epoch in range(1, case["epochs"] + 1):
        model.train()
        loss_sum = penalty_sum = seen = 0
        for start in range(0, len(x), case["batch_size"]):
            batch, labels = x[start:start + case["batch_size"]], y[start:start + case["batch_size"]]
            if case["drop_last"] and len(batch) < case["batch_size"]:
                break
            loss = nn.functional.cross_entropy(model(batch), labels)
            extra = penalty(model, case["penalties"])
            optimizer.zero_grad()
            (loss + extra).backward()
            optimizer.step()
            rate = optimizer.param_groups[0]["lr"]
            rates.after_step()
            averaging.after_step()
            loss_sum += loss.item() * len(batch)
            penalty_sum += extra.item() * len(batch)
            seen += len(batch)
        rates.after_epoch(epoch)
        judged = averaging.after_epoch(epoch, batches)
        row = {"epoch": epoch, "lr": rate}
        row["train_loss"], row["train_penalty"] = loss_sum / seen, penalty_sum / seen
        row["train_eval_loss"], row["train_accuracy"], _ = judge(judged, x, y)
        row["val_loss"], row["val_accuracy"], clearance = judge(judged, val_x, val_y)
        history.append(row)
        if scheduler and epoch > rates.warmup:
            check_clear(case, scheduler, row[monitor], clearance)
            scheduler.step(row[monitor])
            new = optimizer.param_groups[0]["lr"]
            if new != row["lr"]:
                cuts.append(f"Epoch {epoch:5d}: reducing learning rate of group 0 to {new:.4e}.")
    return init, history, cuts


def check_clear(case, scheduler, metric, clearance):
    """A golden file must not hang on a rounding error: refuse close decisions."""
    accuracy = case["plateau"]["monitor"].endswith("accuracy")
    if accuracy and clearance < 2e-4:
        raise SystemExit(f"{case['name']}: logits too close ({clearance}); change the seed")
    if math.isfinite(scheduler.best):
        sign = 1 if scheduler.mode == "max" else -1
        step = scheduler.threshold * (scheduler.best if scheduler.threshold_mode == "rel" else 1)
        distance = abs(metric - (scheduler.best + sign * step))
        if distance < (1e-9 if accuracy else 2e-4):
            raise SystemExit(f"{case['name']}: metric too close ({distance}); change the seed")


def check_calm(case, single, double):
    """Nor on an unstable run, which float64 would show: refuse what it changes."""
    for a, b in zip(single[1], double[1]):
        for column in COLUMNS:
            tolerance = 0 if column.endswith("accuracy") else 2e-4 * abs(b[column]) + 2e-5
            if abs(a[column] - b[column]) > tolerance:
                raise SystemExit(f"{case['name']}: {column} is {a[column]} in float32 and "
                                 f"{b[column]} in float64, epoch {a['epoch']}; change the seed")
    if single[2] != double[2]:
        raise SystemExit(f"{case['name']}: the rate is cut differently in float64")


def toml(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {toml(v)}" for k, v in value.items()) + " }"
    return repr(value)


def plan(case):
    suffix = "-bytes" if case["bytes"] else ""
    layers = []
    for out in case["hidden"]:
        kind, settings = case["activation"]
        layers += [{"type": "linear", "out": out}, {"type": kind} | settings]
    layers.append({"type": "linear", "out": CLASSES})
    kind, lr, settings = case["optimizer"]
    penalties = [{"type": k, "lambda": lam, "on": on} for k, lam, on in case["penalties"]]
    lines = [
        f"# {case['what']}. Written by make.py.",
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
        f"batch_size = {case['batch_size']}",
        f"last_batch = {toml('drop' if case['drop_last'] else 'keep')}",
        f"optimizer = {toml({'type': kind, 'lr': lr} | settings)}",
    ]
    if penalties:
        lines.append(f"penalties = {toml(penalties)}")
    lines += schedules.lines(case, toml)
    return "\n".join(lines) + "\n"


def case(name, what, *, hidden=(16,), optimizer=("adam", 0.01, {}), penalties=(), plateau=None,
         activation=("relu", {}), epochs=5, batch_size=32, drop_last=False, bytes_=False, seed=1,
         schedule=None, warmup=None, average=None):
    return {
        "name": name, "what": what, "hidden": hidden, "optimizer": optimizer,
        "penalties": penalties, "plateau": plateau, "activation": activation,
        "epochs": epochs, "batch_size": batch_size, "drop_last": drop_last,
        "bytes": bytes_, "seed": seed,
        "schedule": schedule, "warmup": warmup, "average": average,
    }


CASES = [
    case("adam", "A network with one hidden layer, by Adam"),
    case("adam-settings", "Adam with other betas, eps and weight decay",
         optimizer=("adam", 0.005, {"betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.02})),
    case("bytes", "Grey pictures: bytes, flattened and divided by 255", bytes_=True),
    case("drop-last", "A last batch that is not full is left out", batch_size=48, drop_last=True),
    case("deep", "Three hidden layers and a last batch of 8",
         hidden=(20, 17, 9), batch_size=64, epochs=8),
    *(case(kind, f"Two hidden layers with {kind}", hidden=(20, 17), activation=(kind, {}))
      for kind in ["leaky-relu", "elu", "gelu", "silu", "tanh", "sigmoid"]),
    case("leaky-relu-slope", "A leaky ReLU with a slope of its own",
         activation=("leaky-relu", {"slope": 0.2})),
    case("softmax", "No hidden layer, one sample a batch",
         hidden=(), batch_size=1, epochs=3, optimizer=("adam", 0.001, {})),
    case("sgd", "Plain gradient descent", optimizer=("sgd", 0.1, {})),
    case("sgd-momentum", "Momentum and weight decay",
         optimizer=("sgd", 0.05, {"momentum": 0.9, "weight_decay": 0.01})),
    case("sgd-nesterov", "Nesterov's momentum and weight decay",
         optimizer=("sgd", 0.05, {"momentum": 0.8, "nesterov": True, "weight_decay": 0.005})),
    case("adamw", "AdamW with its own decay", optimizer=("adamw", 0.01, {})),
    case("adamw-penalties", "AdamW with much decay, and penalties",
         optimizer=("adamw", 0.01, {"weight_decay": 0.2, "betas": (0.8, 0.99)}),
         penalties=[("l1", 2e-3, "all"), ("l2", 5e-3, "weights")]),
    case("rmsprop", "RMSprop", optimizer=("rmsprop", 0.003, {})),
    case("rmsprop-settings", "RMSprop with settings of its own and a penalty",
         optimizer=("rmsprop", 0.003, {"alpha": 0.9, "eps": 1e-5, "weight_decay": 0.01}),
         penalties=[("l2-norm", 2e-2, "all")]),
    case("sgd-penalties", "A penalty's gradient goes through the momentum",
         optimizer=("sgd", 0.05, {"momentum": 0.9}),
         penalties=[("l1", 2e-3, "all"), ("l2", 5e-3, "weights")]),
    *(case(f"{kind}-{on}", f"{kind} on {on}", penalties=[(kind, lam, on)])
      for kind, lam in [("l1", 5e-3), ("l2", 1e-2), ("l2-norm", 5e-2)]
      for on in ["all", "weights"]),
    case("plateau-abs", "Validation loss, absolute threshold, a lower bound that is reached",
         epochs=20, optimizer=("adam", 0.03, {}),
         plateau={"monitor": "val_loss", "factor": 0.5, "patience": 0, "threshold": 1e-3,
                  "threshold_mode": "abs", "min_lr": 2e-3}),
    case("plateau-rel", "Validation loss, relative threshold, patience and cooldown",
         epochs=20, optimizer=("adam", 0.03, {}),
         plateau={"monitor": "val_loss", "factor": 0.3, "patience": 1, "threshold": 0.01,
                  "threshold_mode": "rel", "cooldown": 2}),
    case("plateau-max-rel", "Validation accuracy, relative threshold",
         epochs=16, optimizer=("adam", 0.01, {}),
         plateau={"monitor": "val_accuracy", "factor": 0.2, "patience": 1, "threshold": 0.011,
                  "threshold_mode": "rel", "cooldown": 1}),
    case("plateau-max-abs", "Validation accuracy, absolute threshold",
         epochs=16, optimizer=("sgd", 0.2, {"momentum": 0.9}),
         plateau={"monitor": "val_accuracy", "factor": 0.5, "patience": 2, "threshold": 0.02,
                  "threshold_mode": "abs", "min_lr": 0.06}),
    case("plateau-defaults", "Validation loss, with all of PyTorch's own settings",
         epochs=24, optimizer=("adam", 0.03, {}), plateau={"monitor": "val_loss"}),
    case("plateau-train", "Training loss in evaluation mode",
         epochs=12, optimizer=("sgd", 0.7, {}),
         plateau={"monitor": "train_eval_loss", "factor": 0.5, "patience": 0}),
    *schedules.cases(case),
]


def main():
    data = HERE / "data"
    data.mkdir(exist_ok=True)
    make_data(data)
    for case in CASES:
        init, history, cuts = single = train(case)
        check_calm(case, single, train(case, torch.float64))
        folder = HERE / case["name"]
        folder.mkdir(exist_ok=True)
        (folder / "plan.toml").write_text(plan(case))
        save_file(init, folder / "init.safetensors")
        with open(folder / "history.csv", "w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(history)
        (folder / "cuts.txt").write_text("".join(line + "\n" for line in cuts))
        last = history[-1]
        print(f"{case['name']:16} val_loss {last['val_loss']:.4f}  "
              f"val_accuracy {last['val_accuracy']:.3f}  {len(cuts)} cuts")
    print("torch", torch.__version__)


if __name__ == "__main__":
    main()

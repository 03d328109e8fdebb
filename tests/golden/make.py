#!/usr/bin/env python3
"""Makes the golden files: what PyTorch gives for small plans.

Each case is a folder with a plan, the weights it starts from, and the history
that PyTorch has for it: same weights, same order of batches, same objective.
A network is written down once, as the layers of its plan; the PyTorch network
is made from them. Arguments name the cases to make; without any, all are made.
Run it in an environment with torch, numpy and safetensors; see README.md.
"""

import csv
import math
import pathlib
import sys

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

import losses
import schedules

HERE = pathlib.Path(__file__).parent
FEATURES, CLASSES, TRAIN, VALIDATION = 12, 3, 200, 80
IMAGE = (2, 6, 5)  # channels, height, width
COLUMNS = [
    "epoch", "lr", "train_loss", "train_penalty",
    "train_eval_loss", "train_accuracy", "val_loss", "val_accuracy",
]


class Refused(Exception):
    """A case whose golden file would hang on a rounding error."""


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


def make_images(folder):
    """A blurred pattern for each class, under much noise: floats with two channels,
    and their first channel as bytes."""
    rng = np.random.default_rng(20261124)
    patterns = rng.normal(0, 1.0, (CLASSES, *IMAGE))
    patterns = (patterns + np.roll(patterns, 1, 2) + np.roll(patterns, 1, 3)) / 3
    for name, n in [("train", TRAIN), ("validation", VALIDATION)]:
        y = rng.integers(0, CLASSES, n)
        x = patterns[y] + rng.normal(0, 1.0, (n, *IMAGE))
        grey = np.clip(np.round(128 + 40 * x[:, :1]), 0, 255).astype(np.uint8)
        np.savez_compressed(folder / f"{name}-images.npz", x=x.astype(np.float32), y=y)
        np.savez_compressed(folder / f"{name}-grey.npz", x=grey, y=y)


def load_data(name, case, dtype):
    with np.load(HERE / "data" / f"{name}{case['data']}.npz") as file:
        x, y = file["x"], file["y"]
    if x.dtype == np.uint8:
        x = x.astype(np.float32) / np.float32(255)
    if takes_features(case["layers"]):
        x = x.reshape(len(x), -1)
    return torch.from_numpy(x).to(dtype), torch.from_numpy(y)


ACTIVATIONS = {
    "relu": nn.ReLU, "leaky-relu": lambda slope=0.01: nn.LeakyReLU(slope), "elu": nn.ELU,
    "gelu": nn.GELU, "silu": nn.SiLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid,
}


def takes_features(layers):
    """Whether a linear layer comes first, which flattens an image by itself."""
    return next(l["type"] for l in layers if l["type"] not in {"dropout", *ACTIVATIONS}) == "linear"


class Residual(nn.Sequential):
    def forward(self, x):
        return x + super().forward(x)


def module(layer, shape):
    """The PyTorch module that `layer` of a plan is for samples of `shape`."""
    settings = {key: value for key, value in layer.items() if key != "type"}
    match layer["type"]:
        case "linear":
            return nn.Linear(shape[0], settings.pop("out"), **settings)
        case "conv2d":
            out, kernel = settings.pop("out"), settings.pop("kernel")
            return nn.Conv2d(shape[0], out, kernel, **settings)
        case "max-pool2d":
            return nn.MaxPool2d(settings.pop("kernel"), **settings)
        case "avg-pool2d":
            return nn.AvgPool2d(settings.pop("kernel"), **settings)
        case "flatten":
            return nn.Flatten()
        case "batch-norm":
            return (nn.BatchNorm1d if len(shape) == 1 else nn.BatchNorm2d)(shape[0])
        case "layer-norm":
            return nn.LayerNorm(shape[0])
        case "dropout":
            return nn.Dropout(settings["p"])
        case "residual":
            return Residual(*modules(settings["layers"], shape)[0])
        case activation:
            return ACTIVATIONS[activation](**settings)


def modules(layers, shape):
    """The modules, and what shape the last one gives."""
    made = []
    for layer in layers:
        made.append(module(layer, shape))
        shape = made[-1].eval()(torch.zeros(1, *shape)).shape[1:]
    return made, shape


def network(layers, shape):
    """Norms start away from the identity, as if they had been trained before."""
    made, _ = modules(layers, shape)
    model = nn.Sequential(*made).train()
    for norm in model.modules():
        if isinstance(norm, (nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm)):
            nn.init.uniform_(norm.weight, 0.5, 1.5)
            nn.init.uniform_(norm.bias, -0.5, 0.5)
        if isinstance(norm, (nn.BatchNorm1d, nn.BatchNorm2d)):
            nn.init.uniform_(norm.running_mean, -0.3, 0.3)
            nn.init.uniform_(norm.running_var, 0.7, 1.3)
            norm.num_batches_tracked.fill_(3)
    return model


def penalty(model, terms):
    """λΣ|w|, λΣw² or λΣ‖w‖₂, over all parameter tensors or over the weights of linear
    layers and convolutions."""
    total = torch.zeros(())
    for kind, lam, on in terms:
        for w in model.parameters():
            if on == "all" or w.dim() > 1:
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
    x, y = load_data("train", case, dtype)
    val_x, val_y = load_data("validation", case, dtype)
    model = network(case["layers"], x.shape[1:]).to(dtype)
    init = {name: tensor.clone() for name, tensor in model.state_dict().items()}
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
    history, cuts, clipped = [], [], set()
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
            if case["clip"]:
                norm = torch.nn.utils.clip_grad_norm_(model.parameters(), case["clip"])
                clipped.add(norm.item() > case["clip"])
            optimizer.step()
            limit(model, case["max_norm"])
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
    check_clipped(case, clipped)
    return init, history, cuts, judged.state_dict()


def limit(model, most):
    """Units whose incoming weights have a larger norm are scaled down to it."""
    if most:
        with torch.no_grad():
            for layer in model.modules():
                if isinstance(layer, (nn.Linear, nn.Conv2d)):
                    rows = layer.weight.flatten(1)
                    norms = rows.norm(dim=1, keepdim=True)
                    rows *= torch.where(norms > most, most / norms, 1.0)


def check_clipped(case, clipped):
    """A case says whether its gradients are always clipped, sometimes or never."""
    wanted = {"always": {True}, "sometimes": {True, False}, "never": {False}, None: set()}
    if clipped != wanted[case["clipped"]]:
        raise Refused(f"{case['name']}: clipped {clipped}, not {case['clipped']}")


def check_clear(case, scheduler, metric, clearance):
    """A golden file must not hang on a rounding error: refuse close decisions."""
    accuracy = case["plateau"]["monitor"].endswith("accuracy")
    if accuracy and clearance < 2e-4:
        raise Refused(f"{case['name']}: logits too close ({clearance}); change the seed")
    if math.isfinite(scheduler.best):
        sign = 1 if scheduler.mode == "max" else -1
        step = scheduler.threshold * (scheduler.best if scheduler.threshold_mode == "rel" else 1)
        distance = abs(metric - (scheduler.best + sign * step))
        if distance < (1e-9 if accuracy else 2e-4):
            raise Refused(f"{case['name']}: metric too close ({distance}); change the seed")


def check_calm(case, single, double):
    """Nor on an unstable run, which float64 would show: refuse what it changes."""
    for a, b in zip(single[1], double[1]):
        for column in COLUMNS:
            tolerance = 0 if column.endswith("accuracy") else 2e-4 * abs(b[column]) + 2e-5
            if abs(a[column] - b[column]) > tolerance:
                raise Refused(f"{case['name']}: {column} is {a[column]} in float32 and "
                                 f"{b[column]} in float64, epoch {a['epoch']}; change the seed")
    if single[2] != double[2]:
        raise Refused(f"{case['name']}: the rate is cut differently in float64")
    for name, tensor in single[3].items():
        wanted = double[3][name]
        if case["last"] and not torch.allclose(tensor.double(), wanted.double(), 1e-3, 1e-4):
            off = (tensor - wanted).abs().max().item()
            raise Refused(f"{case['name']}: {name} is off by {off} in float64; change the seed")


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
    suffix = case["data"]
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
        f"layers = {toml(case['layers'])}",
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
    if case["clip"]:
        lines.append(f"clip_grad_norm = {case['clip']}")
    if case["max_norm"]:
        lines.append(f"max_norm = {case['max_norm']}")
    lines += schedules.lines(case, toml)
    return "\n".join(lines) + "\n"


def linear(out=CLASSES, **settings):
    return {"type": "linear", "out": out} | settings


def conv(out, kernel, **settings):
    return {"type": "conv2d", "out": out, "kernel": kernel} | settings


def same(out, **settings):
    return conv(out, 3, padding=1, **settings)


def max_pool(kernel, **settings):
    return {"type": "max-pool2d", "kernel": kernel} | settings


def avg_pool(kernel, **settings):
    return {"type": "avg-pool2d", "kernel": kernel} | settings


def residual(*layers):
    return {"type": "residual", "layers": list(layers)}


def dropout(p):
    return {"type": "dropout", "p": p}


RELU, GELU, TANH, SILU, FLATTEN, BATCH_NORM, LAYER_NORM = (
    {"type": kind}
    for kind in ["relu", "gelu", "tanh", "silu", "flatten", "batch-norm", "layer-norm"]
)


def dense(hidden, activation=("relu", {})):
    kind, settings = activation
    layers = []
    for out in hidden:
        layers += [linear(out), {"type": kind} | settings]
    return [*layers, linear()]


def case(name, what, *, layers=None, hidden=(16,), activation=("relu", {}),
         optimizer=("adam", 0.01, {}), penalties=(), plateau=None, clip=None, clipped=None,
         max_norm=None, epochs=5, batch_size=32, drop_last=False, data="", last=False, seed=1,
         schedule=None, warmup=None, average=None):
    """`last`: the tensors after the last epoch are compared, too."""
    return {
        "name": name, "what": what, "layers": layers or dense(hidden, activation),
        "optimizer": optimizer, "penalties": penalties, "plateau": plateau,
        "schedule": schedule, "warmup": warmup, "average": average,
        "clip": clip, "clipped": clipped, "max_norm": max_norm,
        "epochs": epochs, "batch_size": batch_size,
        "drop_last": drop_last, "data": data, "last": last, "seed": seed,
    }


def image(name, what, *layers, **settings):
    """A case over images that ends in a linear layer."""
    return image_to_logits(name, what, *layers, FLATTEN, linear(), **settings)


def image_to_logits(name, what, *layers, **settings):
    settings = {"data": "-images", "epochs": 4, "optimizer": ("adam", 0.01, {})} | settings
    return case(name, what, layers=list(layers), last=True, **settings)


def features(name, what, *layers, **settings):
    """A case over features with norms or residuals."""
    settings = {"epochs": 4, "optimizer": ("adam", 0.01, {})} | settings
    return case(name, what, layers=list(layers), last=True, **settings)


CASES = [
    case("adam", "A network with one hidden layer, by Adam"),
    case("adam-settings", "Adam with other betas, eps and weight decay",
         optimizer=("adam", 0.005, {"betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.02})),
    case("bytes", "Grey pictures: bytes, flattened and divided by 255", data="-bytes"),
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

    image("conv", "A 3×3 convolution that keeps the size", same(4), RELU),
    image("conv-1x1", "1×1 kernels without bias, twice",
          conv(5, 1, bias=False), GELU, conv(3, 1, bias=False), TANH),
    image("conv-even", "Even kernels, and more padding than half of them",
          conv(4, 2), RELU, conv(3, 4, padding=2), RELU),
    image("conv-wide", "A kernel that is not square", conv(4, [2, 4]), RELU),
    image("conv-stride", "A stride that leaves a remainder",
          conv(4, 3, stride=2, padding=1), RELU),
    image("conv-strides", "Strides and paddings that differ in rows and columns",
          conv(4, [3, 2], stride=[1, 2], padding=[2, 0]), SILU, conv(5, [2, 1], stride=[3, 1])),
    image("conv-skip", "A stride larger than the kernel", conv(6, 2, stride=3), GELU),
    image("conv-whole", "A kernel as large as the image", conv(8, [6, 5]), RELU),
    image("conv-padded", "A kernel larger than the image, padding nearly as large",
          conv(3, [7, 6], padding=[5, 4], stride=2), TANH),
    image("conv-many", "More channels than a vector has numbers",
          same(17), RELU, same(33, bias=False), RELU, optimizer=("adam", 0.001, {})),
    image("conv-grey", "Bytes with one channel", same(4), RELU, conv(3, 2), RELU, data="-grey"),
    image("conv-after-activation", "An activation before the first convolution",
          TANH, same(4), RELU),
    image_to_logits("conv-logits", "A convolution that gives the logits",
                    same(4), RELU, conv(CLASSES, [6, 5]), FLATTEN),
    image("conv-one", "One image a batch", same(4), GELU,
          batch_size=1, epochs=2, optimizer=("sgd", 0.01, {})),
    image("conv-drop", "The last batch of images is left out", same(4), RELU,
          batch_size=48, drop_last=True),
    image("conv-dropout-0", "Dropout that drops nothing, at every place",
          dropout(0.0), same(4), dropout(0.0), RELU, max_pool(2), dropout(0.0)),
    *(image(f"conv-{kind}", f"A convolution with {kind}",
            conv(4, 3), {"type": kind} | settings, same(3), {"type": kind} | settings)
      for kind, settings in [("leaky-relu", {"slope": 0.1}), ("elu", {}), ("gelu", {}),
                             ("silu", {}), ("tanh", {}), ("sigmoid", {})]),
    *(image(f"conv-{name}", f"A convolution trained by {name}", same(4), GELU, max_pool(2),
            optimizer=optimizer)
      for name, optimizer in [
          ("sgd", ("sgd", 0.05, {})),
          ("momentum", ("sgd", 0.02, {"momentum": 0.9, "weight_decay": 0.01})),
          ("nesterov", ("sgd", 0.02, {"momentum": 0.8, "nesterov": True})),
          ("adam-decay", ("adam", 0.01, {"weight_decay": 0.05})),
          ("adamw", ("adamw", 0.01, {"weight_decay": 0.3})),
          ("rmsprop", ("rmsprop", 0.003, {"alpha": 0.9, "weight_decay": 0.01}))]),
    *(image(f"conv-{kind}-{on}", f"{kind} on {on} of a convolution's tensors",
            same(4), GELU, penalties=[(kind, lam, on)])
      for kind, lam in [("l1", 2e-3), ("l2", 1e-2), ("l2-norm", 3e-2)]
      for on in ["all", "weights"]),

    image("max-pool", "Windows side by side, with a remainder", same(4), RELU, max_pool(2)),
    image("max-pool-overlap", "Windows that overlap",
          same(4), GELU, max_pool([3, 2], stride=[2, 1])),
    image("max-pool-apart", "Windows with gaps between them",
          same(4), RELU, max_pool([2, 1], stride=[3, 2]), conv(5, [2, 1])),
    image("max-pool-first", "The input's own largest values", max_pool([2, 3], stride=1)),
    image("max-pool-grey", "Bytes, in which equal values are common",
          max_pool(2, stride=1), same(3), RELU, data="-grey"),
    image("max-pool-whole", "One window as large as the image", same(9), max_pool([6, 5])),
    image("avg-pool", "Means of windows side by side, with a remainder",
          same(4), RELU, avg_pool(2)),
    image("avg-pool-overlap", "Means of windows that overlap",
          same(4), TANH, avg_pool([3, 2], stride=[1, 2]), same(3)),
    image("avg-pool-first", "The input's own means", avg_pool([2, 1]), same(4), RELU),
    image("avg-pool-whole", "The mean of each channel", same(9), RELU, avg_pool([6, 5])),
    image("pools", "A pool behind a pool",
          same(5), max_pool(2, stride=1), avg_pool([3, 2]), GELU),
    image("flatten", "Images as features, and nothing else"),
    image("flatten-deep", "Two linear layers behind a convolution",
          conv(5, 2), RELU, FLATTEN, linear(16), RELU),

    features("batch-norm", "Batch norm on features, a last batch of 8",
             linear(16, bias=False), BATCH_NORM, RELU, linear()),
    features("batch-norm-drop", "Batch norm on features, the last batch left out",
             linear(16, bias=False), BATCH_NORM, RELU, linear(), batch_size=48, drop_last=True),
    features("batch-norm-two", "Batch norm over a last batch of two samples",
             linear(16, bias=False), BATCH_NORM, TANH, linear(),
             batch_size=33, optimizer=("sgd", 0.02, {})),
    features("batch-norm-first", "Batch norm on the input's features",
             BATCH_NORM, linear(16), GELU, linear()),
    features("batch-norm-last", "Batch norm on the logits",
             linear(16), TANH, linear(bias=False), BATCH_NORM),
    features("batch-norm-twice", "Batch norm behind batch norm, and biases before it",
             linear(16), BATCH_NORM, BATCH_NORM, SILU, linear(), BATCH_NORM,
             optimizer=("sgd", 0.05, {"momentum": 0.9})),
    features("batch-norm-all", "A penalty on all tensors reads a norm's, but no statistics",
             linear(16, bias=False), BATCH_NORM, GELU, linear(),
             penalties=[("l1", 2e-3, "all"), ("l2", 5e-3, "all"), ("l2-norm", 1e-2, "all")]),
    features("batch-norm-weights", "A penalty on weights leaves a norm's weight alone",
             linear(16, bias=False), BATCH_NORM, GELU, linear(),
             penalties=[("l1", 2e-3, "weights"), ("l2-norm", 1e-2, "weights")]),
    features("batch-norm-decay", "Weight decay on a norm's tensors",
             linear(16, bias=False), BATCH_NORM, RELU, linear(),
             optimizer=("sgd", 0.05, {"momentum": 0.9, "weight_decay": 0.05})),
    features("batch-norm-adamw", "AdamW's decay on a norm's tensors",
             linear(16, bias=False), BATCH_NORM, SILU, linear(),
             optimizer=("adamw", 0.003, {"weight_decay": 0.5})),
    features("batch-norm-dropout-0", "Batch norm behind dropout that drops nothing",
             dropout(0.0), linear(16, bias=False), dropout(0.0), BATCH_NORM, RELU, linear()),
    image("batch-norm-image", "Batch norm on channels, a last batch of 8",
          same(5, bias=False), BATCH_NORM, RELU),
    image("batch-norm-image-drop", "Batch norm on channels, the last batch left out",
          same(5, bias=False), BATCH_NORM, GELU, max_pool(2), batch_size=48, drop_last=True),
    image("batch-norm-one-image", "Batch norm over a last batch of one image",
          same(5, bias=False), BATCH_NORM, GELU, batch_size=199, epochs=4),
    image("batch-norm-input", "Batch norm on the input's channels",
          BATCH_NORM, same(5), RELU, avg_pool(2)),
    image("batch-norm-bytes", "Batch norm on bytes", BATCH_NORM, same(4), TANH, data="-grey"),
    image("batch-norm-many", "Batch norm on more channels than a vector has numbers",
          conv(19, 3, bias=False), BATCH_NORM, RELU, conv(34, 2, bias=False), BATCH_NORM, RELU,
          optimizer=("sgd", 0.02, {"momentum": 0.9})),
    image("batch-norm-flat", "Batch norm on a flattened image",
          conv(4, [3, 2], bias=False), FLATTEN, BATCH_NORM, GELU),
    image("batch-norm-pool", "Batch norm behind a pool",
          same(5, bias=False), max_pool(2), BATCH_NORM, RELU),
    image("batch-norm-image-all", "Penalties and weight decay on convolutions and norms",
          same(5, bias=False), BATCH_NORM, GELU,
          optimizer=("adam", 0.003, {"weight_decay": 0.02}),
          penalties=[("l1", 2e-3, "all"), ("l2", 5e-3, "weights")]),

    features("layer-norm", "Layer norm on features", linear(16), LAYER_NORM, RELU, linear()),
    features("layer-norm-first", "Layer norm on the input", LAYER_NORM, linear(16), GELU, linear()),
    features("layer-norm-last", "Layer norm on the logits", linear(16), TANH, linear(), LAYER_NORM,
             optimizer=("sgd", 0.05, {"momentum": 0.9})),
    features("layer-norm-one", "Layer norm, one sample a batch",
             linear(16), LAYER_NORM, GELU, linear(), batch_size=1, epochs=2,
             optimizer=("sgd", 0.01, {})),
    features("layer-norm-penalties", "Penalties and decay on layer norm",
             linear(16), LAYER_NORM, SILU, linear(),
             optimizer=("adamw", 0.003, {"weight_decay": 0.3}),
             penalties=[("l1", 2e-3, "all"), ("l2", 5e-3, "weights")]),
    image("layer-norm-flat", "Layer norm on a flattened image",
          conv(4, 3), GELU, FLATTEN, LAYER_NORM),

    features("residual", "x + f(x), f a linear layer and an activation",
             linear(16), residual(linear(16), RELU), linear()),
    features("residual-first", "x + f(x) on the input", residual(linear(7), GELU, linear(12)),
             linear()),
    features("residual-nested", "A residual in a residual, and one more",
             linear(10), residual(LAYER_NORM, linear(8), residual(TANH, linear(8)), linear(10)),
             SILU, residual(GELU, linear(10)), linear()),
    features("residual-norms", "Norms and dropout that drops nothing inside a residual",
             linear(16), residual(LAYER_NORM, linear(16, bias=False), BATCH_NORM, GELU,
                                  dropout(0.0), linear(16)), linear(),
             optimizer=("sgd", 0.05, {"momentum": 0.9})),
    image("residual-conv", "Convolutions and batch norm inside a residual",
          same(5), residual(same(4, bias=False), BATCH_NORM, GELU, same(5, bias=False), BATCH_NORM),
          RELU, avg_pool(2)),
    image("residual-image", "x + f(x) on the input's image, f with even kernels and a pool",
          residual(conv(4, 2, padding=1), TANH, max_pool(2, stride=1), same(2))),
    image("residual-flat", "x + f(x) on a flattened image",
          conv(3, 3), GELU, FLATTEN, residual(linear(9), TANH, linear(36))),
    image("residual-sgd", "A residual with momentum, decay and a penalty",
          same(5, bias=False), BATCH_NORM,
          residual(RELU, same(5, bias=False), BATCH_NORM), RELU, max_pool([6, 5]),
          optimizer=("sgd", 0.05, {"momentum": 0.9, "weight_decay": 0.01}),
          penalties=[("l2", 2e-3, "weights")]),

    *(case(f"clip-{name}-{often}", f"Gradients clipped by their norm, {often}, with {name}",
           optimizer=optimizer, clip=clip, clipped=often, last=True)
      for name, optimizer in [("adam", ("adam", 0.01, {})), ("sgd", ("sgd", 0.1, {}))]
      for often, clip in [("always", 0.1), ("sometimes", 1.0), ("never", 50.0)]),
    case("clip-momentum", "Clipping before weight decay and momentum", clip=0.1, clipped="always",
         optimizer=("sgd", 0.1, {"momentum": 0.9, "weight_decay": 0.05}), last=True),
    case("clip-nesterov", "Clipping with Nesterov's momentum", clip=0.2, clipped="always",
         optimizer=("sgd", 0.1, {"momentum": 0.8, "nesterov": True}), last=True),
    case("clip-decay", "Clipping before Adam's weight decay", clip=0.1, clipped="always",
         optimizer=("adam", 0.01, {"weight_decay": 0.05}), last=True),
    case("clip-adamw", "Clipping with AdamW, over three hidden layers", clip=0.1, clipped="always",
         optimizer=("adamw", 0.003, {"weight_decay": 0.2}), hidden=(20, 17, 9), last=True,
         activation=("gelu", {})),
    case("clip-rmsprop", "Clipping with RMSprop", clip=0.2, clipped="always",
         optimizer=("rmsprop", 0.003, {"weight_decay": 0.01}), last=True),
    case("clip-penalties", "Clipping takes the penalties' gradients, too", clip=1.2,
         clipped="sometimes", optimizer=("sgd", 0.1, {}), last=True,
         penalties=[("l1", 5e-3, "all"), ("l2", 2e-2, "weights"), ("l2-norm", 2e-2, "all")]),
    case("max-norm", "Units with a largest norm, by Adam, over two hidden layers",
         hidden=(20, 17), max_norm=0.9, last=True),
    case("max-norm-momentum", "A largest norm that every unit reaches, with momentum and decay",
         optimizer=("sgd", 0.1, {"momentum": 0.9, "weight_decay": 0.01}), max_norm=0.4, last=True),
    case("max-norm-penalties", "Penalties are of the weights after they were limited",
         optimizer=("sgd", 0.1, {}), max_norm=0.6, clip=1.0, clipped="sometimes", last=True,
         penalties=[("l1", 2e-3, "all"), ("l2-norm", 5e-3, "weights")]),
    case("max-norm-ema", "The average is of the weights after they were limited",
         optimizer=("sgd", 0.1, {"momentum": 0.9}), max_norm=0.5, last=True,
         average={"type": "ema", "decay": 0.9}),
    image("max-norm-conv", "Filters with a largest norm, norms and a residual left alone",
          same(5, bias=False), BATCH_NORM, residual(GELU, same(5), BATCH_NORM), GELU,
          max_norm=0.7, optimizer=("sgd", 0.1, {"momentum": 0.9})),
    image("clip-conv", "Clipping over convolutions, norms and a residual",
          same(5, bias=False), BATCH_NORM, residual(GELU, same(5, bias=False), BATCH_NORM), GELU,
          clip=0.2, clipped="sometimes", optimizer=("sgd", 0.1, {"momentum": 0.9})),

    image("cnn", "Two convolutions with norms and pools, and a hidden layer",
          same(6, bias=False), BATCH_NORM, RELU, max_pool(2),
          same(9, bias=False), BATCH_NORM, RELU, avg_pool([3, 2]), dropout(0.0),
          FLATTEN, linear(16), RELU, batch_size=50),
    image("cnn-plateau", "The same kind, its rate cut by the validation loss",
          same(6), GELU, max_pool(2), same(9), GELU, avg_pool([3, 2]),
          epochs=12, optimizer=("adam", 0.01, {}),
          plateau={"monitor": "val_loss", "factor": 0.3, "patience": 0, "threshold": 0.2}),

    *schedules.cases(case),
]


def main():
    data = HERE / "data"
    data.mkdir(exist_ok=True)
    make_data(data)
    make_images(data)
    names = sys.argv[1:]
    unknown = set(names) - {case["name"] for case in CASES + losses.CASES}
    if unknown:
        raise SystemExit(f"no case is called {', '.join(sorted(unknown))}")
    refused = []
    for case in CASES:
        if names and case["name"] not in names:
            continue
        try:
            init, history, cuts, last = single = train(case)
            check_calm(case, single, train(case, torch.float64))
        except Refused as reason:
            refused.append(str(reason))
            continue
        folder = HERE / case["name"]
        folder.mkdir(exist_ok=True)
        (folder / "plan.toml").write_text(plan(case))
        save_file(init, folder / "init.safetensors")
        with open(folder / "history.csv", "w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(history)
        (folder / "cuts.txt").write_text("".join(line + "\n" for line in cuts))
        if case["last"]:
            save_file(last, folder / "last.safetensors")
        row = history[-1]
        print(f"{case['name']:22} val_loss {row['val_loss']:.4f}  "
              f"val_accuracy {row['val_accuracy']:.3f}  {len(cuts)} cuts")
    losses.main(names)
    print("torch", torch.__version__)
    if refused:
        raise SystemExit("\n".join(["refused, and not written:", *refused]))


if __name__ == "__main__":
    main()

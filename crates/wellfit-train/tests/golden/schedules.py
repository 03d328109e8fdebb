"""Rates and momenta of PyTorch's schedules for every step of a run.

Run: python schedules.py > schedules.json
"""

import itertools
import json
import warnings

import torch
from torch.optim import lr_scheduler

# The scheduler is stepped once more after the last step of the run.
warnings.filterwarnings("ignore")


def rule(case, optimizer, epochs):
    """The schedule that is stepped once an epoch, over so many epochs."""
    kind = case["type"]
    if kind == "step":
        return lr_scheduler.StepLR(optimizer, case["every"], case["factor"])
    if kind == "exponential":
        return lr_scheduler.ExponentialLR(optimizer, case["factor"])
    return lr_scheduler.CosineAnnealingLR(optimizer, epochs, case["min_lr"])


def optimizer_of(case):
    make = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[case["optimizer"]]
    return make([torch.nn.Parameter(torch.zeros(1))], lr=case["lr"])


def state(optimizer):
    """The rate and the momentum that a step is made with."""
    group = optimizer.param_groups[0]
    return group["lr"], group["momentum"] if "momentum" in group else group["betas"][0]


def one_cycle(case, optimizer):
    names = ["pct_start", "div_factor", "final_div_factor", "cycle_momentum", "base_momentum",
             "max_momentum"]
    all_steps = case["epochs"] * case["steps"]
    schedule = lr_scheduler.OneCycleLR(
        optimizer, case["max_lr"], all_steps, **{name: case[name] for name in names}
    )
    for _ in range(all_steps):
        yield state(optimizer)
        optimizer.step()
        if schedule.last_epoch < all_steps - 1:
            schedule.step()


def by_epoch(case, optimizer):
    """LinearLR for each step of the warm-up, then the rule from the optimiser's rate."""
    warmup, steps = case.get("warmup"), case["steps"]
    epochs = warmup["epochs"] if warmup else 0
    if warmup:
        linear = lr_scheduler.LinearLR(optimizer, warmup["start_factor"], 1.0, epochs * steps)
        for _ in range(epochs * steps):
            yield state(optimizer)
            optimizer.step()
            linear.step()
        optimizer = optimizer_of(case)
    schedule = rule(case, optimizer, case["epochs"] - epochs)
    for _ in range(case["epochs"] - epochs):
        for _ in range(steps):
            yield state(optimizer)
            optimizer.step()
        schedule.step()


def check_sequential(case, found):
    """With one step an epoch it is what SequentialLR gives."""
    optimizer, warmup = optimizer_of(case), case["warmup"]
    linear = lr_scheduler.LinearLR(optimizer, warmup["start_factor"], 1.0, warmup["epochs"])
    after = rule(case, optimizer, case["epochs"] - warmup["epochs"])
    schedule = lr_scheduler.SequentialLR(optimizer, [linear, after], [warmup["epochs"]])
    for rate, _ in found:
        now = state(optimizer)[0]
        assert abs(now - rate) <= 1e-12 * rate, (case, now, rate)
        optimizer.step()
        schedule.step()


def cases():
    base = {"optimizer": "adam", "lr": 1e-3}
    lengths = [(1, 1), (2, 3), (12, 1), (9, 4)]
    warmups = [None, {"epochs": 1, "start_factor": 1 / 3}, {"epochs": 4, "start_factor": 0.01},
               {"epochs": 3, "start_factor": 1.0}]
    rules = [
        {"type": "step", "every": 1, "factor": 0.5}, {"type": "step", "every": 3, "factor": 0.1},
        {"type": "step", "every": 50, "factor": 0.1},
        {"type": "exponential", "factor": 0.9}, {"type": "exponential", "factor": 1.0},
        {"type": "cosine", "min_lr": 0.0}, {"type": "cosine", "min_lr": 1e-4},
        {"type": "cosine", "min_lr": 1e-3},
    ]
    for rule, (epochs, steps), warmup in itertools.product(rules, lengths, warmups):
        case = base | rule | {"epochs": epochs, "steps": steps}
        if warmup is None:
            yield case
        elif warmup["epochs"] < epochs:
            yield case | {"warmup": warmup}
    cycle = {"pct_start": 0.3, "div_factor": 25.0, "final_div_factor": 1e4,
             "cycle_momentum": True, "base_momentum": 0.85, "max_momentum": 0.95}
    settings = [
        {}, {"pct_start": 0.0}, {"pct_start": 1.0}, {"pct_start": 0.07}, {"cycle_momentum": False},
        {"div_factor": 4.0, "final_div_factor": 10.0, "base_momentum": 0.5, "max_momentum": 0.6},
    ]
    for optimizer, change, (epochs, steps) in itertools.product(
            ["adam", "sgd"], settings, [(1, 2), (5, 1), (4, 9)]):
        yield base | {"type": "one-cycle", "optimizer": optimizer, "max_lr": 0.02,
                      "epochs": epochs, "steps": steps} | cycle | change
    yield base | {"type": "one-cycle", "max_lr": 0.02, "epochs": 1, "steps": 1} | cycle


def main():
    out = []
    for case in cases():
        run = one_cycle if case["type"] == "one-cycle" else by_epoch
        found = list(run(case, optimizer_of(case)))
        if case["steps"] == 1 and "warmup" in case:
            check_sequential(case, found)
        case["rates"] = [rate for rate, _ in found]
        if case.get("cycle_momentum"):
            case["momenta"] = [momentum for _, momentum in found]
        out.append(case)
    print("[\n" + ",\n".join(json.dumps(case) for case in out) + "\n]")


main()

"""What moves the rate and averages the weights while make.py trains, by PyTorch's own
classes, and how a plan file says it."""

from torch.optim import lr_scheduler, swa_utils


class Rates:
    """The case's schedule, except a plateau, which make.py steps by its figures."""

    def __init__(self, case, optimizer, steps):
        self.case, self.optimizer, self.steps, self.taken = case, optimizer, steps, 0
        self.base = optimizer.param_groups[0]["lr"]
        self.linear = self.by_step = self.by_epoch = None
        settings = dict(case["schedule"] or {"type": None})
        kind = settings.pop("type")
        if kind == "one-cycle":
            self.by_step = lr_scheduler.OneCycleLR(
                optimizer, total_steps=case["epochs"] * steps, **settings
            )
        epochs = case["epochs"] - self.warmup
        if kind == "step":
            self.by_epoch = lr_scheduler.StepLR(optimizer, settings["every"], settings["factor"])
        elif kind == "exponential":
            self.by_epoch = lr_scheduler.ExponentialLR(optimizer, settings["factor"])
        elif kind == "cosine":
            self.by_epoch = lr_scheduler.CosineAnnealingLR(optimizer, epochs, settings["min_lr"])
        if self.warmup:
            factor = case["warmup"]["start_factor"]
            self.linear = lr_scheduler.LinearLR(optimizer, factor, 1.0, self.warmup * steps)

    @property
    def warmup(self):
        """Epochs of warm-up."""
        return self.case["warmup"]["epochs"] if self.case["warmup"] else 0

    def after_step(self):
        self.taken += 1
        if self.by_step and self.taken < self.case["epochs"] * self.steps:
            self.by_step.step()
        if self.linear and self.taken <= self.warmup * self.steps:
            self.linear.step()
            if self.taken == self.warmup * self.steps:
                # As SequentialLR does it, so that no rounding is left.
                self.optimizer.param_groups[0]["lr"] = self.base

    def after_epoch(self, epoch):
        if self.by_epoch and epoch > self.warmup:
            self.by_epoch.step()


class Averaging:
    """The case's average: the model that is judged in the place of the trained one."""

    def __init__(self, case, model):
        self.case, self.model, self.kind, self.averaged = case, model, None, None
        if not case["average"]:
            return
        self.kind = case["average"]["type"]
        if self.kind == "ema":
            rule = swa_utils.get_ema_multi_avg_fn(case["average"]["decay"])
            self.averaged = swa_utils.AveragedModel(model, multi_avg_fn=rule)
        else:
            self.averaged = swa_utils.AveragedModel(model)

    def after_step(self):
        if self.kind == "ema":
            self.averaged.update_parameters(self.model)

    def after_epoch(self, epoch, batches):
        """The model to judge."""
        if self.kind == "swa":
            start = self.case["average"]["start"]
            if isinstance(start, float):
                start = int(start * self.case["epochs"]) + 1
            if epoch < start:
                return self.model
            self.averaged.update_parameters(self.model)
        if self.kind is None:
            return self.model
        swa_utils.update_bn(batches, self.averaged)
        return self.averaged.module


def lines(case, toml):
    """The case's lines in `[train]`."""
    out = []
    schedule = case["schedule"]
    if case["plateau"]:
        schedule = {"type": "reduce-on-plateau"} | case["plateau"]
    if schedule:
        warmup = {"warmup": case["warmup"]} if case["warmup"] else {}
        out.append(f"schedule = {toml(schedule | warmup)}")
    if case["average"]:
        out.append(f"average = {toml(case['average'])}")
    return out


BATCH_NORM, GELU, FLATTEN = ({"type": kind} for kind in ["batch-norm", "gelu", "flatten"])
LOGITS = {"type": "linear", "out": 3}
DENSE = [{"type": "linear", "out": 16, "bias": False}, BATCH_NORM, GELU, LOGITS]


def same(out):
    """A convolution that keeps the size."""
    return {"type": "conv2d", "out": out, "kernel": 3, "padding": 1, "bias": False}


CONVOLUTIONS = [
    same(5), BATCH_NORM, {"type": "residual", "layers": [GELU, same(5), BATCH_NORM]}, GELU,
    {"type": "max-pool2d", "kernel": 2}, FLATTEN, LOGITS,
]
SLOW_START = {"epochs": 2, "start_factor": 0.1}
SGD = ("sgd", 0.05, {"momentum": 0.9})


def cases(case):
    """The cases of make.py's table that are about schedules and averages."""
    return [
        case("schedule-step", "The rate is cut every two epochs", epochs=7,
             schedule={"type": "step", "every": 2, "factor": 0.3}),
        case("schedule-exponential", "The rate is cut after each epoch", epochs=7, optimizer=SGD,
             schedule={"type": "exponential", "factor": 0.7}),
        case("schedule-cosine", "The rate follows a cosine", epochs=7,
             schedule={"type": "cosine", "min_lr": 0.001}),
        case("one-cycle-adam", "One cycle of rate and first beta", epochs=6,
             schedule={"type": "one-cycle", "max_lr": 0.03}),
        case("one-cycle-adamw", "One cycle with settings of its own, and a last batch of 8",
             epochs=6, batch_size=64, optimizer=("adamw", 0.01, {}),
             schedule={"type": "one-cycle", "max_lr": 0.03, "pct_start": 0.5, "div_factor": 5.0,
                       "final_div_factor": 20.0, "base_momentum": 0.6, "max_momentum": 0.9}),
        case("one-cycle-sgd", "One cycle of rate and momentum, where SGD has none of its own",
             epochs=6, optimizer=("sgd", 0.01, {}), schedule={"type": "one-cycle", "max_lr": 0.1}),
        case("one-cycle-rmsprop", "One cycle of the rate alone", epochs=6,
             optimizer=("rmsprop", 0.003, {}),
             schedule={"type": "one-cycle", "max_lr": 0.005, "cycle_momentum": False}),
        case("warmup-step", "A warm-up, then steps", epochs=6, warmup=SLOW_START,
             schedule={"type": "step", "every": 1, "factor": 0.5}),
        case("warmup-cosine", "A warm-up, then a cosine to 0", epochs=6, optimizer=SGD,
             warmup={"epochs": 1, "start_factor": 1 / 3}, batch_size=48, drop_last=True,
             schedule={"type": "cosine", "min_lr": 0.0}),
        case("warmup-plateau", "A warm-up whose figures the plateau does not see", epochs=16,
             optimizer=("adam", 0.02, {}), warmup=SLOW_START,
             plateau={"monitor": "val_loss", "factor": 0.5, "patience": 1, "min_lr": 0.004}),
        case("ema", "An exponential moving average of the weights", epochs=6,
             average={"type": "ema", "decay": 0.9}),
        case("ema-plateau", "The average is what a plateau watches", epochs=16,
             optimizer=("adam", 0.02, {}), average={"type": "ema", "decay": 0.95},
             plateau={"monitor": "val_loss", "factor": 0.5, "patience": 1, "cooldown": 1}),
        case("swa", "The mean of the weights from an epoch on", epochs=8, optimizer=SGD,
             average={"type": "swa", "start": 4}),
        case("swa-one-cycle", "The mean of the last quarter's weights, in one cycle", epochs=8,
             optimizer=SGD, average={"type": "swa", "start": 0.75},
             schedule={"type": "one-cycle", "max_lr": 0.1}),
        case("ema-batch-norm", "A moving average has batch norm's statistics for its own weights",
             layers=DENSE, epochs=6, last=True, average={"type": "ema", "decay": 0.9}),
        case("swa-batch-norm", "A mean has batch norm's statistics, from whole batches alone",
             layers=DENSE, epochs=8, batch_size=48, drop_last=True, optimizer=SGD, last=True,
             average={"type": "swa", "start": 4}),
        case("ema-batch-norm-image", "A moving average of convolutions and a residual, clipped",
             layers=CONVOLUTIONS, data="-images", epochs=4, clip=0.2, clipped="always", last=True,
             average={"type": "ema", "decay": 0.95},
             schedule={"type": "cosine", "min_lr": 0.001}),
        case("swa-batch-norm-image", "A mean of convolutions and a residual",
             layers=CONVOLUTIONS, data="-images", epochs=6, optimizer=SGD, last=True,
             average={"type": "swa", "start": 0.5}),
        case("swa-layers", "A mean of a convolution with bias, a layer norm and a penalty",
             layers=[{"type": "conv2d", "out": 4, "kernel": 3}, GELU, FLATTEN,
                     {"type": "layer-norm"}, LOGITS],
             data="-images", epochs=5, penalties=[("l2", 5e-3, "all")], last=True,
             average={"type": "swa", "start": 2}),
    ]

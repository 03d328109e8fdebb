#!/usr/bin/env python3
"""Holds exported models against wellfit's own predictions: the table of docs/onnx.md.

    python check.py PROGRAM FILE            writes it
    python check.py PROGRAM FILE --check    says whether every model agrees, and all is in it
    python check.py PROGRAM FILE --torch    holds the PyTorch modules against them, too

PROGRAM is the wellfit binary. Each plan of ../golden whose name stands in CASES is trained
for an epoch, each table of this file as well; its model goes to ONNX, is checked by onnx,
and onnxruntime must say of every sample what `wellfit predict` says of it. Differences are
|a − b|/(1 + |b|), and largest of all samples and outputs. Needs what requirements.txt
names; --torch also torch and safetensors.
"""

import csv
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE.parent / "golden"
LIMIT = 1e-5

# Every kind of layer, at the places where it can stand.
CASES = [
    "softmax", "deep", "bytes", "elu", "gelu", "leaky-relu", "leaky-relu-slope", "sigmoid",
    "silu", "tanh", "conv", "conv-1x1", "conv-after-activation", "conv-dropout-0", "conv-even",
    "conv-grey", "conv-logits", "conv-padded", "conv-strides", "conv-wide", "max-pool",
    "max-pool-apart", "max-pool-overlap", "avg-pool", "avg-pool-overlap", "avg-pool-whole",
    "flatten", "flatten-deep", "batch-norm", "batch-norm-first", "batch-norm-flat",
    "batch-norm-image", "batch-norm-input", "batch-norm-bytes", "batch-norm-last", "layer-norm",
    "layer-norm-flat", "residual", "residual-conv", "residual-first", "residual-image",
    "residual-nested", "residual-norms", "cnn", "ema-batch-norm-image", "mse", "mse-3",
]

HEAD = """# ONNX, held against wellfit's own predictions

Every row is a model that wellfit trained for a short while and wrote with `wellfit export --to onnx`. onnxruntime {runtime} was given the samples as a user has them (bytes, numbers, columns of a table, before any preparation), and `wellfit predict` the same. The figure is the largest difference of any probability or prediction of any sample, |a − b|/(1 + |b|), rounded up to a power of ten; float32 has 24 bits, 6e-8 of a number. All labels are the same.

This page was written by

```sh
cargo build --release
python3 -m venv target/venv && target/venv/bin/pip install -r tests/export/requirements.txt
target/venv/bin/python tests/export/check.py target/release/wellfit docs/onnx.md
```

| model | what | inputs | samples | differs by less than |
|---|---|---|---|---|
"""


def run(*command):
    subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL)


def off(found, wanted):
    found, wanted = np.asarray(found, np.float64), np.asarray(wanted, np.float64)
    if found.shape != wanted.shape or not np.isfinite(found).all():
        raise SystemExit(f"shapes {found.shape} and {wanted.shape}, or values that are not finite")
    return float((np.abs(found - wanted) / (1 + np.abs(wanted))).max())


def predictions(program, folder, file):
    """What wellfit says: labels and probabilities, or numbers."""
    out = folder / "predictions.jsonl"
    run(program, "predict", folder, file, "--format", "jsonl", "--probabilities", "--out", out, "-q")
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["row"] for line in lines] == list(range(1, len(lines) + 1))
    if "probabilities" in lines[0]:
        labels = [line["prediction"] for line in lines]
        return labels, [list(line["probabilities"].values()) for line in lines]
    return None, [list(line["prediction"].values()) for line in lines]


def session(program, folder, *options):
    file = folder / "exported.onnx"
    run(program, "export", folder, "--to", "onnx", "--out", file, "-q", *options)
    onnx.checker.check_model(str(file), full_check=True)
    return onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])


def answers(model, feed):
    """What onnxruntime says, likewise; logits and probabilities must agree."""
    names = [output.name for output in model.get_outputs()]
    found = dict(zip(names, model.run(names, feed)))
    if "prediction" in found:
        return None, found["prediction"]
    classes = json.loads(model.get_modelmeta().custom_metadata_map["classes"])
    powers = np.exp(found["logits"] - found["logits"].max(1, keepdims=True))
    assert off(powers / powers.sum(1, keepdims=True), found["probabilities"]) < LIMIT
    return [classes[label] for label in found["label"]], found["probabilities"]


def torch_answers(program, folder, x):
    """What the PyTorch module says, likewise."""
    out = folder / "pytorch"
    run(program, "export", folder, "--to", "pytorch", "--out", out, "-q")
    spec = importlib.util.spec_from_file_location("model", out / "model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    said = module.predict(module.load(), x)
    return said if isinstance(said, tuple) else (None, said)


def compare(name, found, wanted):
    labels, values = found
    if labels != wanted[0]:
        raise SystemExit(f"{name}: other labels")
    differs = off(values, wanted[1])
    if not differs < LIMIT:
        raise SystemExit(f"{name}: differs by {differs}")
    return differs


def row(program, name, what, folder, file, feed, with_torch, x):
    wanted = predictions(program, folder, file)
    model = session(program, folder)
    differs = compare(name, answers(model, feed), wanted)
    # Any number of samples at once, also one.
    one = {key: values[:1] for key, values in feed.items()}
    compare(name, answers(model, one), tuple(part and part[:1] for part in wanted))
    if with_torch:
        torch = compare(f"{name}, PyTorch", torch_answers(program, folder, x), wanted)
        print(f"{name:24} ONNX {differs:.1e}  PyTorch {torch:.1e}", flush=True)
    inputs = [f"{i.type.removeprefix('tensor').strip('()')} {i.shape[1:]}" for i in model.get_inputs()]
    kinds = ", ".join(f"{n} × {kind}" if (n := inputs.count(kind)) > 1 else kind for kind in dict.fromkeys(inputs))
    power = next(p for p in range(-9, 0) if differs < 10.0**p)
    return f"| {name} | {what} | {kinds} | {len(wanted[1])} | 1e{power} |"


def golden(program, name, folder, with_torch):
    plan = GOLDEN / name / "plan.toml"
    lines = plan.read_text().splitlines()
    what = lines[0].removeprefix("# ").split(". Written by")[0]
    validation = next(line for line in lines if line.startswith("validation"))
    file = plan.parent / json.loads(validation.split("=")[1])
    run(program, "train", plan, "--set", "train.epochs=1", "--out", folder, "-q")
    x = np.load(file)["x"]
    return row(program, name, what, folder, file, {"x": x}, with_torch, x)


def table(program, case, folder, with_torch):
    """A table of the kinds of columns that there are, prepared as `case` says."""
    name, what, keys, options = case
    rng = np.random.default_rng(20261129)
    n = 300
    number = rng.normal(40, 12, n).round(2)
    long = 1.6e9 + rng.integers(0, 10_000, n) * 60.0
    skewed = np.exp(rng.normal(0, 2, n)).round(4)
    colour = rng.choice(["red", "green", "blue, dark", 'the "other"'], n, p=[0.5, 0.3, 0.1, 0.1])
    size = rng.choice(["S", "M", "L"], n)
    score = (number - 40) / 12 + (colour == "red") - 0.2 * np.log(skewed) + rng.normal(0, 0.5, n)
    target = np.where(score > 0.5, "yes", "no") if options["classes"] else score.round(4)
    columns = {"number": number, "long": long, "skewed": skewed, "colour": colour, "size, in letters": size}
    if options["missing"]:
        missing = rng.random((n, 3)) < 0.1
        columns["number"] = np.where(missing[:, 0], np.nan, number)
        columns["skewed"] = np.where(missing[:, 1], np.nan, skewed)
        columns["colour"] = np.where(missing[:, 2], "", colour)
    if not options["categories"]:
        columns = {key: columns[key] for key in ("number", "long", "skewed")}
    data, held_out = folder / "data.csv", folder / "held-out.csv"
    def write(path, rows, names, with_target):
        with open(path, "w", newline="") as file:
            out = csv.writer(file)
            out.writerow([*names, *(["y"] if with_target else [])])
            for at in rows:
                values = [columns[name][at] for name in names]
                values = ["" if isinstance(v, float) and np.isnan(v) else v for v in values]
                out.writerow([*values, *([target[at]] if with_target else [])])
    write(data, range(200), list(columns), True)
    if "colour" in columns and options["unknown"]:
        columns["colour"] = columns["colour"].copy().astype(object)
        columns["colour"][210] = "a colour that training never saw"
    # Other columns first, and no target.
    write(held_out, range(200, n), list(columns)[::-1], False)
    (folder / "plan.toml").write_text(
        f'[data]\nsource = "./data.csv"\ntarget = "y"\n{keys}\n[model]\nlayers = [{{ type = "linear", '
        f'out = 16 }}, {{ type = "relu" }}, {{ type = "linear", out = {2 if options["classes"] else 1} }}]\n'
        "[train]\nepochs = 3\n"
    )
    run(program, "train", folder / "plan.toml", "--out", folder / "run", "-q")
    if "columns =" in keys:
        columns.pop("long")
    rows = slice(200, n)
    feed = {
        key: (values[rows].astype(np.float64) if values.dtype.kind == "f" else values[rows].astype(object)).reshape(-1, 1)
        for key, values in columns.items()
    }
    x = {key: list(values[rows]) for key, values in columns.items()}
    if not options["missing"]:
        refused(program, folder / "run", feed, "error" in keys)
    model = session(program, folder / "run", "--prepared")
    assert len(model.get_inputs()) == 1 and model.get_inputs()[0].type == "tensor(float)"
    return row(program, name, what, folder / "run", held_out, feed, with_torch, x)


def refused(program, folder, feed, unknown):
    """A sample that wellfit refuses gets no answer: no class and no number."""
    model = session(program, folder)
    for key, values in feed.items():
        one = {key: values[:1].copy() for key, values in feed.items()}
        bad = [np.nan, np.inf] if values.dtype.kind == "f" else ["", "NA"] + ["never seen"] * unknown
        for value in bad:
            one[key][0, 0] = value
            names = [output.name for output in model.get_outputs()]
            found = dict(zip(names, model.run(names, one)))
            assert found.pop("label", np.array([-1])) == -1, (key, value)
            assert all(np.isnan(values).all() for values in found.values()), (key, value, found)


def options(classes=True, missing=False, categories=True, unknown=False):
    return dict(classes=classes, missing=missing, categories=categories, unknown=unknown)


TABLES = [
    ("table", "Numbers and categories, standardised", "", options()),
    ("table-numbers", "Numbers alone", "", options(categories=False)),
    ("table-regression", "A number to predict", "", options(classes=False)),
    ("table-none", "Numbers as they are", 'scale = "none"\ncolumns = ["number", "skewed", "colour", "size, in letters"]', options()),
    ("table-min-max", "Scaled to 0 to 1", 'scale = "min-max"', options()),
    ("table-robust", "Median and quartiles", 'scale = "robust"', options()),
    ("table-missing", "Missing values, filled in by the mean", 'missing = "mean"', options(missing=True)),
    ("table-median", "Missing values, filled in by the median", 'missing = "median"', options(missing=True)),
    ("table-unknown", "A category that training never saw", "", options(unknown=True)),
    ("table-refuses", "Categories that training never saw are refused", 'unknown = "error"', options()),
    ("table-winsorise", "Numbers within quantiles", 'outliers = { type = "winsorise", quantile = 0.1 }', options()),
    ("table-clip", "Numbers within quartiles and more", 'outliers = { type = "clip", iqr = 1.0 }', options()),
    ("table-select", "The four best features", 'select = { by = "anova-f", keep = 4 }', options()),
    ("table-all", "All of it", 'scale = "robust"\nmissing = "median"\noutliers = { type = "winsorise", quantile = 0.05 }\nselect = { by = "mutual-information", keep = 5 }', options(missing=True, unknown=True)),
]

ARRAYS = [
    ("array-standard", "Numbers, standardised", "train.npz", 'scale = "standard"'),
    ("array-robust", "Numbers: clipped, then median and quartiles", "train.npz", 'scale = "robust"\noutliers = { type = "winsorise", quantile = 0.1 }'),
    ("array-select", "The best half of the numbers", "train.npz", 'scale = "min-max"\nselect = { by = "anova-f", keep = 6 }'),
    ("image-standard", "Images of two channels, each standardised", "train-images.npz", 'scale = "standard"'),
    ("bytes-standard", "Grey images of bytes, standardised", "train-grey.npz", 'scale = "standard"'),
    ("bytes-none", "Bytes as they are", "train-bytes.npz", 'scale = "none"'),
    ("bytes-select", "The best pixels", "train-bytes.npz", 'select = { by = "variance", keep = 7 }'),
]


def array(program, case, folder, with_torch):
    name, what, source, keys = case
    data = GOLDEN / "data" / source
    plan = folder / "plan.toml"
    plan.write_text(
        f'[data]\nsource = "{data}"\n{keys}\n[model]\nlayers = [{{ type = "linear", out = 8 }}, '
        '{ type = "relu" }, { type = "linear", out = 3 }]\n[train]\nepochs = 2\n'
    )
    run(program, "train", plan, "--out", folder / "run", "-q")
    x = np.load(data)["x"]
    return row(program, name, what, folder / "run", data, {"x": x}, with_torch, x)


def main():
    if len(sys.argv) not in (3, 4) or sys.argv[3:] not in ([], ["--check"], ["--torch"]):
        raise SystemExit(__doc__)
    program, file = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    with_torch = sys.argv[3:] == ["--torch"]
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        for make, cases in ((golden, CASES), (array, ARRAYS), (table, TABLES)):
            for case in cases:
                name = case if isinstance(case, str) else case[0]
                folder = pathlib.Path(temporary) / name
                if make is not golden:
                    folder.mkdir()
                rows.append(make(program, case, folder, with_torch))
    text = HEAD.format(runtime=onnxruntime.__version__) + "".join(f"{line}\n" for line in rows)
    text += f"\n{len(rows)} models.\n"
    if not sys.argv[3:]:
        file.write_text(text)
    # Differences depend on the machine's instructions: the models must be the same, and agree.
    names = lambda page: [line.split("|")[1] for line in page.splitlines() if line.startswith("| ")]
    if sys.argv[3:] == ["--check"] and names(file.read_text()) != names(text):
        raise SystemExit(f"{file} is about other models: write it anew")
    print(f"{len(rows)} models agree with onnxruntime {onnxruntime.__version__}")


if __name__ == "__main__":
    main()

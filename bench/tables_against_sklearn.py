#!/usr/bin/env python3
"""wellfit against scikit-learn on the same splits of small tables: score and time.

    python3 scripts/export_tables.py tables
    python3 bench/tables_against_sklearn.py target/release/wellfit tables --out docs/tables.json

Each table comes as train.csv, validation.csv and test.csv. Three kinds of models are fitted to
the training part, with the same seeds, and scored on the test part:

- scikit-learn's MLPClassifier or MLPRegressor: one hidden layer of 100, Adam at 1e-3, batches
  of 32, the given number of epochs, `alpha` at its default, inputs scaled by StandardScaler;
- scikit-learn's LogisticRegression or Ridge with its defaults, likewise scaled;
- wellfit with the same network, optimiser, batches and epochs, which keeps the epoch with the
  lowest validation loss; and its last epoch, which is what scikit-learn's network is;
- wellfit's own choice: `wellfit study` of the same plan with the usual remedies, whose
  recommended arm (or the baseline, where nothing helps) is scored by the same test part.

With `--fashion FOLDER` also Fashion-MNIST (its four IDX files): 60,000 training images, the
10,000 test images to score, 10 epochs, and no study.

Times are whole fits, on one thread each (set OMP_NUM_THREADS=1 for scikit-learn): scikit-learn's `fit` alone, without starting Python; wellfit's sum of epoch
seconds, evaluation on training and validation set included. They alternate, seed by seed.
Needs scikit-learn and pandas. Reports medians and spreads; claims no more.
"""

import argparse
import csv
import gzip
import json
import pathlib
import statistics
import subprocess
import tempfile
import time
import warnings

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

# Table: what is to be predicted, whether it is a class, epochs.
TABLES = {
    "iris": ("species", True, 100),
    "wine": ("grower", True, 60),
    "breast_cancer": ("diagnosis", True, 60),
    "digits": ("digit", True, 60),
    "diabetes": ("progression", False, 200),
}
PLAN = """
[data]
source = "{folder}/train.csv"
validation = "{folder}/validation.csv"
test = "{folder}/test.csv"
target = "{target}"
task = "{task}"

[model]
layers = [{{ type = "linear", out = 100 }}, {{ type = "relu" }}, {{ type = "linear", out = {outputs} }}]

[train]
epochs = {epochs}
batch_size = 32
watch = false
"""
ARMS = """
[study]
seeds = {seeds}

[[study.arm]]
remedies = ["dropout(0.3)"]
[[study.arm]]
remedies = ["weight-decay(1e-2)"]
[[study.arm]]
remedies = ["early-stopping(patience=10)"]
[[study.arm]]
remedies = ["reduce-on-plateau(0.5, patience=3)"]
[[study.arm]]
remedies = ["smaller(0.25)"]
"""


def tables_of(folder, target):
    """Figures and targets of the training and the test part."""
    parts = {part: pd.read_csv(folder / f"{part}.csv") for part in ("train", "test")}
    x = {part: table.drop(columns=target).to_numpy(float) for part, table in parts.items()}
    return x, {part: table[target].to_numpy() for part, table in parts.items()}


def fashion_of(folder):
    """Pixels from 0 to 1 and labels of the training and the test part."""

    def read(name, header):
        return np.frombuffer(gzip.decompress((folder / name).read_bytes()), np.uint8, offset=header)

    x, y = {}, {}
    for part, name in (("train", "train"), ("test", "t10k")):
        pixels = read(f"{name}-images-idx3-ubyte.gz", 16)
        x[part] = pixels.reshape(-1, 784).astype(np.float32) / np.float32(255)
        y[part] = read(f"{name}-labels-idx1-ubyte.gz", 8)
    return x, y


def sklearn_fits(x, y, classes, epochs, seed, scaled=True):
    network = MLPClassifier if classes else MLPRegressor
    linear = LogisticRegression(max_iter=1000) if classes else Ridge()
    settings = dict(
        hidden_layer_sizes=(100,), batch_size=min(32, len(x["train"])), max_iter=epochs,
        n_iter_no_change=epochs, random_state=seed,
    )
    gave = {}
    for name, model in (("network", network(**settings)), ("linear", linear)):
        pipeline = make_pipeline(StandardScaler(), model) if scaled else model
        begun = time.perf_counter()
        pipeline.fit(x["train"], y["train"])
        gave[name] = {
            "seconds": time.perf_counter() - begun,
            "score": pipeline.score(x["test"], y["test"]),
        }
    return gave


def score(test):
    """The figure on the test part: accuracy, or R²."""
    return test["accuracy"] if "accuracy" in test else test["r2"]


def wellfit_fit(program, plan, work, seed):
    folder = work / f"seed{seed}"
    command = [program, "train", plan, "--threads", "1", "--seed", str(seed), "--out", folder, "--quiet", "--json"]
    gave = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    with open(folder / "history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    # What `train` prints of the test set is the kept epoch's.
    return {
        "seconds": sum(float(row["seconds"]) for row in rows),
        "score": score(gave["test"]) if gave["test"] else float(rows[-1]["val_accuracy"]),
        "kept": gave["best_epoch"],
    }


def recommended(program, plan, work, seeds):
    """The arm that a study recommends, and its figure on the test part."""
    text = plan.read_text() + ARMS.format(seeds=seeds)
    study = plan.with_name("study.toml")
    study.write_text(text)
    command = [program, "study", study, "--out", work / "study", "--quiet", "--json"]
    results = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    name = (results.get("recommendation") or {}).get("arm") or "baseline"
    records = [json.loads(path.read_text()) for path in (work / "study/trials").glob("*/record.json")]
    scores = [score(r["test"]) for r in records if r["arm"] == name and r.get("test")]
    return {"arm": name, "scores": scores}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("tables", type=pathlib.Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--fashion", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--out", type=pathlib.Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    program, found = options.program.resolve(), {}
    for name, (target, classes, epochs) in TABLES.items():
        folder = (options.tables / name).resolve()
        outputs = len(pd.read_csv(folder / "train.csv")[target].unique()) if classes else 1
        with tempfile.TemporaryDirectory() as work:
            work = pathlib.Path(work)
            plan = work / "plan.toml"
            task = "classification" if classes else "regression"
            plan.write_text(
                PLAN.format(folder=folder, target=target, task=task, outputs=outputs, epochs=epochs)
            )
            rows, data = {"network": [], "linear": [], "wellfit": []}, tables_of(folder, target)
            for seed in range(options.seeds):
                rows["wellfit"].append(wellfit_fit(program, plan, work, seed))
                for kind, row in sklearn_fits(*data, classes, epochs, seed).items():
                    rows[kind].append(row)
            chosen = recommended(program, plan, work, options.seeds)
        found[name] = {
            "score": "accuracy" if classes else "R²",
            "epochs": epochs,
            "test_samples": len(pd.read_csv(folder / "test.csv")),
            "rows": rows,
            "recommended": chosen,
        }
        print(line(name, found[name]), flush=True)
    if options.fashion:
        found["fashion-mnist"] = fashion(program, options.fashion.resolve(), min(options.seeds, 3))
        print(line("fashion-mnist", found["fashion-mnist"]), flush=True)
    if options.out:
        options.out.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


def fashion(program, folder, seeds, epochs=10):
    """Fashion-MNIST: the same network after its last epoch, scored on the test images by both."""
    x, y = fashion_of(folder)
    rows = {"network": [], "linear": [], "wellfit": []}
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        plan = work / "plan.toml"
        plan.write_text(
            f'[data]\nsource = "{folder}"\nvalidation = "test"\n[model]\nlayers = [{{ type = "linear", out = 100 }}, '
            f'{{ type = "relu" }}, {{ type = "linear", out = 10 }}]\n[train]\nepochs = {epochs}\n'
            "watch = false\n"
        )
        for seed in range(seeds):
            rows["wellfit"].append(wellfit_fit(program, plan, work, seed))
            for kind, row in sklearn_fits(x, y, True, epochs, seed, scaled=False).items():
                rows[kind].append(row)
    return {
        "score": "accuracy", "epochs": epochs, "test_samples": len(y["test"]), "rows": rows,
        "recommended": {"arm": "no study", "scores": []},
    }


def line(name, found):
    def of(kind, key):
        return [row[key] for row in found["rows"][kind]]

    def spread(values):
        return f"{np.mean(values):.3f} ± {np.std(values, ddof=1):.3f}" if values else "–"

    ratio = statistics.median(of("network", "seconds")) / statistics.median(of("wellfit", "seconds"))
    chosen = found["recommended"]
    cells = [
        name, found["score"], spread(of("linear", "score")), spread(of("network", "score")),
        spread(of("wellfit", "score")),
        f"{spread(chosen['scores'])} ({chosen['arm']})",
        f"{statistics.median(of('wellfit', 'seconds')):.3f} s", f"{ratio:.1f}",
    ]
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()

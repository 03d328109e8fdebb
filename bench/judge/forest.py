"""How much more the curves hold than the rules say: a random forest against them.

    .venv/bin/python forest.py --work ../../target/judge --runs ../../docs/judge-planted.csv \
        --draw 1 --draw 2 --draw 4

judges the planted runs of these draws that are healthy, overfit or underfit by ten-fold
cross-validation over 30 figures of their curves, weights and sizes (network, data and
optimiser included, of which the rules know only some), and prints the F1 of both. Needs
scikit-learn, as tabular.py does, and the runs that `judge-bench planted` keeps in --work.
"""

import argparse
import csv
import json
import pathlib

import numpy
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

KINDS = ["healthy", "overfit", "underfit"]


def figures(run):
    """The figures of a run by name; None where a loss is not finite or there are few epochs."""
    case, record, guessing = run["case"], run["measured"]["record"], run["measured"]["guessing"]
    epochs = record["epochs"]

    def column(name):
        return numpy.array([float("nan" if row[name] is None else row[name]) for row in epochs])

    train, held = column("train_eval_loss"), column("val_loss")
    if len(epochs) < 4 or not (numpy.isfinite(train).all() and numpy.isfinite(held).all()):
        return None
    score = "accuracy" if "train_accuracy" in epochs[0] else "r2"
    hits, held_hits = column(f"train_{score}"), column(f"val_{score}")
    rows = len(epochs)
    wide, quarter = max(1, rows // 8), max(1, rows // 4)

    def back(values, distance):
        return values[: rows - distance][-wide:].mean()

    end, train_end = back(held, 0), back(train, 0)
    weights = record["weights"]
    parameters = sum(int(numpy.prod(tensor["shape"])) for tensor in weights)
    found = {
        "train": train_end / guessing,
        "held": end / guessing,
        "gap": (end - train_end) / end,
        "rise": (end - held.min()) / held.min(),
        "lowest": held.argmin() / rows,
        "fall": (back(held, quarter) - end) / end,
        "fall before": (back(held, 2 * quarter) - back(held, quarter)) / end,
        "train fall": (back(train, quarter) - train_end) / end,
        "train fall before": (back(train, 2 * quarter) - back(train, quarter)) / end,
        "train fall of its own": (back(train, quarter) - train_end) / train_end,
        "jitter": numpy.median(numpy.abs(numpy.diff(held, 2))) / end,
        "train jitter": numpy.median(numpy.abs(numpy.diff(train, 2))) / train_end,
        "penalty": column("train_penalty")[-1] / train[-1],
        "training mode": column("train_loss")[-1] / train[-1],
        "train score": hits[-1],
        "held score": held_hits[-1],
        "train score rise": hits[-1] - back(hits, quarter),
        "validation samples": numpy.log(case["validation"]),
        "training samples": numpy.log(case["train"]),
        "samples a parameter": numpy.log(case["train"] / parameters),
        "width": numpy.log(min(tensor["shape"][0] for tensor in weights[:-2])),
        "inputs": case["source"]["inputs"],
        "classes": case["source"]["classes"],
        "epochs": rows,
        "dropout": case["dropout"],
    }
    looks = (record.get("watch") or {}).get("looks") or []
    if looks:
        first, last = looks[0], looks[-1]

        def ratio(name):
            pairs = zip(last[name], last["norm"])
            return [numpy.log10(a / b) for a, b in pairs if a and b] or [numpy.nan]

        found["gradient"] = max(ratio("gradient_norm"))
        found["largest step"] = max(ratio("update_norm"))
        found["smallest step"] = min(ratio("update_norm"))
        gradients = [max(look["gradient_norm"]) + 1e-12 for look in (last, first)]
        found["gradient's fall"] = numpy.log10(gradients[0] / gradients[1])
        grown = [a / b for a, b in zip(last["norm"], first["norm"]) if b]
        found["growth"] = numpy.log10(max(grown))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--runs", type=pathlib.Path, required=True)
    parser.add_argument("--draw", type=int, action="append", required=True)
    options = parser.parse_args()
    with options.runs.open() as file:
        judged = {int(row["run"]): row for row in csv.DictReader(file)}
    kept = []
    for draw in options.draw:
        for run in json.loads((options.work / f"planted-{draw}.json").read_text()):
            row, found = judged[run["case"]["number"]], figures(run)
            if found and row["truth"] in KINDS:
                kept.append((found, row["truth"], row["verdict"]))
    names = sorted({name for found, _, _ in kept for name in found})
    x = numpy.array([[found.get(name, numpy.nan) for name in names] for found, _, _ in kept])
    x[~numpy.isfinite(x)] = -9
    truth = numpy.array([truth for _, truth, _ in kept])
    forest = RandomForestClassifier(500, min_samples_leaf=2, random_state=0)
    folds = StratifiedKFold(10, shuffle=True, random_state=0)
    told = cross_val_predict(forest, x, truth, cv=folds)
    print(f"{len(kept)} runs, {len(names)} figures")
    for name, says in [("forest", told), ("rules", [says for _, _, says in kept])]:
        each = f1_score(truth, says, labels=KINDS, average=None)
        words = ", ".join(f"{kind} {f1:.3f}" for kind, f1 in zip(KINDS, each))
        print(f"{name}: {words}; mean {each.mean():.3f}")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Prints the tables of docs/article.md from a run of examples/article.toml.

    scripts/article_table.py runs/article

Mean ± standard deviation over seeds, at the last epoch unless named best. Needs only
Python's standard library.
"""

import csv
import json
import pathlib
import statistics
import sys


def spread(values, scale=1.0, digits=3):
    values = [value * scale for value in values]
    text = f"{statistics.mean(values):.{digits}f}"
    if len(values) > 1:
        text += f" ± {statistics.stdev(values):.{digits}f}"
    return text


def row(name, records):
    last = [record["epochs"][-1] for record in records]
    best = [record["epochs"][record["best_epoch"] - 1] for record in records]
    weights = [[t for t in record["weights"] if t["name"].endswith("weight")] for record in records]

    def layers(key, digits):
        means = [statistics.mean(t[key] for t in tensors) for tensors in zip(*weights)]
        return " / ".join(f"{mean:.{digits}f}" for mean in means)

    return [
        name,
        spread([e["train_eval_loss"] for e in last]),
        spread([e["train_accuracy"] for e in last], 100, 1) + " %",
        spread([e["val_loss"] for e in last]),
        spread([e["val_accuracy"] for e in last], 100, 1) + " %",
        spread([e["train_accuracy"] - e["val_accuracy"] for e in last], 100, 1),
        spread([e["val_loss"] for e in best])
        + f" ({', '.join(str(e['epoch']) for e in best)})",
        layers("std", 3),
        layers("max_abs", 1),
    ]


def main():
    folder = pathlib.Path(sys.argv[1])
    with open(folder / "results.csv", newline="") as file:
        trials = list(csv.DictReader(file))
    arms = list(dict.fromkeys(trial["arm"] for trial in trials))
    head = ["arm", "train ce", "train accuracy", "val loss", "val accuracy", "gap (points)",
            "best val loss (at epochs)", "std of layer 1 / 2 weights", "largest"]
    lines = [head, ["---"] * len(head)]
    cuts = []
    for arm in arms:
        seeds = [trial["seed"] for trial in trials if trial["arm"] == arm]
        records = [json.loads((folder / "trials" / f"{arm}-s{seed}" / "record.json").read_text())
                   for seed in seeds]
        lines.append(row(arm, records))
        for seed, record in zip(seeds, records):
            at = [str(e["epoch"]) for e in record["events"] if e["kind"] == "rate-cut"]
            if at:
                cuts.append(f"- {arm}, seed {seed}: {', '.join(at)}")
    for line in lines:
        print("| " + " | ".join(line) + " |")
    print("\nRate cuts at the end of epochs:\n")
    print("\n".join(cuts) or "none")


if __name__ == "__main__":
    main()

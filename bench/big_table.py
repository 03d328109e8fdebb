#!/usr/bin/env python3
"""Writes a table of five million rows and fifty columns, and a plan to train on it.

    python3 bench/big_table.py FOLDER && /usr/bin/time -v target/release/wellfit train FOLDER/plan.toml

Its rows are 50,000 random ones, a hundred times over: what is measured is the way from the
file into the network, not what is learnt (`wellfit data check` rightly finds the repeats).
About 1.9 GB. Needs only Python's standard library.
"""

import pathlib
import random
import sys

ROWS, TIMES, FIGURES = 50_000, 100, 49
PLAN = """[data]
source = "big.csv"
target = "y"
missing = "median"
validation = 0.1
test = 0.1

[model]
layers = [{ type = "linear", out = 64 }, { type = "relu" }, { type = "linear", out = 2 }]

[train]
epochs = 1
batch_size = 256
"""


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    draw = random.Random(0)
    lines = []
    for i in range(ROWS):
        figures = [draw.gauss(0, 1) for _ in range(FIGURES)]
        colour = draw.choice(["red", "green", "blue"])
        y = figures[0] + figures[1] * figures[2] + (colour == "red") > 0.5
        fields = [f"{figure:.4f}" for figure in figures]
        if i % 20 == 0:
            fields[5] = ""
        lines.append(",".join(fields + [colour, "yes" if y else "no"]) + "\n")
    body = "".join(lines)
    with open(folder / "big.csv", "w") as file:
        file.write(",".join(f"x{i}" for i in range(FIGURES)) + ",colour,y\n")
        for _ in range(TIMES):
            file.write(body)
    (folder / "plan.toml").write_text(PLAN)


if __name__ == "__main__":
    main()

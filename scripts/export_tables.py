#!/usr/bin/env python3
"""Writes the small tables that scikit-learn carries as CSV files, for wellfit to read.

    python3 scripts/export_tables.py tables

Needs scikit-learn and pandas (scripts/requirements-tables.txt). Of each table it writes
NAME.csv, the whole, and NAME/train.csv, NAME/validation.csv and NAME/test.csv: 60, 20 and
20 % of it, stratified by class, for comparisons on the same splits.

| file | samples | what |
|---|---|---|
| iris.csv | 150 | three species of iris by four lengths |
| wine.csv | 178 | three growers of wine by thirteen chemical figures |
| breast_cancer.csv | 569 | malignant or benign by thirty figures of cell nuclei |
| digits.csv | 1797 | handwritten digits, 8×8 pixels of 0 to 16 |
| eights.csv | 1797 | the same digits: an 8 or another? One in ten is |
| diabetes.csv | 442 | progression of a disease by ten figures of a patient (numbers to predict) |
| linnerud.csv | 20 | three figures of a body by three exercises (numbers to predict) |
"""

import argparse
import pathlib

import pandas as pd
from sklearn import datasets
from sklearn.model_selection import train_test_split

SEED = 0


def frame(bunch, target):
    table = pd.DataFrame(bunch.data, columns=[name.replace(" (cm)", "") for name in bunch.feature_names])
    table[target] = [bunch.target_names[label] for label in bunch.target]
    return table


def tables():
    """Each table with the names of what is to be predicted."""
    yield "iris", frame(datasets.load_iris(), "species"), ["species"]
    yield "wine", frame(datasets.load_wine(), "grower"), ["grower"]
    yield "breast_cancer", frame(datasets.load_breast_cancer(), "diagnosis"), ["diagnosis"]
    digits = datasets.load_digits()
    pixels = pd.DataFrame(digits.data.astype(int), columns=digits.feature_names)
    yield "digits", pixels.assign(digit=digits.target), ["digit"]
    yield "eights", pixels.assign(eight=["yes" if d == 8 else "no" for d in digits.target]), ["eight"]
    # The figures as they were measured, not scaled beforehand.
    diabetes = datasets.load_diabetes(scaled=False)
    table = pd.DataFrame(diabetes.data, columns=diabetes.feature_names)
    yield "diabetes", table.assign(progression=diabetes.target), ["progression"]
    linnerud = datasets.load_linnerud()
    table = pd.DataFrame(linnerud.data, columns=linnerud.feature_names)
    for i, name in enumerate(linnerud.target_names):
        table[name] = linnerud.target[:, i]
    yield "linnerud", table, list(linnerud.target_names)


def parts(table, targets):
    """60, 20 and 20 %, stratified where there are classes."""

    def classes(part):
        column = part[targets[0]]
        named = len(targets) == 1 and column.nunique() <= 10
        return column if named else None

    rest, test = train_test_split(table, test_size=0.2, random_state=SEED, stratify=classes(table))
    train, validation = train_test_split(
        rest, test_size=0.25, random_state=SEED, stratify=classes(rest)
    )
    return {"train": train, "validation": validation, "test": test}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, table, targets in tables():
        table.to_csv(folder / f"{name}.csv", index=False)
        (folder / name).mkdir(exist_ok=True)
        for part, rows in parts(table, targets).items():
            rows.to_csv(folder / name / f"{part}.csv", index=False)
        print(f"{name}.csv: {len(table)} samples, to predict: {', '.join(targets)}")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Writes scipy.txt beside this script: what SciPy says, for tests/scipy.rs.

Needs numpy and scipy. One case a line: what, its arguments, the answer(s).
"""
from pathlib import Path

import numpy as np
import scipy
from scipy import stats

lines = [f"# scipy {scipy.__version__}, numpy {np.__version__}"]

for df in (1, 2, 3, 4, 7.5, 29, 250, 9999, 1e6):
    for t in (0, 1e-6, 0.3, 1, 2.5, 7, 40, 1e4):
        lines.append(f"two_sided {df!r} {t!r} {float(2 * stats.t.sf(t, df))!r}")
    for p in (1e-8, 0.01, 0.3, 0.5, 0.6, 0.975, 0.9995):
        lines.append(f"quantile {df!r} {p!r} {float(stats.t.ppf(p, df))!r}")

for x in (-4, -0.5, 0, 1e-9, 0.7, 2.999, 3.0, 5, 12, 37):
    lines.append(f"normal {x!r} {float(stats.norm.sf(x))!r}")
for n in (1, 10, 10_000, 784_000):
    for p in (0.05, 0.5, 0.95):
        each = -np.expm1(np.log(p) / n)
        lines.append(f"largest {n} {p!r} {float(stats.norm.isf(each / 2))!r}")

rng = np.random.default_rng(20261123)
for n in (2, 3, 5, 12):
    for scale in (1e-3, 1.0, 1e6):
        a = rng.normal(0.3, 1, n) * scale
        b = rng.normal(0, 1, n) * scale
        test = stats.ttest_rel(a, b)
        interval = test.confidence_interval(0.95)
        numbers = " ".join(repr(float(v)) for v in (*a, *b))
        answer = (np.mean(a - b), interval.low, interval.high, test.pvalue)
        lines.append(f"paired {n} {numbers} " + " ".join(repr(float(v)) for v in answer))

# Two-way analysis of variance without replication, from the sums of squares.
for rows, columns in ((2, 3), (3, 8), (5, 40)):
    x = (0.2 + rng.normal(0, 1, (rows, columns)) + rng.normal(0, 0.7, (rows, 1))
         + rng.normal(0, 1.5, (1, columns)))
    grand, r, c = x.mean(), x.mean(axis=1), x.mean(axis=0)
    ms_rows = columns * ((r - grand) ** 2).sum() / (rows - 1)
    ms_columns = rows * ((c - grand) ** 2).sum() / (columns - 1)
    ss_rest = ((x - grand) ** 2).sum() - ms_rows * (rows - 1) - ms_columns * (columns - 1)
    ms_rest = ss_rest / ((rows - 1) * (columns - 1))
    v_rows = ms_rows / (rows * columns)
    v_columns = max(ms_columns - ms_rest, 0) / (rows * columns)
    variance = v_rows + v_columns
    df = variance**2 / (v_rows**2 / (rows - 1) + v_columns**2 / (columns - 1))
    low, high = stats.t.interval(0.95, df, loc=grand, scale=np.sqrt(variance))
    p = 2 * stats.t.sf(abs(grand) / np.sqrt(variance), df)
    numbers = " ".join(repr(float(v)) for v in x.ravel())
    answer = " ".join(repr(float(v)) for v in (grand, low, high, p))
    lines.append(f"two_way {rows} {columns} {numbers} {answer}")

for p in ([0.01, 0.04, 0.03], [0.2, 0.001, 0.001, 0.9, 0.02], [0.7]):
    # Holm by its definition: the largest of (m − rank)·p over all that are not larger.
    order, answer, floor = np.argsort(p, kind="stable"), [0.0] * len(p), 0.0
    for rank, i in enumerate(order):
        floor = max(floor, min(1.0, (len(p) - rank) * p[i]))
        answer[i] = floor
    lines.append(f"holm {len(p)} " + " ".join(repr(float(v)) for v in [*p, *answer]))

Path(__file__).with_name("scipy.txt").write_text("\n".join(lines) + "\n")

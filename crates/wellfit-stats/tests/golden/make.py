#!/usr/bin/env python3
"""Writes scipy.txt and inference.json beside this script: what SciPy and statsmodels
say, for tests/scipy.rs and tests/inference.rs.

Needs numpy, scipy and statsmodels. scipy.txt has one case a line: what, its arguments,
the answer(s).
"""
import json
import math
from pathlib import Path

import numpy as np
import scipy
import statsmodels
from scipy import integrate, stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestIndPower, TTestPower
from statsmodels.stats.weightstats import DescrStatsW

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

rng = np.random.default_rng(20261124)


def numbers(values):
    return [float(value) for value in values]


def draw(n, mean=0.3, skewed=False):
    return (rng.exponential(1, n) - 1 if skewed else rng.normal(0, 1, n)) + mean


def intervals():
    for n in (2, 3, 5, 10, 40):
        x = draw(n)
        for confidence in (0.9, 0.95, 0.9986):
            ends = stats.t.interval(confidence, n - 1, loc=x.mean(), scale=stats.sem(x))
            yield {"values": numbers(x), "confidence": confidence, "ends": numbers(ends)}


def equivalence():
    """Two one-sided t tests by statsmodels."""
    for n in (2, 3, 5, 10, 40):
        x = draw(n, mean=0.1)
        for margin in (0.05, 0.5, 2.0):
            p = DescrStatsW(x).ttost_mean(-margin, margin)[0]
            yield {"values": numbers(x), "margin": margin, "p": float(p)}


def unpaired():
    """Welch's t test."""
    for n, m in ((2, 2), (3, 5), (10, 4)):
        a, b = draw(n), 3 * draw(m)
        test = stats.ttest_ind(a, b, equal_var=False)
        ends = test.confidence_interval(0.95)
        yield {"a": numbers(a), "b": numbers(b), "ends": numbers(ends), "p": float(test.pvalue)}


def holm():
    for n in (1, 2, 7, 30):
        p = rng.uniform(0, 1, n) ** 3
        yield {"p": numbers(p), "corrected": numbers(multipletests(p, method="holm")[1])}


def resampled():
    """Nadeau and Bengio 2003: the variance of the mean is (1/J + n2/n1) times the sample
    variance of the J differences, with J - 1 degrees of freedom."""
    for folds, repeats in ((5, 1), (10, 1), (10, 10)):
        x = draw(folds * repeats)
        j, ratio = len(x), 1 / (folds - 1)
        error = math.sqrt((1 / j + ratio) * x.var(ddof=1))
        ends = stats.t.interval(0.95, j - 1, loc=x.mean(), scale=error)
        p = 2 * stats.t.sf(abs(x.mean()) / error, j - 1)
        yield {"values": numbers(x), "ratio": ratio, "ends": numbers(ends), "p": float(p)}


def bootstrap():
    """BCa at the level that expands it to the width of t."""
    for n in (5, 10, 40):
        for skewed in (False, True):
            x = draw(n, skewed=skewed)
            z = math.sqrt(n / (n - 1)) * stats.t.ppf(0.975, n - 1)
            level = 1 - 2 * stats.norm.sf(z)
            found = stats.bootstrap((x,), np.mean, n_resamples=400_000, batch=10_000,
                                    confidence_level=level, method="BCa", rng=rng)
            yield {"values": numbers(x), "ends": numbers(found.confidence_interval)}


def signs():
    for n in (2, 3, 6, 12):
        x = draw(n)
        p = stats.permutation_test((x,), np.mean, permutation_type="samples",
                                   n_resamples=np.inf).pvalue
        yield {"values": numbers(x), "p": float(p)}


def power():
    """One side of the two-sided test: what lies beyond the other end is another claim."""
    for n in (2, 3, 5, 10, 60):
        for effect in (0.2, 1.0, 4.0):
            for alpha in (0.05, 0.05 / 7):
                chance = TTestPower().power(effect, n, alpha / 2, alternative="larger")
                yield {"n": n, "effect": effect, "alpha": alpha, "chance": float(chance)}


def unpaired_power():
    """Two sides of as many values each, which spread alike."""
    for n in (2, 3, 5, 10, 60):
        for effect in (0.2, 1.0, 4.0):
            for alpha in (0.05, 0.05 / 7):
                chance = TTestIndPower().power(effect, n, alpha / 2, alternative="larger")
                yield {"n": n, "effect": effect, "alpha": alpha, "chance": float(chance)}


def sizes():
    for effect in (0.3, 0.5, 0.8, 1.5):
        for alpha in (0.05, 0.05 / 7):
            n = TTestPower().solve_power(effect, alpha=alpha / 2, power=0.8, alternative="larger")
            yield {"effect": effect, "alpha": alpha, "size": math.ceil(float(np.squeeze(n)))}


def equivalence_power():
    """The chance that both one-sided tests reject, over the distribution of s."""
    for n in (2, 3, 5, 10, 60):
        for mean in (0.0, 0.4, -0.9):
            for alpha in (0.05, 0.05 / 7):
                df, margin = n - 1, 1.0
                t = stats.t.ppf(1 - alpha / 2, df)
                spread = stats.chi(df, scale=1 / math.sqrt(df))
                below, above = (-margin - mean) * math.sqrt(n), (margin - mean) * math.sqrt(n)
                widest = (above - below) / (2 * t)

                def inside(u):
                    return (stats.norm.cdf(above - t * u) - stats.norm.cdf(below + t * u)) * spread.pdf(u)

                end = min(widest, spread.isf(1e-15))
                middle = min(end, spread.median())
                chance = sum(integrate.quad(inside, a, b, limit=500, epsabs=1e-12)[0]
                             for a, b in ((0, middle), (middle, end)) if a < b)
                yield {"n": n, "mean": mean, "margin": margin, "alpha": alpha, "chance": chance}


def tails():
    for df in (1, 4, 29):
        for t in (-3.0, -0.5, 0.0, 1.5, 12.0):
            yield {"df": df, "t": t, "tail": float(stats.t.sf(t, df))}


def quantiles():
    for p in (1e-9, 0.001, 0.3, 0.5, 0.975, 0.99999):
        yield {"p": p, "x": float(stats.norm.ppf(p))}


parts = (intervals, unpaired, equivalence, holm, resampled, bootstrap, signs, power,
         unpaired_power, sizes, equivalence_power, tails, quantiles)
cases = {"versions": {"scipy": scipy.__version__, "statsmodels": statsmodels.__version__,
                      "numpy": np.__version__}}
cases.update((part.__name__, list(part())) for part in parts)
Path(__file__).with_name("inference.json").write_text(json.dumps(cases, indent=1) + "\n")

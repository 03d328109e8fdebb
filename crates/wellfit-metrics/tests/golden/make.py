"""Scores of made-up predictions by scikit-learn 1.9 (needs NumPy and scikit-learn), which
`tests/golden.rs` holds wellfit's against:

    python3 crates/wellfit-metrics/tests/golden/make.py

Writes scores.json beside itself. The expected calibration error, which scikit-learn does
not have, is computed here by the formula of Guo et al. (2017).
"""

import json
import pathlib
import warnings

import numpy as np
from sklearn import metrics as m

BINS = 15


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def ece(labels, p):
    sure, hit = p.max(axis=1), p.argmax(axis=1) == labels
    ends = np.linspace(0, 1, BINS + 1)
    total = 0.0
    for low, high in zip(ends[:-1], ends[1:]):
        there = (sure > low) & (sure <= high)
        if there.any():
            total += there.mean() * abs(hit[there].mean() - sure[there].mean())
    return total


def classes(name, labels, logits):
    """A case; logits are float32, as an engine gives them."""
    logits = logits.astype(np.float32)
    p = softmax(logits.astype(np.float64))
    k, y = p.shape[1], labels
    taken = p.argmax(axis=1)
    precision, recall, f1, support = m.precision_recall_fscore_support(
        y, taken, labels=range(k), zero_division=0
    )
    scores = {
        "accuracy": m.accuracy_score(y, taken),
        "balanced-accuracy": m.balanced_accuracy_score(y, taken),
        "f1-macro": m.f1_score(y, taken, average="macro", zero_division=0),
        "f1-weighted": m.f1_score(y, taken, average="weighted", zero_division=0),
        "precision-macro": m.precision_score(y, taken, average="macro", zero_division=0),
        "recall-macro": m.recall_score(y, taken, average="macro", zero_division=0),
        "log-loss": m.log_loss(y, p, labels=range(k)),
        "ece": ece(y, p),
    }
    assert np.isclose(m.f1_score(y, taken, average="micro"), scores["accuracy"])
    all_there = len(np.unique(y)) == k
    if k == 2:
        scores["brier"] = m.brier_score_loss(y, p[:, 1], pos_label=1)
        if all_there:
            scores["auc"] = m.roc_auc_score(y, p[:, 1])
            scores["average-precision"] = m.average_precision_score(y, p[:, 1])
    else:
        scores["brier"] = m.brier_score_loss(y, p, labels=range(k))
        if all_there:
            scores["auc"] = m.roc_auc_score(y, p, multi_class="ovr", average="macro")
            scores["average-precision"] = m.average_precision_score(y, p, average="macro")
        for top in {2, min(5, k - 1)}:
            # Ties are broken otherwise by scikit-learn; only the case with ties has any.
            if "ties" not in name:
                scores[f"top-{top}"] = m.top_k_accuracy_score(y, p, k=top, labels=range(k))
    return {
        "name": name,
        "classes": k,
        "labels": y.tolist(),
        "logits": [float(x) for x in logits.ravel()],
        "scores": {key: float(value) for key, value in scores.items()},
        "confusion": m.confusion_matrix(y, taken, labels=range(k)).ravel().tolist(),
        "precision": precision.tolist(),
        "recall": recall.tolist(),
        "f1": f1.tolist(),
    }


def numbers(name, y, predicted):
    y, predicted = y.astype(np.float32), predicted.astype(np.float32)
    a, b = y.astype(np.float64), predicted.astype(np.float64)
    scores = {
        "rmse": m.root_mean_squared_error(a, b),
        "mae": m.mean_absolute_error(a, b),
        "median-absolute-error": m.median_absolute_error(a, b),
        "max-error": max(m.max_error(a[:, t], b[:, t]) for t in range(a.shape[1])),
        "r2": m.r2_score(a, b),
    }
    return {
        "name": name,
        "columns": y.shape[1],
        "targets": [float(x) for x in y.ravel()],
        "predictions": [float(x) for x in predicted.ravel()],
        "scores": {key: float(value) for key, value in scores.items()},
    }


def main():
    warnings.simplefilter("ignore")
    draw = np.random.default_rng(5)

    def noisy(labels, k, size):
        return draw.normal(size=(len(labels), k)) * 1.5 + np.eye(k)[labels] * size

    balanced = draw.integers(0, 4, 120)
    rare = np.r_[np.zeros(90, int), np.ones(8, int), np.full(22, 2)]
    two = draw.integers(0, 2, 100)
    uneven = (draw.random(150) < 0.07).astype(int)
    many = draw.integers(0, 12, 240)
    absent = draw.integers(0, 3, 60)
    cases = [
        classes("four classes", balanced, noisy(balanced, 4, 1.5)),
        classes("three uneven classes", rare, noisy(rare, 3, 1.0)),
        classes("two classes", two, noisy(two, 2, 1.0)),
        classes("two uneven classes", uneven, noisy(uneven, 2, 1.0)),
        classes("twelve classes", many, noisy(many, 12, 2.0)),
        classes("a class without samples that is predicted", absent, noisy(absent, 5, 0.5)),
        classes("two classes with ties", two, np.round(noisy(two, 2, 1.0))),
        classes("three classes with ties", rare, np.round(noisy(rare, 3, 1.0))),
        classes("sure and wrong", two, noisy(two, 2, 1.0) * 40),
    ]
    y = draw.normal(size=(80, 1)) * 3 + 10
    several = draw.normal(size=(51, 3)) * np.array([1.0, 100.0, 0.01])
    numbers_cases = [
        numbers("one target", y, y + draw.normal(size=y.shape)),
        numbers("three targets", several, several * 0.7 + draw.normal(size=several.shape) * 0.3),
        numbers("worse than the mean", y, y[::-1]),
    ]
    path = pathlib.Path(__file__).with_name("scores.json")
    path.write_text(json.dumps({"classes": cases, "numbers": numbers_cases}) + "\n")


main()

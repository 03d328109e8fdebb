"""Makes prepare.json and select.json: what scikit-learn and NumPy make of small data.

Run with numpy, scipy and scikit-learn; prints their versions. The tests need no Python.
"""

import json
import warnings
from pathlib import Path

import numpy as np
import scipy
import sklearn
from sklearn.compose import ColumnTransformer
from sklearn.feature_selection import (
    VarianceThreshold, f_classif, f_regression, mutual_info_classif, mutual_info_regression,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import lasso_path
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    FunctionTransformer, MinMaxScaler, OneHotEncoder, RobustScaler, StandardScaler,
)

HERE = Path(__file__).parent
SCALERS = {
    "standard": StandardScaler, "min-max": MinMaxScaler, "robust": RobustScaler,
    "none": FunctionTransformer,
}
STRATEGIES = {"mean": "mean", "median": "median", "most-frequent": "most_frequent"}


class Clip:
    """Bounds by numpy.quantile, linear interpolation."""

    def __init__(self, outliers):
        self.outliers = outliers

    def fit(self, x, y=None):
        if self.outliers["type"] == "winsorise":
            q = self.outliers["quantile"]
            self.low, self.high = np.quantile(x, q, axis=0), np.quantile(x, 1 - q, axis=0)
        else:
            self.low, self.high = iqr_bounds(x, self.outliers["iqr"])
        return self

    def transform(self, x):
        return np.where(self.low < self.high, np.clip(x, self.low, self.high), x)

    def fit_transform(self, x, y=None):
        return self.fit(x).transform(x)


def iqr_bounds(x, k):
    first, third = np.nanquantile(x, 0.25, axis=0), np.nanquantile(x, 0.75, axis=0)
    return first - k * (third - first), third + k * (third - first)


def plain(values):
    """Lists for JSON, None for NaN."""
    values = np.asarray(values)
    if values.dtype == object:
        return values.tolist()
    return json.loads(json.dumps(values.tolist()).replace("NaN", "null"))


def short(values):
    """What is expected, to ten digits."""
    if isinstance(values, list):
        return [short(value) for value in values]
    return float(f"{values:.10g}")


def tables(rng):
    n, held = 30, 6
    def numbers(n, wild):
        age = np.round(rng.normal(40, 12, n), 1)
        income = np.exp(rng.normal(10, 1, n))
        rooms = rng.integers(1, 6, n).astype(float)
        mostly_zero = np.where(rng.random(n) < 0.1, 5.0, 0.0)
        constant = np.full(n, 0.1) if not wild else rng.normal(0, 1, n)
        x = np.stack([age, income, rooms, mostly_zero, constant], axis=1)
        x[rng.random(n) < 0.15, 0] = np.nan
        x[rng.random(n) < 0.2, 2] = np.nan
        if wild:
            x[0, 1] = 1e7
        return x
    def categories(n, names):
        values = rng.choice(names, n).astype(object)
        values[rng.random(n) < 0.15] = None
        return values
    train = numbers(n, False)
    test = numbers(held, True)
    cities = (categories(n, ["Oslo", "Århus", "bern", "Bern"]), categories(held, ["Oslo", "Paris", "bern"]))
    smoker = (rng.choice(["yes", "no"], n).astype(object), rng.choice(["yes", "no"], held).astype(object))
    names = ["age", "income", "rooms", "mostly zero", "constant"]
    cases = []
    asked = [(m, s, None) for m in STRATEGIES for s in SCALERS]
    asked += [("median", s, o) for s in ["standard", "none"] for o in [
        {"type": "winsorise", "quantile": 0.05}, {"type": "winsorise", "quantile": 0.013},
        {"type": "clip", "iqr": 1.5}, {"type": "clip", "iqr": 0.3}, {"type": "drop", "iqr": 1.0}]]
    for missing, scale, outliers in asked:
        x, city, smokes = train, cities[0], smoker[0]
        kept = np.arange(n)
        if outliers and outliers["type"] == "drop":
            low, high = iqr_bounds(x, outliers["iqr"])
            beyond = (low < high) & ((x < low) | (x > high))
            kept = kept[~beyond.any(axis=1)]
            x, city, smokes = x[kept], city[kept], smokes[kept]
        steps = [("impute", SimpleImputer(strategy=STRATEGIES[missing]))]
        if outliers and outliers["type"] != "drop":
            steps.append(("clip", Clip(outliers)))
        steps.append(("scale", SCALERS[scale]()))
        encode = Pipeline([
            ("impute", SimpleImputer(strategy="most_frequent", missing_values=None)),
            ("hot", OneHotEncoder(handle_unknown="ignore", sparse_output=False)),
        ])
        columns = ColumnTransformer([
            ("numbers", Pipeline(steps), slice(0, 5)), ("categories", encode, slice(5, 7)),
        ])
        frame = np.concatenate([x.astype(object), city[:, None], smokes[:, None]], axis=1)
        tests = np.concatenate([test.astype(object), cities[1][:, None], smoker[1][:, None]], axis=1)
        frame_out = columns.fit_transform(frame).astype(float)
        hot = columns.named_transformers_["categories"].named_steps["hot"].categories_
        features = names + [f"city={c}" for c in hot[0]] + [f"smoker={c}" for c in hot[1]]
        cases.append({
            "missing": missing, "scale": scale, "outliers": outliers, "kept": plain(kept),
            "features": features, "train": short(plain(frame_out)),
            "test": short(plain(columns.transform(tests).astype(float))),
        })
    return {
        "names": names, "train": plain(train.T), "test": plain(test.T),
        "city": [plain(c) for c in cities], "smoker": [plain(s) for s in smoker], "cases": cases,
    }


def arrays(rng):
    cases = []
    for kind in ["vector", "grey", "colour"]:
        for dtype in ["uint8", "float32"]:
            shape = {"vector": (5,), "grey": (1, 3, 4), "colour": (3, 3, 4)}[kind]
            n, held = 11, 3
            def draw(n):
                x = rng.gamma(2.0, 30.0, (n, *shape))
                return np.clip(x, 0, 255).astype(dtype) if dtype == "uint8" else x.astype(dtype)
            train, test = draw(n), draw(held)
            # By channel: every pixel of a channel is a sample of one column.
            def flat(x):
                if kind == "vector":
                    return x.astype(float)
                return np.moveaxis(x, 1, -1).reshape(-1, shape[0]).astype(float)
            def back(x, n):
                if kind == "vector":
                    return x
                return np.moveaxis(x.reshape(n, *shape[1:], shape[0]), -1, 1)
            done = []
            for scale in SCALERS:
                for outliers in [None, {"type": "clip", "iqr": 0.4}, {"type": "winsorise", "quantile": 0.1}]:
                    steps = [("clip", Clip(outliers))] if outliers else []
                    pipeline = Pipeline(steps + [("scale", SCALERS[scale]())])
                    fitted = pipeline.fit_transform(flat(train))
                    done.append({
                        "scale": scale, "outliers": outliers,
                        "train": short(plain(back(fitted, n).reshape(-1))),
                        "test": short(plain(back(pipeline.transform(flat(test)), held).reshape(-1))),
                    })
            cases.append({
                "shape": list(shape), "bytes": dtype == "uint8", "raw": plain(train.reshape(-1)),
                "raw_test": plain(test.reshape(-1)), "cases": done,
            })
    return cases


def order_of_entry(x, ys):
    """By the step of a common grid at which a weight is first not 0, then by its size."""
    n = len(x)
    largest = max(np.abs(x.T @ y / n).max() for y in ys)
    alphas = np.geomspace(largest, largest * 1e-3, 100)
    weights = [np.abs(lasso_path(x, y, alphas=alphas, tol=1e-14, max_iter=1000000)[1]) for y in ys]
    weights = np.max(weights, axis=0)
    steps = [np.argmax(w > 0) if (w > 0).any() else len(alphas) for w in weights]
    sizes = [w[s] if s < len(alphas) else 0 for w, s in zip(weights, steps)]
    return sorted(range(x.shape[1]), key=lambda j: (steps[j], -sizes[j], j))


def selections(rng):
    n, p = 150, 12
    x = rng.normal(0, 1, (n, p)) * np.linspace(0.3, 3.0, p)
    x[:, 3] = x[:, 0] * 2 + 0.1 * rng.normal(0, 1, n)
    x[:, 7] = -x[:, 2] + 0.5 * rng.normal(0, 1, n)
    x[:, 9] = np.round(x[:, 9])
    x[:, 10] = 4.25
    x[:, 11] = (x[:, 11] > 0).astype(float)
    x = x.astype(np.float32).astype(float)
    noise = rng.normal(0, 1, n)
    score = 1.5 * x[:, 0] - x[:, 4] + np.sin(x[:, 5]) + 0.5 * x[:, 11] + noise
    three = np.digitize(score, np.quantile(score, [0.3, 0.6]))
    two = (score > 0).astype(int)
    numbers = np.stack([score, x[:, 6] ** 2 - x[:, 8] + noise], axis=1).astype(np.float32).astype(float)
    indicator = [j == 11 for j in range(p)]
    # Without ties, so that the noise that scikit-learn adds changes nothing.
    free = [j for j in range(p) if j not in (9, 10)]
    standard = StandardScaler().fit_transform(x)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        f = {"three": f_classif(x, three)[0], "two": f_classif(x, two)[0],
             "numbers": np.max([f_regression(x, y)[0] for y in numbers.T], axis=0)}
        r = np.nan_to_num(np.corrcoef(x.T))
    f = {key: np.nan_to_num(value) for key, value in f.items()}
    flags = np.array(indicator)[free]
    def information(y, of):
        return of(x[:, free], y, discrete_features=flags, n_neighbors=3, random_state=0)
    mi = {
        "three": information(three, mutual_info_classif),
        "two": information(two, mutual_info_classif),
        "numbers": np.max([information(y, mutual_info_regression) for y in numbers.T], axis=0),
    }
    signs = lambda y, k: np.where(y == k, 1.0, -1.0) - np.where(y == k, 1.0, -1.0).mean()
    l1 = {
        "three": order_of_entry(standard, [signs(three, k) for k in range(3)]),
        "two": order_of_entry(standard, [signs(two, 0)]),
        "numbers": order_of_entry(standard, list(StandardScaler().fit_transform(numbers).T)),
    }
    by_variance = [VarianceThreshold(t).fit(x).get_support(indices=True).tolist() for t in (0, 0.3, 1.0, 3.0)]
    by_correlation = {}
    for bound in (0.05, 0.1, 0.2, 0.5, 0.9, 0.99):
        kept = []
        for j in range(p):
            if x[:, j].std() > 0 and all(abs(r[j, k]) <= bound for k in kept):
                kept.append(j)
        by_correlation[str(bound)] = kept
    return {
        "x": plain(x), "three": plain(three), "two": plain(two), "numbers": plain(numbers),
        "indicator": indicator, "variance": plain(x.var(axis=0)),
        "variance_threshold": by_variance, "correlation": by_correlation,
        "f": {key: plain(value) for key, value in f.items()},
        "information_of": free, "information": {key: plain(value) for key, value in mi.items()},
        "l1": l1,
    }


def quantiles(rng):
    values = rng.normal(0, 100, 23)
    asked = [0.0, 0.01, 0.1, 0.25, 1 / 3, 0.5, 0.75, 0.99, 1.0]
    return {"values": plain(values), "q": asked, "quantile": plain(np.quantile(values, asked))}


if __name__ == "__main__":
    print(np.__version__, scipy.__version__, sklearn.__version__)
    rng = np.random.default_rng(5)
    made = {
        "prepare.json": {"tables": tables(rng), "arrays": arrays(rng)},
        "select.json": {"selections": selections(rng), "quantiles": quantiles(rng)},
    }
    for name, content in made.items():
        (HERE / name).write_text(json.dumps(content, separators=(",", ":"), ensure_ascii=False))

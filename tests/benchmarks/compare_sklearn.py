"""LRSearchCV side by side with scikit-learn's searches: ``python compare_sklearn.py --help``.

Every search is given the same estimator, folds and seed, two thirds of the data, and the same
largest number of iterations. Iterations are what the estimators report in ``n_iter_`` (fits, where
they report none), summed over all fits but the last one on all data, whose score on the other third
is the test score. Each row is stored as it is measured, in ``sklearn-modes.json.gz`` in
``tests/benchmarks/measured``; at the end ``docs/sklearn.md`` is written of all.
"""

import argparse
import math
import platform
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_wine,
    make_classification,
)
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier, SGDRegressor
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    KFold,
    RandomizedSearchCV,
    StratifiedKFold,
    train_test_split,
)
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

import lrsearch
from lrsearch.files import write_text
from lrsearch_sklearn import LRSearchCV
from tests.benchmarks import measured

DOCS = Path(__file__).parents[2] / "docs"
RATES = [float(rate) for rate in lrsearch.grid()]
SEED = 0
GRID, OURS, RESOURCE = "GridSearchCV", "LRSearchCV", "LRSearchCV, resource"
RACED, RESUMED = "LRSearchCV, budget", "LRSearchCV, resume"
MODES = (OURS, RESOURCE, RACED, RESUMED)
TITLES = {
    OURS: "As it is: `LRSearchCV(estimator, param)`",
    RESOURCE: '`resource="max_iter"`',
    RACED: '`resource="max_iter"` and a budget of 3.5 trainings: a race',
    RESUMED: '`resource="max_iter", resume=True`: a race by `partial_fit`',
}

PAGE = """# LRSearchCV beside scikit-learn's searches

```python
from lrsearch_sklearn import LRSearchCV

search = LRSearchCV(SVC(), "C").fit(X, Y)
search.best_params_, search.evidence_.sentence, search.to_dataframe(), search.plot()
```

`LRSearchCV(estimator, param)` tries some seventeen values of a positive parameter: eight decades,
10 to 1e-6 (and beyond, where the best one lies at an end), then three rounds of up to three values
in the gaps beside the best ones. Each is trained on one fold first. What is behind the best one
there, by more than the noise of one fold, is trained on no other; at most three of a round go on,
to two, to four, to all folds, and every round begins with another fold. What is recommended was
trained on all of them. In `cv_results_` the column `folds` says on how many a value was trained;
where it was not trained, the split has nan, and `mean_test_score` is what its folds promise in a
comparison with the best value on the same folds.

**With an epoch parameter**, `resource="max_iter"` begins with a look of a sixteenth of a full
training at each decade, on one fold, and the race's rule says which of them cannot get to where the
best one is. It saves an eighth of the iterations with a neural network and a fifth with boosting,
and nothing where estimators stop by themselves, so that LRSearchCV does not ask for it. A look that
has stopped by itself is not trained again. With `budget=`, `resume=True` or `truncated=True` it is
a `DigitRace`, which keeps to a number of epochs: it costs less and finds less, see below.

**A small grid beside it**: `param_grid={{"alpha": [1e-5, 1e-3, 0.1]}}` gives each point a search of
its own. A value that is behind another point's best on a fold is trained on no other, so that
points that are worse cost little. On wine, five folds, SVC's C beside three gammas took 114
trainings, the three by themselves 140; SGD's eta0 beside three alphas 114, by themselves 152; a
grid of 22 values for each takes 330. The best scores were the same as alone (0.9943, 0.9944).

## How the rules were settled

On pairs that are not in the tables: `make_moons`, `make_circles`, `make_hastie_10_2`,
`make_gaussian_quantiles`, `make_classification` of another shape, `make_blobs` with MLP, SGD,
HistGradientBoosting, LogisticRegression's C, SVC's C and gamma; `make_friedman1`, 2 and 3,
`make_regression`, `make_sparse_uncorrelated` with MLP, SGD, HistGradientBoosting, Ridge's alpha and
SVR's C: 61 pairs, folds of five, against the better one of a grid of 22 and 22 random values. The
rule was played on the scores of real trainings. It was within one standard error of the best, or
above it, on 58 of 61, at 0.41 of the best one's iterations in the median, and 42 trainings instead
of 110 (the fold that scikit-learn trains once more is not counted).

| estimator | pairs | within | iterations of the best's, median | of the grid's, at most |
| --- | --- | --- | --- | --- |
| MLP | 11 | 10 | 0.41 | 0.44 |
| SGD, up to 1000 iterations | 11 | 10 | 0.32 | 0.97 |
| HistGradientBoosting | 11 | 11 | 0.30 | 0.49 |
| LogisticRegression, C | 6 | 6 | 0.56 | 0.75 |
| SVC, C | 6 | 6 | 0.52 | 0.71 |
| SVC, gamma | 6 | 6 | 0.36 | 0.45 |
| Ridge, alpha | 5 | 5 | 0.42 | 0.53 |
| SVR, C | 5 | 4 | 1.14 | 1.30 |

With a look, where there are epochs, it was 30 of 33 at 0.30, against 31 and 0.33 without: MLP 0.36
of the best's, boosting 0.24, SGD 0.32.

What mattered: to begin each round with another fold, since the best rate so far is the best of its
first fold by luck, too (56 and 57 of 61 instead of 55 and 54, for two tolerances). What did not:
gaps narrower than 0.12 decades (29 instead of 30 of 32, at more fits), to let four of a round go on
instead of three, and to fill gaps only beside values that are within the noise. SVR's C cost more
iterations than the grid on four of five sets: the best values are high there, where libsvm needs
many.

{sections}

## How it was measured

Every search has the same estimator, folds and seed, two thirds of the data, and at most the same
iterations for one training. GridSearchCV tries 10 to 1e-6 in steps of 1-2-5 (22 values);
RandomizedSearchCV and HalvingRandomSearchCV draw 22 from that range; both halving searches use all
of their resources (`min_resources="exhaust"`), which are samples where an estimator has no epochs.
Columns of the data are scaled; scores are accuracy, for diabetes R².
*Iterations* are what the estimators report in `n_iter_`, summed over folds and fits, or fits where
they report none (Ridge). *Below it* is the mean difference over folds to the best of scikit-learn's
four searches, with its paired standard error; where it is negative, ours is above. The aim: at most
one standard error below on nine pairs of ten, with half of the best one's iterations, and never
more than the grid's. The best of four searches on one set of folds is partly luck, and so are the
counts. Test scores are those of the refitted estimators on the third held out.

Measured with {versions}, by `tests/benchmarks/compare_sklearn.py`;
`tests/benchmarks/measured/sklearn-modes.json.gz` has the scores of each fold. CPU seconds depend on
what else the machine did, those of the wall clock more so.
"""


def data(name):
    """A data set, a third held out, its columns scaled, and whether its target is numeric.

    Returns
    -------
    X, X_test, y, y_test : array
    numeric : bool
    """
    if name == "make_classification":
        X, y = make_classification(
            1000, 20, n_informative=8, n_classes=3, flip_y=0.05, random_state=SEED
        )
    else:
        load = {
            "digits": load_digits,
            "breast_cancer": load_breast_cancer,
            "diabetes": load_diabetes,
            "wine": load_wine,
        }[name]
        X, y = load(return_X_y=True)
    numeric = name in ("diabetes")
    X, X_test, y, y_test = train_test_split(
        X, y, test_size=1 / 3, random_state=SEED, stratify=None if numeric else y
    )
    scaler = StandardScaler().fit(X)
    if numeric:
        y, y_test = (y - y.mean()) / y.std(), (y_test - y.mean()) / y.std()
    return scaler.transform(X), scaler.transform(X_test), y, y_test, numeric


DATA = ("digits", "breast_cancer", "diabetes", "wine", "make_classification")


def estimators(numeric):
    """Each estimator with its parameter and the iterations of a full training, where it counts."""
    mlp = MLPRegressor if numeric else MLPClassifier
    sgd = SGDRegressor if numeric else SGDClassifier
    trees = HistGradientBoostingRegressor if numeric else HistGradientBoostingClassifier
    others = {
        "LogisticRegression": (LogisticRegression(), "C", None),
        "SVC, C": (SVC(), "C", None),
        "SVC, gamma": (SVC(), "gamma", None),
    }
    return {
        "MLP": (mlp(hidden_layer_sizes=(16,), random_state=SEED), "learning_rate_init", 100),
        "SGD": (sgd(learning_rate="constant", random_state=SEED), "eta0", 1000),
        "HistGradientBoosting": (trees(max_leaf_nodes=8, random_state=SEED), "learning_rate", 50),
        **({"Ridge": (Ridge(), "alpha", None)} if numeric else others),
    }


class Counted:
    """The estimator's own score, counting fits and iterations."""

    def __init__(self):
        self.iterations = []

    def __call__(self, estimator, X, y):
        count = getattr(estimator, "n_iter_", None)
        self.iterations.append(1 if count is None else int(np.sum(count)))
        return estimator.score(X, y)


def searches(estimator, param, most, **options):
    """All searches, by name."""
    grid = {param: RATES}
    drawn = {param: loguniform(RATES[-1], RATES[0])}
    full = clone(estimator) if most is None else clone(estimator).set_params(max_iter=most)
    halving = {"min_resources": "exhaust", "random_state": SEED, "return_train_score": False}
    if most is not None:
        halving |= {"resource": "max_iter", "max_resources": most}
    found = {
        GRID: GridSearchCV(full, grid, **options),
        "RandomizedSearchCV": RandomizedSearchCV(
            full, drawn, n_iter=len(RATES), random_state=SEED, **options
        ),
        "HalvingGridSearchCV": HalvingGridSearchCV(estimator, grid, **halving, **options),
        "HalvingRandomSearchCV": HalvingRandomSearchCV(
            estimator, drawn, n_candidates=len(RATES), **halving, **options
        ),
        OURS: LRSearchCV(full, param, **options),
    }
    if most is not None:
        race = {"resource": "max_iter", "max_resource": most, **options}
        found[RESOURCE] = LRSearchCV(estimator, param, **race)
        found[RACED] = LRSearchCV(estimator, param, budget=int(3.5 * most) + 10, **race)
        if hasattr(estimator, "partial_fit") and most <= 100:
            found[RESUMED] = LRSearchCV(estimator, param, resume=True, **race)
    return found


def measure(name, search, param, split, count):
    """One row of the table."""
    count.iterations.clear()
    begun, cpu = time.perf_counter(), time.process_time()
    X, X_test, y, y_test = split
    search.fit(X, y)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    best, results, splits = search.best_index_, search.cv_results_, search.n_splits_
    iterations = sum(count.iterations)
    if name == RESUMED:  # a score for each epoch of each fold, then those of full trainings
        epochs = search.search_.spent * splits
        iterations = epochs + sum(count.iterations[epochs:])
    return {
        "search": name,
        "folds": [float(results[f"split{fold}_test_score"][best]) for fold in range(splits)],
        "score": float(results["mean_test_score"][best]),
        "rate": float(f"{search.best_params_[param]:.3g}"),
        "test_score": float(search.best_estimator_.score(X_test, y_test)),
        "fits": len(count.iterations),
        "iterations": int(iterations),
        "seconds": seconds,
        "cpu_seconds": cpu,
    }


def compared(rows):
    """The rows of one pair, each against the best of scikit-learn's own searches."""
    best = max((row for row in rows if "LRSearchCV" not in row["search"]), key=lambda r: r["score"])
    for row in rows:
        difference = np.subtract(row["folds"], best["folds"])
        error = float(difference.std(ddof=1) / math.sqrt(len(difference)))
        within = bool(difference.mean() >= -error - 1e-9)
        share = row["iterations"] / best["iterations"]
        yield {
            **row,
            "best": row is best,
            "below_best": float(-difference.mean()),
            "paired_error": error,
            "within": within,
            "share": share,
            "of_grid": row["iterations"] / rows[0]["iterations"],
            "test_above": row["test_score"] - best["test_score"],
        }


def of_mode(pairs, name):
    """The rows of one of our modes, by pair, each with the best of scikit-learn's."""
    found = {}
    for key, rows in pairs.items():
        judged = list(compared(rows))
        best = next(row for row in judged if row["best"])
        ours = next((row for row in judged if row["search"] == name), None)
        if ours is not None:
            found[key] = ours, best
    return found


def table(pairs, name):
    """One of our modes on all pairs, as Markdown."""
    lines = [
        "| data | estimator | best of four | its score | below it | fits | iterations | of the "
        "best's | of the grid's | CPU, of the best's | test score above its | value |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for key, (row, best) in of_mode(pairs, name).items():
        cells = [
            *key.split(" / "),
            best["search"].removesuffix("CV"),
            f"{best['score']:.4f}",
            f"{row['below_best']:.4f} ± {row['paired_error']:.4f}"
            + ("" if row["within"] else " **more**"),
            f"{row['fits']}",
            f"{row['iterations']}",
            f"{row['share']:.2f}",
            f"{row['of_grid']:.2f}",
            f"{row['cpu_seconds'] / best['cpu_seconds']:.2f}",
            f"{row['test_above']:+.4f}",
            f"{row['rate']:g}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def verdict(pairs, name):
    """How often one of our modes reaches the aim."""
    rows = {key: row for key, (row, _) in of_mode(pairs, name).items()}
    if not rows:
        return f"{name}: not measured."
    short = [key for key, row in rows.items() if not row["within"]]
    above = [f"{key} ({row['of_grid']:.2f})" for key, row in rows.items() if row["of_grid"] > 1]
    test = np.array([row["test_above"] for row in rows.values()])
    return (
        f"Within one standard error of the best, or above it, on {len(rows) - len(short)} of "
        f"{len(rows)} pairs{_but(short)}; "
        f"{np.median([row['share'] for row in rows.values()]):.2f} of the best one's iterations in "
        f"the median; more iterations than the grid on {len(above)}{_but(above)}; test scores "
        f"{test.mean():+.4f} ± {test.std(ddof=1) / math.sqrt(len(test)):.4f} in the mean."
    )


def _but(keys):
    return f" ({', '.join(keys)})" if keys else ""


def page(pairs):
    """The whole of docs/sklearn.md."""
    return PAGE.format(
        versions=f"lrsearch {version('lrsearch')}, scikit-learn {version('scikit-learn')}, "
        f"Python {platform.python_version()}, one thread",
        sections="\n\n".join(
            f"## {TITLES[name]}\n\n{verdict(pairs, name)}\n\n{table(pairs, name)}" for name in MODES
        ),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="measure anew what is stored")
    parser.add_argument("--ours", action="store_true", help="measure LRSearchCV's rows anew")
    parser.add_argument("--out", type=Path, default=DOCS, help="the folder to write to")
    parser.add_argument("--data", nargs="*", choices=DATA, default=DATA)
    parser.add_argument("--estimators", nargs="*", help="some of them, by name; by default all")
    parser.add_argument("--modes", nargs="*", choices=MODES, default=MODES)
    options = parser.parse_args()
    options.out.mkdir(exist_ok=True)
    stored = measured.FOLDER / "sklearn-modes.json.gz"
    pairs = {} if options.fresh else measured.read(stored) or {}
    warnings.simplefilter("ignore")  # of estimators that did not converge, as most do not
    with threadpool_limits(1):
        for name in options.data:
            *split, numeric = data(name)
            splitter = KFold if numeric else StratifiedKFold
            cv = splitter(3 if name == "digits" else 5, shuffle=True, random_state=SEED)
            for kind, (estimator, param, most) in estimators(numeric).items():
                if options.estimators and kind not in options.estimators:
                    continue
                key, count = f"{name} / {kind}", Counted()
                known = {row["search"]: row for row in pairs.get(key, ())}
                if options.ours:
                    known = {title: row for title, row in known.items() if OURS not in title}
                rows = []
                for title, search in searches(estimator, param, most, cv=cv, scoring=count).items():
                    if title in MODES and title not in options.modes and title not in known:
                        continue
                    if title not in known:
                        known[title] = measure(title, search, param, split, count)
                        shown = {k: v for k, v in known[title].items() if k != "folds"}
                        print(key, shown, flush=True)
                    rows.append(known[title])
                pairs[key] = rows
                measured.write(stored, pairs)
    write_text(options.out / "sklearn.md", page(pairs))
    print(*(f"{name}: {verdict(pairs, name)}" for name in MODES), sep="\n")


if __name__ == "__main__":
    main()
